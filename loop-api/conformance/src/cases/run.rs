//! RUN: how a loop is run and stopped.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;

use crate::made::spawn_thread;
use crate::support::{Counter, LONG, Log, SHORT, make, run, tcp_pair, until, within};
use crate::{HandleOf, Subject};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::error::{Panic, RunError};
use loop_api::readiness::Readiness;

pub fn run01_run_until_complete_returns_the_output<S: Subject>() {
    let mut subject = make::<S>();
    assert_eq!(subject.run_until_complete(async { 7 }), Ok(7));
    // The future may borrow, and need not be Send.
    let text = String::from("borrowed");
    let local = Rc::new(1);
    assert_eq!(subject.run_until_complete(async { (text.len(), *local) }), Ok((8, 1)));
}

pub fn run02_run_until_complete_returns_the_error_unchanged<S: Subject>() {
    let mut subject = make::<S>();
    let error = Box::new(String::from("mine"));
    let address: *const String = &*error;
    let output = subject.run_until_complete(async move { Err::<(), _>(error) }).expect("the loop to run");
    assert!(std::ptr::eq(&*output.expect_err("the error"), address));
}

pub fn run02_panic_of_the_main_future_unwinds_and_spares_the_loop<S: Subject>() {
    let mut subject = make::<S>();
    let payload = catch_unwind(AssertUnwindSafe(|| subject.block_on(async { panic!("main gave up") })));
    let payload: Box<dyn std::any::Any + Send> = match payload {
        Err(payload) => payload,
        Ok(never) => never,
    };
    assert_eq!(Panic::new(payload).message(), "main gave up");
    assert!(!subject.handle().shared().is_running(), "it counts as running after a panic");
    let handle = subject.handle().clone();
    assert_eq!(subject.block_on(async { handle.spawn(async { 4 }).await }).ok(), Some(4));
}

pub fn run03_stopped_before_done_is_a_distinct_error<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    handle.clone().call_soon(move || handle.stop()).unwrap();
    assert_eq!(subject.run_until_complete(std::future::pending::<()>()), Err(RunError::Stopped));
    // Nothing of it is left for the next run.
    assert_eq!(subject.run_until_complete(async { 1 }), Ok(1));
}

pub fn run04_running_inside_itself_is_refused<S: Subject>() {
    let output = run::<S, _>(|handle| async move {
        assert_eq!(handle.try_block_on(async {}), Err(RunError::Nested));
        // The loop goes on.
        handle.spawn(async { 5 }).await
    });
    assert_eq!(output.ok(), Some(5));
}

pub fn run05_another_loop_on_a_running_thread_is_refused<S: Subject>() {
    let mut outer = make::<S>();
    let mut inner = make::<S>();
    outer.block_on(async {
        assert_eq!(inner.try_block_on(async {}), Err(RunError::Nested));
        assert_eq!(inner.run_forever(), Err(RunError::Nested));
        assert!(!inner.handle().shared().is_running());
    });
    assert_eq!(inner.try_block_on(async { 1 }), Ok(1));
    assert_eq!(outer.try_block_on(async { 2 }), Ok(2));
}

pub fn run06_run_forever_ends_after_stop_from_a_callback<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let log = Log::new();
    handle
        .call_soon({
            let (log, handle) = (log.clone(), handle.clone());
            move || {
                log.push("first");
                let (inner, log) = (handle.clone(), log.clone());
                handle
                    .call_later(SHORT, move || {
                        log.push("stop");
                        inner.stop();
                    })
                    .unwrap();
            }
        })
        .unwrap();
    assert_eq!(subject.run_forever(), Ok(()));
    assert_eq!(log.take(), ["first", "stop"]);
}

pub fn run07_stop_before_run_is_one_turn<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let log = Log::new();
    let (one, two, three) = (log.clone(), log.clone(), log.clone());
    handle.call_soon(move || one.push(1)).unwrap();
    let again = handle.clone();
    handle
        .call_soon(move || {
            two.push(2);
            again.call_soon(move || three.push(3)).unwrap();
        })
        .unwrap();
    handle.stop();
    assert_eq!(subject.run_forever(), Ok(()));
    assert_eq!(log.take(), [1, 2]);
    handle.stop();
    assert_eq!(subject.run_forever(), Ok(()));
    assert_eq!(log.take(), [3]);
}

pub fn run08_stop_twice_is_harmless_and_ends_with_the_turn<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let log = Log::new();
    for _ in 0..2 {
        let stop = handle.clone();
        handle.call_soon(move || stop.stop()).unwrap();
    }
    let last = log.clone();
    handle.call_soon(move || last.push("last of the turn")).unwrap();
    assert_eq!(subject.run_forever(), Ok(()));
    assert_eq!(log.take(), ["last of the turn"]);
    // The second stop was for the same run.
    assert_eq!(subject.run_until_complete(handle.sleep(SHORT)), Ok(()));
}

pub fn run09_callbacks_queued_after_stop_run_in_the_next_run<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let log = Log::new();
    let (inner, line) = (handle.clone(), log.clone());
    handle
        .call_soon(move || {
            inner.stop();
            inner.call_soon(move || line.push("late")).unwrap();
        })
        .unwrap();
    assert_eq!(subject.run_forever(), Ok(()));
    assert!(log.is_empty());
    assert_eq!(subject.run_until_complete(async { until(&handle, || !log.is_empty()).await }), Ok(true));
    assert_eq!(log.take(), ["late"]);
}

pub fn run10_timers_and_tasks_are_kept_over_a_stop<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let log = Log::new();
    let line = log.clone();
    handle.call_later(SHORT, move || line.push("timer")).unwrap();
    let (line, inner) = (log.clone(), handle.clone());
    let task = handle.spawn(async move {
        inner.sleep(SHORT).await;
        line.push("task");
        3
    });
    for _ in 0..3 {
        let stop = handle.clone();
        handle.call_soon(move || stop.stop()).unwrap();
        assert_eq!(subject.run_forever(), Ok(()));
    }
    assert_eq!(subject.block_on(task).ok(), Some(3));
    assert!(subject.block_on(until(&handle, || log.len() == 2)), "{log:?}");
}

pub fn run10_readers_are_kept_over_a_stop<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (near, mut far) = tcp_pair();
    near.set_nonblocking(true).unwrap();
    let (log, stop) = (Log::new(), handle.clone());
    let line = log.clone();
    let watcher = handle
        .add_reader(near, move |mut socket| {
            let mut byte = [0];
            if socket.read(&mut byte).is_ok() {
                line.push(byte[0]);
                stop.stop();
            }
        })
        .unwrap();
    for number in 0..3 {
        // Written between the runs, and found by the next.
        far.write_all(&[number]).unwrap();
        assert_eq!(subject.run_forever(), Ok(()));
    }
    assert_eq!(log.take(), [0, 1, 2]);
    assert!(watcher.cancel());
}

pub fn run17_running_and_current_only_inside<S: Subject>() {
    fn same<H: Handle>(handle: &H) -> bool {
        H::with_current(|current| {
            current.is_some_and(|current| std::ptr::eq(current.shared(), handle.shared()))
        })
    }
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let outside = || {
        assert!(!handle.shared().is_running());
        assert!(!loop_api::context::is_running());
        assert!(HandleOf::<S>::try_current().is_none());
    };
    outside();
    subject.block_on(async {
        assert!(same(&handle), "the main future has another loop");
        assert!(handle.shared().is_running());
        assert!(handle.shared().is_loop_thread());
        assert!(loop_api::context::is_running());
        let there = handle.clone();
        assert_eq!(handle.spawn(async move { same(&there) }).await.ok(), Some(true), "in a task");
        let there = handle.clone();
        let job = handle.spawn_blocking(move || same(&there) && !loop_api::context::is_running());
        assert_eq!(job.await.ok(), Some(true), "in a blocking job");
        let (there, log) = (handle.clone(), Log::new());
        let line = log.clone();
        handle.call_soon(move || line.push(same(&there))).unwrap();
        assert!(until(&handle, || !log.is_empty()).await);
        assert_eq!(log.take(), [true], "in a callback");
    });
    outside();
    handle.enter(|| assert!(same(&handle)));
    outside();
}

pub fn run25_two_loops_on_two_threads<S: Subject>() {
    let mut here = make::<S>();
    let handle = here.handle().clone();
    let (send, receive) = std::sync::mpsc::channel();
    let rounds = Counter::new();
    let there = spawn_thread({
        let rounds = rounds.clone();
        move || {
            let mut there = make::<S>();
            send.send(there.handle().clone()).unwrap();
            let handle = there.handle().clone();
            there.block_on(until(&handle, || rounds.get() == 50))
        }
    });
    let other = receive.recv().unwrap();
    here.block_on(async {
        for round in 0..50 {
            // A task there awaits a task here.
            let back = handle.clone();
            let task = other.spawn(async move { back.spawn(async move { round }).await });
            let output = within(&handle, LONG, task).await.expect("the other loop to answer");
            assert_eq!(output.unwrap().ok(), Some(round));
            rounds.add();
        }
    });
    assert!(there.join().unwrap());
}

pub fn run31_blocking_on_a_loop_that_does_not_run_is_refused_where_it_would_wait<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    // What is done at once needs no loop.
    assert_eq!(handle.try_block_on(async { 7 }), Ok(7));
    // This thread alone can run it.
    assert_eq!(handle.try_block_on(handle.sleep(SHORT)), Err(RunError::NotRunning));
    let task = handle.spawn(async { 7 });
    assert!(matches!(handle.try_block_on(task), Err(RunError::NotRunning)));
    let advice = catch_unwind(AssertUnwindSafe(|| handle.block_on(std::future::pending::<()>())));
    let advice = Panic::new(advice.expect_err("a panic"));
    assert!(advice.message().contains("call block_on on the Runtime"), "{}", advice.message());
    let task = handle.spawn(async { 7 });
    assert_eq!(subject.block_on(task).expect("the loop is not harmed"), 7);
}

pub fn run31_blocking_elsewhere_may_begin_before_the_loop_runs<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (begins, begun) = mpsc::channel();
    let elsewhere = thread::spawn({
        let handle = handle.clone();
        move || {
            handle.try_block_on(async {
                begins.send(()).expect("the case waits");
                handle.sleep(SHORT).await;
                handle.spawn(async { 7 }).await
            })
        }
    });
    begun.recv().expect("the thread blocks");
    let joined = subject.block_on(handle.spawn_blocking(move || elsewhere.join())).expect("the job");
    assert_eq!(joined.expect("no panic").expect("a loop that runs").expect("the task"), 7);
}

pub fn run32_a_large_main_future_fits_on_the_stack<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    // Of the two megabytes that a thread has; without optimization each call by value is a copy.
    let large = [1_u8; 200_000];
    let sum = subject.block_on(async move {
        handle.sleep(SHORT).await;
        large.iter().map(|byte| u32::from(*byte)).sum::<u32>()
    });
    assert_eq!(sum, 200_000);
}
