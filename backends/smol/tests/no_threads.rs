//! Where async-io gets no thread or descriptor, making a loop is an error, and later it works.
#![cfg(all(unix, target_pointer_width = "64"))]

use std::fs::File;
use std::process::Command;
use std::time::Duration;

use loop_api::{EventLoop, Handle};
use loop_smol::{Builder, SmolLoop};

/// Set in a child: async-io starts once in a process.
const CHILD: &str = "ANYLOOP_TEST_CHILD";

/// Runs one of the ignored tests below as a program of its own, after the commands of a shell.
fn run(child: &str, before: &str) {
    let output = Command::new("sh")
        .args(["-c", &format!(r#"{before}; exec "$0" "$@""#)])
        .arg(std::env::current_exe().unwrap())
        .args([child, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD, "")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !told.contains("panicked"), "{told}");
}

#[test]
fn a_loop_without_a_thread_for_async_io_is_an_error() {
    // A size of stack that no system gives.
    run("child_without_threads", "export RUST_MIN_STACK=4611686018427387904");
}

#[test]
#[ignore = "run by the test above"]
fn child_without_threads() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    for builder in [Builder::new(), Builder::new().worker_threads(2).clone()] {
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains("needs a thread"), "{error}");
    }
}

#[test]
fn a_loop_without_descriptors_for_async_io_is_an_error_until_there_are_some() {
    run("child_without_descriptors", "ulimit -n 64");
}

#[test]
#[ignore = "run by the test above"]
fn child_without_descriptors() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let mut files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    // One or more is free, but not all that async-io takes.
    for _ in 0..3 {
        let error = SmolLoop::new().unwrap_err();
        assert!(error.to_string().contains("needs descriptors"), "{error}");
        files.pop();
    }
    files.clear();
    let mut smol = SmolLoop::new().unwrap();
    let sleep = smol.handle().sleep(Duration::from_millis(1));
    smol.block_on(sleep);
}
