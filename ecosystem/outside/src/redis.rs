//! Debian's Redis.

use std::path::Path;
use std::process::Command;

use crate::server::{Running, at_port, bound_to_us, in_path, on_port};

/// A redis-server, which keeps nothing on the disk. It ends with this, and with the thread that
/// started it.
#[derive(Debug)]
pub struct Redis {
    running: Option<Running>,
    port: u16,
    dir: tempfile::TempDir,
}

impl Redis {
    /// The command that starts one.
    pub fn command(program: &Path, dir: &Path, port: u16) -> Command {
        let mut command = bound_to_us(program, None);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]).arg(dir);
        command
    }

    /// Starts it on a free port; `None`, which is said, if it is not installed.
    pub fn start() -> Option<Redis> {
        crate::has("redis-server", &["--version"]).then(Redis::launch)
    }

    fn launch() -> Redis {
        let program = in_path("redis-server").expect("it is installed");
        let dir = tempfile::tempdir().expect("a folder");
        let (running, port) =
            on_port(dir.path(), |port| Ok(Redis::command(&program, dir.path(), port))).expect("Redis");
        Redis { running: Some(running), port, dir }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Kills it: it forgets all, and its clients are cut off.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// Starts it again on the same port, with nothing in it.
    pub fn restart(&mut self) {
        self.kill();
        let program = in_path("redis-server").expect("it was there");
        let command = Redis::command(&program, self.dir.path(), self.port);
        self.running = Some(at_port(self.dir.path(), self.port, command).expect("Redis"));
    }
}
