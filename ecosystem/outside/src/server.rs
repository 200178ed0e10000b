//! A server on a port of the loopback, which ends with the value that holds it.

use std::error::Error;
use std::fs::File;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that is ended with this value.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Takes it over.
    pub fn new(child: Child) -> Running {
        Running(child)
    }

    /// Kills it, which it does not notice.
    pub fn kill(mut self) {
        // It may have ended by itself.
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // nginx, dovecot and postgres end their own children when they are asked; redis and dbus
        // have none. A server that has ended by itself is no reason for a panic here.
        if matches!(self.0.try_wait(), Ok(None)) {
            let _gone = kill_process(Pid::from_child(&self.0), Signal::INT);
        }
        for _ in 0..500 {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

/// A command that dies with the thread that starts it, and runs as `user`.
pub fn bound_to_us(program: &Path, user: Option<&str>) -> Command {
    let Some(setpriv) = in_path("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL"]);
    if let Some(user) = user {
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    command.arg("--").arg(program);
    command
}

/// A program in the folders of PATH, and of the system's administrator.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Starts a server on a free port, with its log in `dir`, and waits until it accepts.
///
/// # Errors
///
/// What it says if it does not start; any error of the port, the log and the command.
pub fn on_port(
    dir: &Path,
    mut command: impl FnMut(u16) -> io::Result<Command>,
) -> Result<(Running, u16), Box<dyn Error + Send + Sync>> {
    let begun = Instant::now();
    loop {
        // Another process may take the port in between: then the server ends, and another port is
        // tried.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        match at_port(dir, port, command(port)?) {
            Ok(running) => return Ok((running, port)),
            Err(error) if begun.elapsed() < PATIENCE && error.to_string().contains("in use") => {}
            Err(error) => return Err(error),
        }
    }
}

/// Starts a server that listens on `port`.
pub(crate) fn at_port(
    dir: &Path,
    port: u16,
    mut command: Command,
) -> Result<Running, Box<dyn Error + Send + Sync>> {
    let log = dir.join("log");
    let file = File::create(&log)?;
    let mut running = Running(command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn()?);
    let begun = Instant::now();
    while running.0.try_wait()?.is_none() && begun.elapsed() < PATIENCE {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(running);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(std::fs::read_to_string(&log)?.into())
}
