//! The two ends of a promise.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use futures_lite::future::block_on;

use super::{DeferredError, promise};
use crate::shared::{Exception, ExceptionKind};
use crate::test_loop::{TestHandle, TestLoop};
use crate::{EventLoop, Handle};

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs one turn, and gives what was noted in it.
fn turn(test: &mut TestLoop, log: &Mutex<Vec<u32>>) -> Vec<u32> {
    test.handle().stop();
    test.run_forever().unwrap();
    std::mem::take(&mut log.lock().unwrap())
}

#[test]
fn result_before_done_is_an_error_and_the_value_comes_once() {
    let (promise, mut deferred) = promise();
    assert!(deferred.try_result().unwrap_err().is_pending());
    assert!(poll(&mut deferred).is_pending());
    promise.settle(String::from("x")).unwrap();
    assert!(deferred.is_done());
    assert!(!deferred.cancel());
    assert_eq!(deferred.try_result().unwrap(), "x");
    assert!(matches!(deferred.try_result(), Err(DeferredError::Taken)));
}

#[test]
fn settling_what_nobody_waits_for_gives_it_back() {
    let (mut unheard, deferred) = promise();
    drop(deferred);
    assert!(unheard.is_cancelled());
    block_on(unheard.cancelled());
    assert_eq!(unheard.settle(1), Err(1));

    let (failing, deferred) = promise::<()>();
    assert!(deferred.cancel());
    assert!(!deferred.cancel());
    assert_eq!(failing.fail("no").unwrap_err().to_string(), "no");
    assert!(block_on(deferred).unwrap_err().is_cancelled());
}

#[test]
fn a_dropped_promise_wakes_the_waiter_on_another_thread() {
    let (promise, deferred) = promise::<()>();
    let waiter = thread::spawn(move || block_on(deferred));
    drop(promise);
    assert!(waiter.join().unwrap().unwrap_err().is_abandoned());
}

#[test]
fn errors_are_read_any_number_of_times() {
    let (promise, mut deferred) = promise::<()>();
    promise.fail(std::io::Error::other("broken")).unwrap();
    for _ in 0..2 {
        assert_eq!(deferred.try_result().unwrap_err().failure().unwrap().to_string(), "broken");
    }
}

#[test]
fn many_waiters_and_one_that_leaves() {
    let (promise, deferred) = promise();
    let shared = deferred.share();
    let waiters: Vec<_> = (0..4)
        .map(|_| {
            let waiter = shared.clone();
            thread::spawn(move || block_on(waiter))
        })
        .collect();
    let mut leaves = shared.clone();
    assert!(poll(&mut leaves).is_pending());
    drop(leaves);
    assert!(!promise.is_cancelled());
    promise.settle(5).unwrap();
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap().unwrap(), 5);
    }
    assert_eq!(shared.result().unwrap(), 5);
    assert_eq!(shared.result().unwrap(), 5);
}

#[test]
fn the_last_waiter_that_leaves_cancels() {
    let (promise, deferred) = promise::<u8>();
    let shared = deferred.share();
    drop(shared.clone());
    assert!(!promise.is_cancelled());
    drop(shared);
    assert!(promise.is_cancelled());
}

#[test]
fn done_callbacks_run_in_order_later_and_can_be_removed() {
    let mut test = TestLoop::new().unwrap();
    let handle = test.handle().clone();
    let log = Arc::new(Mutex::new(Vec::new()));
    let note = |n: u32| {
        let log = log.clone();
        move || log.lock().unwrap().push(n)
    };
    let (promise, deferred) = promise();
    deferred.on_done(&handle, note(1));
    let removed = deferred.on_done(&handle, note(2));
    let slot = Arc::new(Mutex::new(None::<crate::callback::CallbackHandle>));
    let victim = slot.clone();
    deferred.on_done(&handle, move || assert!(victim.lock().unwrap().take().unwrap().cancel()));
    *slot.lock().unwrap() = Some(deferred.on_done(&handle, note(3)));
    deferred.on_done(&handle, note(4));
    assert!(removed.cancel());
    promise.settle(()).unwrap();
    assert!(log.lock().unwrap().is_empty());
    assert_eq!(turn(&mut test, &log), [1, 4]);

    deferred.on_done(&handle, note(5));
    assert!(log.lock().unwrap().is_empty());
    assert_eq!(turn(&mut test, &log), [5]);
}

#[test]
fn all_done_callbacks_can_be_removed() {
    let test = TestLoop::new().unwrap();
    let (promise, deferred) = promise();
    for _ in 0..100 {
        deferred.on_done(test.handle(), || ()).cancel();
    }
    deferred.on_done(test.handle(), || unreachable!());
    deferred.on_done(test.handle(), || unreachable!());
    assert_eq!(deferred.remove_on_done(), 2);
    promise.settle(()).unwrap();
    assert!(!test.handle().shared().has_callbacks());
}

#[test]
fn an_error_that_nobody_read_is_reported_once() {
    let mut test = TestLoop::new().unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    test.handle().set_exception_handler(Some(Arc::new(move |exception: &Exception| {
        assert!(exception.location().is_some_and(|location| location.file().contains("tests.rs")));
        sink.lock().unwrap().push((exception.kind(), exception.message().to_owned()));
    })));
    test.block_on(async {
        let (read, deferred) = promise::<()>();
        read.fail("read").unwrap();
        deferred.await.unwrap_err();

        let (cancelled, deferred) = promise::<()>();
        deferred.cancel();
        cancelled.fail("cancelled").unwrap_err();

        let (copied, middle) = promise::<()>();
        let (end, deferred) = promise();
        middle.forward_to(end);
        copied.fail("copied").unwrap();
        deferred.await.unwrap_err();

        let (unread, deferred) = promise::<()>();
        let shared = deferred.share();
        drop(shared.clone());
        unread.fail("unread").unwrap();
        drop(shared);
    });
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, ExceptionKind::Promise);
    assert!(told[0].1.contains("unread"));
}

#[test]
fn a_chain_carries_value_error_and_cancel() {
    let chained = || {
        let (a, middle) = promise::<u8>();
        let (b, end) = promise();
        middle.forward_to(b);
        (a, end)
    };
    let (a, mut end) = chained();
    a.settle(1).unwrap();
    assert_eq!(end.try_result().unwrap(), 1);

    let (a, mut end) = chained();
    a.fail("bad").unwrap();
    assert_eq!(end.try_result().unwrap_err().failure().unwrap().to_string(), "bad");

    let (a, mut end) = chained();
    drop(a);
    assert!(end.try_result().unwrap_err().is_abandoned());

    let (a, end) = chained();
    assert!(end.cancel());
    assert!(a.is_cancelled());
    assert_eq!(a.settle(2), Err(2));

    let (a, end) = chained();
    drop(end);
    assert!(a.is_cancelled());

    let (a, middle) = promise();
    a.settle(3).unwrap();
    let (b, mut end) = promise();
    middle.forward_to(b);
    assert_eq!(end.try_result().unwrap(), 3);
}

#[test]
fn a_chain_onto_a_closed_loop_does_no_harm() {
    let (a, middle) = promise();
    let (b, mut end) = promise();
    middle.forward_to(b);
    let test = TestLoop::new().unwrap();
    let callback = end.on_done(test.handle(), || unreachable!());
    drop::<TestLoop>(test);
    a.settle(1).unwrap();
    assert!(callback.is_cancelled());
    assert_eq!(end.try_result().unwrap(), 1);
}

#[test]
fn both_ends_are_send_and_sync_with_their_value() {
    fn is_send_sync<T: Send + Sync>(_: &T) {}
    let (promise, deferred) = promise::<std::cell::Cell<u8>>();
    is_send_sync(&promise);
    is_send_sync(&deferred);
    is_send_sync(&None::<TestHandle>);
}
