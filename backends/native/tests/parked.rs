//! A main future that nothing wakes, beside threads that have nothing to do with the loop. A test
//! without a harness, which has threads: this program runs itself, and so each case in a process of
//! its own.

use std::future::pending;
use std::process::{Command, Output};
use std::time::Duration;

use loop_api::{EventLoop, RunError};
use loop_native::NativeLoop;

const CASE: &str = "ANYLOOP_PARKED_CASE";

fn main() {
    // Only there it can be known whether there are other threads.
    if !cfg!(target_os = "linux") {
        return;
    }
    match std::env::var(CASE).as_deref() {
        Ok("beside a thread") => {
            // A panic ends it at once: its report may take longer than the thread.
            std::panic::set_hook(Box::new(|panic| {
                eprintln!("{panic}");
                std::process::exit(1);
            }));
            std::thread::spawn(|| {
                std::thread::sleep(Duration::from_millis(200));
                std::process::exit(7);
            });
            NativeLoop::new().unwrap().block_on(pending::<()>());
        }
        Ok(_) => NativeLoop::new().unwrap().block_on(pending::<()>()),
        Err(_) => {
            while_other_threads_work_the_main_future_may_wait_for_ever();
            without_other_threads_it_is_a_mistake();
        }
    }
}

fn run(case: &str) -> Output {
    Command::new(std::env::current_exe().unwrap()).env(CASE, case).output().unwrap()
}

fn while_other_threads_work_the_main_future_may_wait_for_ever() {
    let done = run("beside a thread");
    assert_eq!(done.status.code(), Some(7), "{}", String::from_utf8_lossy(&done.stderr));
    // A caller that asks is told.
    assert_eq!(NativeLoop::new().unwrap().try_block_on(pending::<()>()), Err(RunError::Deadlock));
}

fn without_other_threads_it_is_a_mistake() {
    let done = run("alone");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(!done.status.success() && said.contains("can never happen"), "{said}");
}
