//! FUT: promises, as a loop serves them.

use std::io;
use std::thread;

use crate::Subject;
use crate::made::spawn_thread;
use crate::support::{Counter, LONG, Log, SHORT, make, record_exceptions, run, until, within};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::promise::{DeferredError, promise};
use loop_api::shared::ExceptionKind;

pub fn fut01_a_value_is_set_once<S: Subject>() {
    run::<S, _>(|handle| async move {
        // That settle takes the promise by value is what makes a second one impossible; a waiter
        // that is gone gets none.
        let (settles, deferred) = promise();
        let waiter = handle.spawn(deferred);
        assert_eq!(settles.settle(1), Ok(()));
        assert_eq!(waiter.await.expect("the task to end").ok(), Some(1));
        let (settles, deferred) = promise();
        drop(deferred);
        assert_eq!(settles.settle(2), Err(2));
    });
}

pub fn fut02_the_outcome_is_an_error_before_and_repeatable_after<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (settles, deferred) = promise();
        let shared = deferred.share();
        assert!(shared.result().is_err_and(|error| error.is_pending()));
        drop(handle.spawn(async move { settles.settle(3) }));
        assert_eq!(shared.clone().await.ok(), Some(3));
        assert_eq!((shared.result().ok(), shared.result().ok()), (Some(3), Some(3)));
    });
}

pub fn fut03_a_callback_on_what_is_done_is_deferred<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (settles, deferred) = promise();
        settles.settle(1).expect("a waiter");
        let called = Counter::new();
        let seen = called.clone();
        deferred.on_done(&handle, move || {
            seen.add();
        });
        assert_eq!(called.get(), 0, "called inside on_done");
        assert!(until(&handle, || called.get() == 1).await);
    });
}

pub fn fut04_callbacks_run_in_order_and_can_be_removed<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let (settles, deferred) = promise();
        let say = |n: u32| {
            let log = log.clone();
            move || log.push(n)
        };
        deferred.on_done(&handle, say(1));
        let removed = deferred.on_done(&handle, say(2));
        deferred.on_done(&handle, say(3));
        assert!(removed.cancel());
        assert!(!removed.cancel());
        settles.settle(()).expect("a waiter");
        assert!(until(&handle, || log.len() == 2).await);
        assert_eq!(log.take(), [1, 3]);

        let (settles, deferred) = promise();
        deferred.on_done(&handle, say(4));
        deferred.on_done(&handle, say(5));
        assert_eq!(deferred.remove_on_done(), 2);
        settles.settle(()).expect("a waiter");
        handle.sleep(SHORT).await;
        assert!(log.is_empty(), "{log:?}");
    });
}

pub fn fut04_a_callback_may_add_another<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let (settles, deferred) = promise::<()>();
        let shared = deferred.share();
        let (inner, lines, on) = (shared.clone(), log.clone(), handle.clone());
        shared.on_done(&handle, move || {
            let more = lines.clone();
            inner.on_done(&on, move || more.push("added while they run"));
            lines.push("first");
        });
        let lines = log.clone();
        shared.on_done(&handle, move || lines.push("second"));
        settles.settle(()).expect("a waiter");
        assert!(until(&handle, || log.len() == 3).await, "{log:?}");
        assert_eq!(log.take(), ["first", "second", "added while they run"]);
    });
}

pub fn fut05_cancelling_is_seen_by_the_promise_and_the_waiter<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (mut settles, deferred) = promise::<()>();
        let producer = handle.spawn(async move {
            settles.cancelled().await;
            settles.is_cancelled()
        });
        handle.sleep(SHORT).await;
        assert!(deferred.cancel());
        let seen = within(&handle, LONG, producer).await.expect("the promise was not told");
        assert_eq!(seen.ok(), Some(true));
        assert!(!deferred.cancel(), "cancelled twice");
        assert!(matches!(deferred.await, Err(DeferredError::Cancelled)));

        let (settles, deferred) = promise();
        settles.settle(1).expect("a waiter");
        assert!(!deferred.cancel(), "what is done was cancelled");
        assert_eq!(deferred.await.ok(), Some(1));
    });
}

pub fn fut07_an_unread_failure_is_reported_once<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        let (fails, deferred) = promise::<()>();
        fails.fail(io::Error::other("planted failure")).expect("a waiter");
        drop(deferred);
        assert!(until(&handle, || !told.is_empty()).await, "not reported");
        let reported = told.take();
        assert_eq!(reported.len(), 1, "{reported:?}");
        assert_eq!(reported[0].kind, ExceptionKind::Promise);
        assert!(reported[0].message.contains("planted failure"), "{reported:?}");

        let (fails, deferred) = promise::<()>();
        fails.fail(io::Error::other("read")).expect("a waiter");
        assert!(deferred.await.is_err());
        let (fails, deferred) = promise::<()>();
        deferred.cancel();
        drop((fails, deferred));
        handle.sleep(SHORT).await;
        assert!(told.is_empty(), "{told:?}");
    });
}

pub fn fut08_many_waiters_are_all_woken<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (settles, deferred) = promise();
        let shared = deferred.share();
        let waiters: Vec<_> = (0..5).map(|_| handle.spawn(shared.clone())).collect();
        let cancelled = handle.spawn(shared.clone());
        handle.sleep(SHORT).await;
        // One that gives up harms no other.
        loop_api::task::Task::abort(&cancelled);
        assert!(cancelled.await.is_err());
        settles.settle(4).expect("waiters");
        for waiter in waiters {
            let value = within(&handle, LONG, waiter).await.expect("a waiter was not woken");
            assert_eq!(value.expect("the task to end").ok(), Some(4));
        }
    });
}

pub fn fut09_a_dropped_promise_wakes_its_waiter<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (settles, deferred) = promise::<()>();
        let waiter = handle.spawn(deferred);
        handle.sleep(SHORT).await;
        drop(settles);
        let ended = within(&handle, LONG, waiter).await.expect("the waiter was not woken");
        assert!(matches!(ended.expect("the task to end"), Err(DeferredError::Abandoned)));
    });
}

pub fn fut10_a_chain_copies_value_and_error<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (first, middle) = promise();
        let (second, last) = promise();
        middle.forward_to(second);
        drop(handle.spawn(async move { first.settle(7) }));
        assert_eq!(last.await.ok(), Some(7));

        let (first, middle) = promise::<()>();
        let (second, last) = promise();
        middle.forward_to(second);
        first.fail(io::Error::other("carried along")).expect("a waiter");
        let error = last.await.expect_err("the error");
        assert!(error.failure().is_some_and(|error| error.to_string() == "carried along"), "{error}");

        let (first, middle) = promise::<()>();
        let (second, last) = promise();
        middle.forward_to(second);
        drop(first);
        assert!(last.await.is_err_and(|error| error.is_abandoned()));
    });
}

pub fn fut11_cancelling_the_end_of_a_chain_cancels_its_beginning<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (mut first, middle) = promise::<()>();
        let (second, last) = promise();
        middle.forward_to(second);
        last.cancel();
        within(&handle, LONG, first.cancelled()).await.expect("the beginning was not told");
    });
}

pub fn fut12_what_comes_after_the_end_was_cancelled_is_dropped<S: Subject>() {
    run::<S, _>(|_handle| async move {
        let dropped = Counter::new();
        let (first, middle) = promise();
        let (second, last) = promise();
        middle.forward_to(second);
        last.cancel();
        let _refused = first.settle(dropped.on_drop());
        drop(_refused);
        assert_eq!(dropped.get(), 1);
        assert!(last.await.is_err_and(|error| error.is_cancelled()));
    });
}

pub fn fut13_a_chain_crosses_loops_and_a_closed_one_is_harmless<S: Subject>() {
    let (first, middle) = promise();
    let (second, last) = promise();
    middle.forward_to(second);
    let elsewhere = spawn_thread(move || {
        run::<S, _>(|handle| async move {
            handle.sleep(SHORT).await;
            first.settle(5)
        })
    });
    assert_eq!(run::<S, _>(|_| last).ok(), Some(5));
    assert_eq!(elsewhere.join().expect("the other loop"), Ok(()));

    let (settles, deferred) = promise();
    let mut closed = make::<S>();
    let called = Counter::new();
    let (seen, dropped) = (called.clone(), Counter::new());
    let on_drop = dropped.on_drop();
    deferred.on_done(closed.handle(), move || {
        let _on_drop = on_drop;
        seen.add();
    });
    closed.close();
    settles.settle(6).expect("a waiter");
    assert_eq!((called.get(), dropped.get()), (0, 1), "(called, dropped)");
    assert_eq!(run::<S, _>(|_| deferred).ok(), Some(6));
}

pub fn fut14_no_wake_from_another_thread_is_lost<S: Subject>() {
    run::<S, _>(|handle| async move {
        for n in 0..300 {
            let (settles, deferred) = promise();
            // It comes before, while, or after the waiter is polled.
            let settler = thread::spawn(move || settles.settle(n));
            let value = within(&handle, LONG, deferred).await.expect("the wake was lost");
            assert_eq!(value.ok(), Some(n));
            assert_eq!(settler.join().expect("the settler"), Ok(()));
        }
    });
}
