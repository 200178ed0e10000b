//! Threads that the system does not give are errors, and the loop goes on.
#![cfg(target_pointer_width = "64")]

use std::sync::Arc;
use std::time::Duration;

use loop_api::{EventLoop, Handle, JoinError};
use loop_tokio::Builder;

/// A size of stack that no system gives.
const TOO_MUCH: usize = 1 << 62;

#[test]
fn a_blocking_job_without_a_thread_says_so_and_the_loop_goes_on() {
    let mut tokio = Builder::new().thread_stack_size(TOO_MUCH).build().unwrap();
    let handle = tokio.handle().clone();
    let held = Arc::new(());
    let job = held.clone();
    tokio.block_on(async move {
        for _ in 0..2 {
            let job = job.clone();
            let error = handle.spawn_blocking(move || drop(job)).await.unwrap_err();
            assert!(matches!(error, JoinError::NoThread(..)), "{error}");
            assert!(error.to_string().contains("raise the limit"), "{error}");
        }
        handle.sleep(Duration::from_millis(1)).await;
        assert_eq!(handle.spawn(async { 1 }).await.unwrap(), 1);
    });
    drop(tokio);
    // With its clock for tests tokio's jobs keep the runtime that keeps them.
    if cfg!(not(feature = "test-util")) {
        assert_eq!(Arc::strong_count(&held), 1, "a closure is left");
    }
}

#[test]
fn a_loop_whose_workers_get_no_thread_is_an_error() {
    let error = Builder::new().worker_threads(2).thread_stack_size(TOO_MUCH).build().unwrap_err();
    assert!(error.to_string().contains("raise the limit"), "{error}");
}
