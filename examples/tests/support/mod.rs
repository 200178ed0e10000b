//! What the tests of programs share: starting one, and talking to it.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

pub(crate) const BACKENDS: [&str; 3] = ["native", "tokio", "smol"];

pub(crate) fn program(name: &str) -> Command {
    // Cargo puts the programs beside the folder of this test.
    let mut path = std::env::current_exe().expect("this test's own path");
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(path);
    command.env_remove("ANYLOOP_BACKEND");
    command
}

/// A server that runs, and is killed with this.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) addr: SocketAddr,
    // Held open: a program that writes to a closed pipe dies of it.
    pub(crate) stdout: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(name: &str, args: &[&str]) -> Server {
        Server::spawn(name, program(name).args(args))
    }

    pub(crate) fn spawn(name: &str, command: &mut Command) -> Server {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output");
        let mut stdout = BufReader::new(stdout);
        stdout.read_line(&mut line).expect("its first line");
        let addr = line.split_whitespace().find_map(|word| word.trim_start_matches("http://").parse().ok());
        let Some(addr) = addr else {
            // It may still run, and has said what it had to say.
            let _gone = child.kill();
            let output = child.wait_with_output().expect("its end");
            panic!("{name} said {line:?}, not where it listens: {}", String::from_utf8_lossy(&output.stderr));
        };
        Server { child, addr, stdout }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
        stream
    }
}

impl Server {
    /// Reads what it says until a line has `wanted` in it.
    pub(crate) fn says(&mut self, wanted: &str) {
        let mut said = String::new();
        loop {
            let begin = said.len();
            let n = self.stdout.read_line(&mut said).expect("what it says");
            assert_ne!(n, 0, "it ended and did not say {wanted:?}, but {said:?}");
            if said[begin..].contains(wanted) {
                return;
            }
        }
    }

    /// Tells it to stop, as a service manager does, and waits until it has ended well.
    #[cfg(unix)]
    pub(crate) fn terminate(&mut self) {
        use rustix::process::{Pid, Signal, kill_process};
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("the signal");
        let status = self.child.wait().expect("its end");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

pub(crate) fn read_all(mut stream: impl Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("to read to the end");
    text
}

/// Whether the server ends this connection, by an end or a reset.
pub(crate) fn is_let_go(mut stream: &TcpStream) -> bool {
    let mut buf = [0; 4096];
    loop {
        match stream.read(&mut buf) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

/// Runs `body` for all backends at once, as it waits for time limits.
pub(crate) fn beside_each_other(body: impl Fn(&str) + Sync) {
    let body = &body;
    std::thread::scope(|scope| {
        for backend in BACKENDS {
            scope.spawn(move || body(backend));
        }
    });
}

pub(crate) fn fails(name: &str, args: &[&str]) -> String {
    let Output { status, stderr, .. } = program(name).args(args).output().expect("the program");
    assert!(!status.success(), "{name} {args:?} ended well");
    String::from_utf8_lossy(&stderr).into_owned()
}
