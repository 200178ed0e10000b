//! `TaskTracker`, `LocalSet`, `block_in_place`, and tokio-util's `CancellationToken`, on every loop.
#![cfg(all(feature = "macros", any(feature = "native", feature = "tokio", feature = "smol")))]

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;

use anyloop::runtime::{Backend, Builder, Handle, RuntimeFlavor};
use anyloop::task::{self, LocalSet, TaskTracker};
use anyloop::time::{Duration, sleep};
use anyloop::{JoinError, RunError};
use tokio_util::sync::CancellationToken;

mod support;

#[anyloop::test]
async fn a_tracker_waits_for_all_of_its_tasks() {
    let (tracker, done) = (TaskTracker::new(), Arc::new(AtomicUsize::new(0)));
    let counts = || {
        let done = done.clone();
        move || done.fetch_add(1, Ordering::Relaxed)
    };
    let (a, b, c, d) = (counts(), counts(), counts(), counts());
    let handle = Handle::current();
    drop(tracker.spawn(async move {
        sleep(Duration::from_millis(1)).await;
        a()
    }));
    drop(tracker.spawn_on(async move { b() }, &handle));
    drop(tracker.spawn_local(async move { d() }));
    assert_eq!(tracker.len(), 3);
    drop(tracker.spawn_blocking(c));
    {
        // Open, it does not end; nor is a wait that was dropped remembered.
        let mut wait = std::pin::pin!(tracker.wait());
        let pending = std::future::poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_pending()));
        assert!(pending.await);
    }
    assert!(tracker.close() && !tracker.close());
    tracker.wait().await;
    assert_eq!(done.load(Ordering::Relaxed), 4);
    assert!(tracker.is_empty() && tracker.reopen() && !tracker.is_closed());
}

#[anyloop::test]
async fn a_tracker_counts_a_future_until_it_is_gone() {
    let tracker = TaskTracker::new();
    let waiting = task::spawn({
        let tracker = tracker.clone();
        async move { tracker.wait().await }
    });
    let future = tracker.track_future(std::future::pending::<()>());
    let aborted = task::spawn(future);
    tracker.close();
    task::yield_now().await;
    assert!(!waiting.is_finished());
    assert!(aborted.cancel().await.unwrap_err().is_cancelled());
    waiting.await.unwrap();
}

#[anyloop::test]
async fn a_token_of_tokio_utils_ends_tasks() {
    let (token, tracker) = (CancellationToken::new(), TaskTracker::new());
    for _ in 0..3 {
        let token = token.child_token();
        drop(tracker.spawn(async move { token.cancelled_owned().await }));
    }
    tracker.close();
    task::yield_now().await;
    assert_eq!(tracker.len(), 3);
    token.cancel();
    tracker.wait().await;
    let stopped = token.run_until_cancelled(std::future::pending::<()>()).await;
    assert_eq!(stopped, None);
}

#[anyloop::test]
async fn tokio_utils_tracker_counts_futures() {
    let tracker = tokio_util::task::TaskTracker::new();
    drop(task::spawn(tracker.track_future(async { sleep(Duration::from_millis(1)).await })));
    tracker.close();
    tracker.wait().await;
}

#[anyloop::test]
async fn a_local_set_waits_for_its_tasks_and_ends_them() {
    let (mut set, sum) = (LocalSet::new(), Rc::new(Cell::new(0)));
    let adds = |n| {
        let sum = sum.clone();
        async move {
            sleep(Duration::from_micros(n)).await;
            sum.set(sum.get() + n);
            sum.get()
        }
    };
    let task = set.spawn_local(adds(1));
    assert_eq!(set.run_until(async { task.await.unwrap() }).await, 1);
    drop(set.spawn_local(adds(2)));
    (&mut set).await;
    assert_eq!(sum.get(), 3);
    // Empty it is done at once, and can be used again.
    (&mut set).await;
    let left = set.spawn_local(std::future::pending::<()>());
    let _entered = set.enter();
    drop(set);
    assert!(left.await.unwrap_err().is_cancelled());
}

#[test]
fn a_local_set_blocks_on_a_runtime() {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        let set = LocalSet::new();
        let text = Rc::new("not sent");
        let same = set.block_on(&mut runtime, async { set.spawn_local(async move { *text }).await.unwrap() });
        assert_eq!(same, "not sent");
    }
}

#[test]
fn blocking_in_place_gives_the_output() {
    support::each_builder(|builder| {
        let mut runtime = builder.build().unwrap();
        let (there, here) = runtime.block_on(async {
            let task = task::spawn(async { task::block_in_place(|| Rc::new(1)).as_ref() + 1 });
            (task.await.unwrap(), task::block_in_place(|| 3))
        });
        assert_eq!((there, here), (2, 3), "{}", runtime.choice().backend());
    });
    assert_eq!(task::block_in_place(|| 1), 1, "without a loop");
}

#[test]
fn a_worker_that_blocks_in_place_keeps_no_other_task_waiting() {
    /// Waits, on the one worker, for a task that only that worker can run, in two ways.
    async fn blocks() -> (i32, i32) {
        let (says, said) = mpsc::channel();
        drop(task::spawn(async move { says.send(1) }));
        let told = task::block_in_place(|| said.recv_timeout(Duration::from_secs(60)));
        let awaited = task::block_in_place(|| {
            Handle::current().block_on(async {
                sleep(Duration::from_millis(1)).await;
                task::spawn(async { 2 }).await.unwrap()
            })
        });
        (told.expect("a task of the same worker"), awaited)
    }
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).worker_threads(1).build().unwrap();
        runtime.block_on(async {
            for _ in 0..20 {
                assert_eq!(task::spawn(blocks()).await.unwrap(), (1, 2), "{backend:?}");
            }
            // Many at once: each has a thread more.
            let outputs = task::join_all((0..20).map(|_| task::spawn(blocks()))).await;
            assert!(outputs.into_iter().all(|output| output.unwrap() == (1, 2)), "{backend:?}");
        });
        assert_eq!(runtime.metrics().num_workers(), 1);
    }
}

#[test]
fn a_loop_that_ends_waits_for_what_blocks_in_place() {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).worker_threads(1).build().unwrap();
        let ((says, said), (ends, ended)) = (mpsc::channel(), mpsc::channel());
        let _detached = runtime.spawn(async move {
            task::block_in_place(|| {
                says.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(20));
                ends.send(()).unwrap();
            });
        });
        runtime.block_on(async { sleep(Duration::from_millis(1)).await });
        said.recv_timeout(Duration::from_secs(60)).expect("it began");
        drop(runtime);
        assert!(ended.try_recv().is_ok(), "{backend:?}");
    }
}

#[test]
fn blocking_in_place_may_run_another_loop() {
    let nested = |builder: &Builder| {
        builder.build().unwrap().try_block_on(async { task::spawn(async { 1 }).await.unwrap() })
    };
    support::each_builder(|builder| {
        let mut runtime = builder.build().unwrap();
        let handle = runtime.handle().clone();
        let many = handle.runtime_flavor() == RuntimeFlavor::MultiThread;
        let backend = handle.backend();
        // tokio allows no other runtime in one on one thread.
        let ran = if many || backend != Backend::Tokio { Ok(1) } else { Err(RunError::Nested) };
        let mut one = Builder::new();
        one.backend(backend);
        let inside = one.clone();
        runtime.block_on(async {
            assert_eq!(nested(&one), Err(RunError::Nested));
            assert_eq!(task::block_in_place(|| nested(&one)), ran, "main, on {backend}");
            let task = task::spawn(async move { task::block_in_place(|| nested(&inside)) });
            assert_eq!(task.await.unwrap(), ran, "task, on {backend}");
            assert_eq!(nested(&one), Err(RunError::Nested), "as before");
            let other = one.build_shared().unwrap();
            let answer = task::block_in_place(|| other.try_block_on(other.spawn(async { 1 })));
            assert_eq!(answer.map(Result::unwrap), ran, "another that runs, on {backend}");
            let waits = task::block_in_place(|| handle.try_block_on(task::spawn(async { 2 })));
            // The workers go on with the loop, but not this thread.
            assert_eq!(waits.map(Result::unwrap), if many { Ok(2) } else { Err(RunError::Nested) });
        });
    });
}

#[anyloop::test]
async fn an_error_gives_its_panic_on() {
    let output = task::spawn(async { 1 }).await.unwrap_or_else(JoinError::resume);
    assert_eq!(output, 1);
    let error = task::spawn(async { panic!("planned") }).await.unwrap_err();
    let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| error.resume::<()>()));
    assert_eq!(*again.unwrap_err().downcast::<&str>().unwrap(), "planned");
}
