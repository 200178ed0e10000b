//! ERR: errors that are not waited for, and slow callbacks.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::Subject;
use crate::support::{Counter, LONG, Log, make, record_exceptions, run, until, within};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::shared::{Exception, ExceptionKind};

fn panics(message: &'static str) {
    // Unlike panic!, this does not write to the test's output.
    std::panic::resume_unwind(Box::new(message));
}

pub fn err01_a_callbacks_panic_is_reported_with_kind_and_place<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        let line = line!() + 1;
        handle.call_soon(|| panics("soon")).expect("an open loop");
        handle.call_later(Duration::from_millis(5), || panics("later")).expect("an open loop");
        assert!(until(&handle, || told.len() == 2).await, "told only of {told:?}");
        let told = told.take();
        assert!(told.iter().all(|told| told.kind == ExceptionKind::Callback && told.panic), "{told:?}");
        assert_eq!((told[0].message.as_str(), told[1].message.as_str()), ("soon", "later"));
        assert_eq!(told[0].location, Some((file!(), line)));
        assert_eq!(told[1].location, Some((file!(), line + 1)));
    });
}

pub fn err01_a_blocking_jobs_panic_is_reported<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        drop(handle.spawn_blocking(|| panics("blocking")));
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        let told = told.take();
        assert_eq!((told[0].kind, told[0].message.as_str()), (ExceptionKind::Blocking, "blocking"));
    });
}

pub fn err02_without_a_handler_the_loop_goes_on<S: Subject>() {
    run::<S, _>(|handle| async move {
        assert!(handle.exception_handler().is_none());
        handle.call_soon(|| panics("told on standard error")).expect("an open loop");
        drop(handle.spawn(async { panics("told on standard error") }));
        let after = Counter::new();
        let seen = after.clone();
        handle
            .call_soon(move || {
                seen.add();
            })
            .expect("an open loop");
        assert!(until(&handle, || after.get() == 1).await);
    });
}

pub fn err03_the_handler_is_replaced_read_back_and_cleared<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (first, second) = (Counter::new(), Counter::new());
        let counting = |counter: &Counter| {
            let counter = counter.clone();
            Arc::new(move |_: &Exception| {
                counter.add();
            })
        };
        assert!(handle.set_exception_handler(Some(counting(&first))).is_none());
        let before = handle.set_exception_handler(Some(counting(&second)));
        assert!(before.is_some(), "the first handler was not given back");
        handle.call_soon(|| panics("to the second")).expect("an open loop");
        assert!(until(&handle, || second.get() == 1).await);
        assert_eq!(first.get(), 0);
        // What is given back and read back is the handler itself.
        before.expect("the first handler")(&Exception::new(ExceptionKind::Callback, "by hand", None));
        handle.exception_handler().expect("the second handler")(&Exception::new(
            ExceptionKind::Callback,
            "",
            None,
        ));
        assert_eq!((first.get(), second.get()), (1, 2));
        handle.set_exception_handler(None);
        assert!(handle.exception_handler().is_none());
    });
}

pub fn err04_a_handler_that_panics_does_no_harm<S: Subject>() {
    run::<S, _>(|handle| async move {
        let called = Counter::new();
        let seen = called.clone();
        handle.set_exception_handler(Some(Arc::new(move |_: &Exception| {
            seen.add();
            panics("the handler itself");
        })));
        handle.call_soon(|| panics("one")).expect("an open loop");
        handle.call_soon(|| panics("two")).expect("an open loop");
        drop(handle.spawn(async { panics("three") }));
        assert!(until(&handle, || called.get() == 3).await, "told {} times", called.get());
        assert_eq!(handle.spawn(async { 1 }).await.ok(), Some(1));
    });
}

pub fn err05_the_next_callback_of_the_turn_still_runs<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let told = record_exceptions(&handle);
    let log = Log::new();
    for n in 0..3 {
        let log = log.clone();
        handle
            .call_soon(move || {
                log.push(n);
                if n == 1 {
                    panics("the second");
                }
            })
            .expect("an open loop");
    }
    // Stopped beforehand, it runs exactly one turn.
    handle.stop();
    subject.run_forever().expect("one turn");
    assert_eq!(log.take(), [0, 1, 2]);
    assert_eq!(told.len(), 1);
}

pub fn err06_a_slow_callback_is_named<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        let threshold = Duration::from_millis(10);
        handle.set_slow_callback_duration(Some(threshold));
        assert_eq!(handle.slow_callback_duration(), Some(threshold));
        let line = line!() + 1;
        handle.call_soon(|| thread::sleep(Duration::from_millis(30))).expect("an open loop");
        assert!(until(&handle, || !told.is_empty()).await, "the slow callback was not told of");
        let told = told.take();
        let slow = told.iter().find(|told| told.location == Some((file!(), line)));
        assert!(slow.is_some_and(|told| told.kind == ExceptionKind::Slow && !told.panic), "{told:?}");
    });
}

pub fn err06_a_slow_task_is_named<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        handle.set_slow_callback_duration(Some(Duration::from_millis(10)));
        let line = line!() + 1;
        let slow = handle.spawn(async { thread::sleep(Duration::from_millis(30)) });
        within(&handle, LONG, slow).await.expect("the task to end").expect("the task to end well");
        assert!(until(&handle, || !told.is_empty()).await, "the slow task was not told of");
        let told = told.take();
        let slow = told.iter().find(|told| told.location == Some((file!(), line)));
        assert!(slow.is_some_and(|told| told.kind == ExceptionKind::Slow), "{told:?}");
    });
}

pub fn err07_without_a_threshold_nothing_is_timed<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        handle.set_slow_callback_duration(Some(Duration::from_millis(1)));
        handle.set_slow_callback_duration(None);
        assert_eq!(handle.slow_callback_duration(), None);
        handle.call_soon(|| thread::sleep(Duration::from_millis(20))).expect("an open loop");
        let task = handle.spawn(async { thread::sleep(Duration::from_millis(20)) });
        task.await.expect("the task to end");
        let after = Counter::new();
        let seen = after.clone();
        handle
            .call_soon(move || {
                seen.add();
            })
            .expect("an open loop");
        assert!(until(&handle, || after.get() == 1).await);
        assert!(told.is_empty(), "{told:?}");
    });
}
