//! What `blocking_recv` and its like do in a task: tokio refuses them on the threads that it knows
//! for a runtime's; on native and smol alone they block the loop's thread, as the page of
//! `anyloop::sync` tells.
#![cfg(feature = "sync")]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyloop::runtime::{Backend, Builder};
use anyloop::sync::{Mutex, mpsc};
use anyloop::task::{JoinError, spawn_blocking};

mod support;

/// Runs it on one thread of each backend.
fn on_each<F: Future>(main: impl Fn(Backend) -> F) {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        runtime.block_on(main(backend));
    }
}

/// What a task gets that waits with `blocking_recv` for what another thread sends, and whether
/// another task ran meanwhile.
async fn receives_in_a_task() -> (Result<Option<u8>, JoinError>, bool) {
    let (sender, mut receiver) = mpsc::channel(1);
    let (begins, began) = std::sync::mpsc::channel();
    let sends = thread::spawn(move || {
        began.recv().unwrap();
        sender.blocking_send(7).ok();
    });
    let others_ran = Arc::new(AtomicBool::new(false));
    let (ran, seen) = (others_ran.clone(), others_ran);
    let task = anyloop::spawn(async move {
        drop(anyloop::spawn(async move { ran.store(true, Ordering::SeqCst) }));
        begins.send(()).unwrap();
        let received = receiver.blocking_recv();
        (received, seen.load(Ordering::SeqCst))
    });
    let received = task.await;
    sends.join().unwrap();
    match received {
        Ok((received, others_ran)) => (Ok(received), others_ran),
        Err(error) => (Err(error), false),
    }
}

fn assert_refused(received: Result<Option<u8>, JoinError>) {
    let error = received.unwrap_err();
    assert!(error.to_string().contains("Cannot block the current thread"), "{error}");
}

#[test]
fn in_a_task_they_are_refused_where_tokio_knows_the_thread_and_block_elsewhere() {
    on_each(|backend| async move {
        let (received, others_ran) = receives_in_a_task().await;
        match backend {
            Backend::Tokio => assert_refused(received),
            _ => {
                assert_eq!(received.unwrap(), Some(7));
                assert!(!others_ran, "the loop's thread is blocked");
            }
        }
    });
}

#[cfg(feature = "compat")]
#[test]
fn in_a_task_of_a_loop_with_tokio_they_are_refused() {
    for &backend in Backend::compiled() {
        let mut runtime = support::with_tokio(backend).build().unwrap();
        let (received, _) = runtime.block_on(receives_in_a_task());
        assert_refused(received);
    }
}

#[test]
fn in_a_blocking_job_they_wait() {
    on_each(|_| async {
        let (sender, mut receiver) = mpsc::channel(1);
        let lock = Arc::new(Mutex::new(1));
        let (held, locked) = (lock.clone().lock_owned().await, lock.clone());
        let received = spawn_blocking(move || receiver.blocking_recv());
        let added = spawn_blocking(move || *locked.blocking_lock() += 1);
        sender.send(7).await.unwrap();
        drop(held);
        assert_eq!(received.await.unwrap(), Some(7));
        added.await.unwrap();
        assert_eq!(*lock.lock().await, 2);
    });
}
