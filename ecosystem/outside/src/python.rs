//! Scripts for Debian's Python.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// Debian's, which has the packages.
const PYTHON: &str = "/usr/bin/python3";

/// Whether Python's `websockets` is here; if not, that is said.
pub fn has_websockets() -> bool {
    crate::has(PYTHON, &["-c", "import websockets"])
}

/// What `script` says, which is run with the argument `arg` and is to end well.
pub fn python(script: &str, arg: &str) -> String {
    let mut child = Command::new(PYTHON)
        .args(["-", arg])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python");
    child.stdin.take().expect("its input").write_all(script.as_bytes()).expect("the script");
    let Output { status, stdout, stderr } = child.wait_with_output().expect("its end");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("text")
}

/// A script that runs meanwhile. It is killed with this.
#[derive(Debug)]
pub struct Python {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Python {
    /// Starts `script` with the argument `arg`.
    pub fn start(script: &str, arg: &str) -> Python {
        let mut child =
            Command::new(PYTHON).args(["-c", script, arg]).stdout(Stdio::piped()).spawn().expect("Python");
        let said = BufReader::new(child.stdout.take().expect("its output"));
        Python { child, said }
    }

    /// The next line that it says, without its end.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.said.read_line(&mut line).expect("a line"), 0, "it says no more");
        line.trim_end().to_owned()
    }

    /// What it says until its end, which is to be a good one.
    pub fn rest(mut self) -> String {
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).expect("text");
        assert!(self.child.wait().expect("its end").success(), "it fails");
        rest
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}
