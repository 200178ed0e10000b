//! Futures, outputs and wakers that panic where they should not.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use super::behaviour::now;
use super::support::{Dropped, Executor, TestHandle};
use loop_api::Handle;

/// Runs `f` with an executor inside a loop that writes down what its exception handler is told.
fn reported(f: impl FnOnce(&Executor)) -> Vec<String> {
    let handle = TestHandle::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    handle.shared().set_exception_handler(Some(Arc::new(move |exception: &loop_api::shared::Exception| {
        assert!(exception.location().is_some_and(|location| location.file().ends_with("support.rs")));
        log.lock().unwrap().push(exception.message().to_owned());
    })));
    let executor = Executor::new();
    handle.enter(|| f(&executor));
    executor.close();
    assert!(executor.set().is_empty());
    let told = told.lock().unwrap();
    told.clone()
}

#[test]
fn a_panic_reaches_the_awaiting_task() {
    let told = reported(|executor| {
        let mut join = executor.spawn(async { panic!("oh") });
        executor.run();
        let result: Result<(), _> = now(&mut join);
        assert_eq!(result.unwrap_err().into_panic().downcast_ref::<&str>(), Some(&"oh"));
    });
    assert!(told.is_empty());
}

#[test]
fn a_panic_of_a_detached_task_is_reported_at_once() {
    let told = reported(|executor| {
        let join = executor.spawn(async { panic!("oh") });
        let _abort = join.abort_handle();
        drop::<super::super::JoinHandle<()>>(join);
        executor.run();
        TestHandle::with_current(|handle| {
            // The handler has been told by now: nothing is left for the end of the test.
            handle.unwrap().shared().set_exception_handler(None);
        });
    });
    assert_eq!(told, ["oh"]);
}

#[test]
fn a_panic_in_the_drop_of_an_aborted_future_is_what_the_task_gives() {
    let told = reported(|executor| {
        let (guard, drops) = Dropped::panicking();
        let mut join = executor.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        executor.run();
        join.abort();
        executor.run();
        assert_eq!(drops.load(SeqCst), 1);
        assert!(now(&mut join).unwrap_err().is_panic());
    });
    assert!(told.is_empty());
}

#[test]
fn a_panic_in_the_drop_of_an_unawaited_future_is_reported() {
    let told = reported(|executor| {
        for spawned in 0..2 {
            let (guard, _) = Dropped::panicking();
            drop(executor.spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            }));
            assert_eq!(executor.set().len(), spawned + 1);
        }
        executor.step();
        executor.close();
        let (guard, drops) = Dropped::panicking();
        assert!(now(&mut executor.spawn(async move { drop(guard) })).unwrap_err().is_closed());
        assert_eq!(drops.load(SeqCst), 1);
    });
    assert_eq!(told, ["dropped"; 3]);
}

#[test]
fn a_panic_in_the_drop_of_a_finished_future_does_not_cost_its_output() {
    /// Ready at once, and panics when dropped.
    struct Bad(#[allow(dead_code, reason = "kept for its drop")] Dropped);
    impl Future for Bad {
        type Output = u8;
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> std::task::Poll<u8> {
            std::task::Poll::Ready(3)
        }
    }
    let told = reported(|executor| {
        let mut join = executor.spawn(Bad(Dropped::panicking().0));
        executor.run();
        assert_eq!(now(&mut join).unwrap(), 3);
    });
    assert_eq!(told, ["dropped"]);
}

#[test]
fn a_panic_in_the_drop_of_an_output_is_reported() {
    let told = reported(|executor| {
        drop(executor.spawn(async { Dropped::panicking().0 }));
        executor.run();
        let join = executor.spawn(async { Dropped::panicking().0 });
        executor.run();
        // It is the task's, not of the one who drops the handle.
        drop(join);
    });
    assert_eq!(told, ["dropped"; 2]);
}

#[test]
fn a_waker_that_panics_stops_neither_the_executor_nor_the_output() {
    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            panic!("woken");
        }
    }
    let told = reported(|executor| {
        let mut join = executor.spawn(async { 9 });
        let waker = Waker::from(Arc::new(Bad));
        assert!(Pin::new(&mut join).poll(&mut Context::from_waker(&waker)).is_pending());
        executor.run();
        assert_eq!(now(&mut join).unwrap(), 9);
    });
    assert_eq!(told, ["woken"]);
}

#[test]
fn a_panic_in_the_drop_of_a_waker_loses_no_reference() {
    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("waker dropped");
        }
    }
    let told = reported(|executor| {
        let mut join = executor.spawn(pending::<()>());
        {
            let waker = std::mem::ManuallyDrop::new(Waker::from(Arc::new(Bad)));
            assert!(Pin::new(&mut join).poll(&mut Context::from_waker(&waker)).is_pending());
            // The test's own reference goes without a panic, because the task has another.
            drop(std::mem::ManuallyDrop::into_inner(waker));
        }
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(join)));
        assert!(unwound.is_err());
        executor.run();
        assert_eq!(executor.set().len(), 1);
    });
    assert!(told.is_empty());
}
