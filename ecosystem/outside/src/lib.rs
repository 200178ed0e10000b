//! Programs of others that the tests start, each ended with the value that holds it: a browser,
//! Python, servers of Debian's.
#![cfg(unix)]

mod browser;
mod python;
mod redis;
mod server;

use std::io::Write;
use std::process::Command;

pub use browser::{Browser, Page};
pub use python::{Python, has_websockets, python};
pub use redis::Redis;
pub use server::{Running, bound_to_us, in_path, on_port};

/// Whether a program of others is here; if not, that is said.
pub fn has(name: &str, args: &[&str]) -> bool {
    let is_here = Command::new(name).args(args).output().is_ok_and(|output| output.status.success());
    if !is_here {
        let line = format!("LEFT OUT: {name} {} fails here; .ci/run ecosystem installs it\n", args.join(" "));
        // Past the harness, which shows nothing of a test that passes.
        std::io::stderr().write_all(line.as_bytes()).expect("standard error");
    }
    is_here
}
