//! The callback queue on a loop that has nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use super::Pump;
use crate::shared::{Exception, ExceptionKind};
use crate::test_loop::TestLoop;
use crate::{Closed, EventLoop, Handle, LocalError, RunError};

type Log = Arc<Mutex<Vec<usize>>>;

fn note(log: &Log, n: usize) -> impl FnOnce() + Send + 'static + use<> {
    let log = log.clone();
    move || log.lock().unwrap().push(n)
}

fn taken(log: &Log) -> Vec<usize> {
    std::mem::take(&mut *log.lock().unwrap())
}

fn new() -> (TestLoop, Log) {
    (TestLoop::new().unwrap(), Log::default())
}

#[test]
fn first_in_first_out_and_never_in_the_turn_that_queued_it() {
    let (test, log) = new();
    let handle = test.handle().clone();
    let mut pump = Pump::new(handle.clone());
    let mut cx = Context::from_waker(Waker::noop());

    let (again, later) = (handle.clone(), note(&log, 9));
    let first = note(&log, 0);
    handle
        .call_soon(move || {
            first();
            again.call_soon(later).unwrap();
        })
        .unwrap();
    for n in 1..5 {
        handle.call_soon(note(&log, n)).unwrap();
    }
    assert_eq!(pump.poll_turn(&mut cx), Poll::Pending);
    assert_eq!(taken(&log), [0, 1, 2, 3, 4]);
    assert_eq!(pump.poll_turn(&mut cx), Poll::Pending);
    assert_eq!(taken(&log), [9]);
    assert!(!handle.shared().has_callbacks());
}

#[test]
fn cancel_tells_whether_it_prevented_the_run() {
    let (mut test, log) = new();
    let handle = test.handle().clone();
    let one = handle.call_soon(note(&log, 1)).unwrap();
    let two = handle.call_soon(note(&log, 2)).unwrap();
    assert!(one.cancel());
    assert!(!one.cancel());
    assert!(one.is_cancelled());
    handle.stop();
    test.run_forever().unwrap();
    assert_eq!(taken(&log), [2]);
    assert!(!two.cancel());
    assert!(!two.is_cancelled() && !two.is_pending());
}

#[test]
fn an_earlier_callback_of_the_turn_cancels_a_later_one() {
    let (mut test, log) = new();
    let handle = test.handle().clone();
    let slot = Arc::new(Mutex::new(None::<super::CallbackHandle>));
    let victim = slot.clone();
    handle.call_soon(move || assert!(victim.lock().unwrap().take().unwrap().cancel())).unwrap();
    *slot.lock().unwrap() = Some(handle.call_soon(note(&log, 1)).unwrap());
    handle.stop();
    test.run_forever().unwrap();
    assert!(taken(&log).is_empty());
}

#[test]
fn stop_before_run_is_one_turn_and_what_is_queued_after_it_waits() {
    let (mut test, log) = new();
    let handle = test.handle().clone();
    let (inner, later) = (handle.clone(), note(&log, 2));
    let first = note(&log, 1);
    handle
        .call_soon(move || {
            first();
            inner.stop();
            inner.stop();
            inner.call_soon(later).unwrap();
        })
        .unwrap();
    test.run_forever().unwrap();
    assert_eq!(taken(&log), [1]);
    handle.stop();
    test.run_forever().unwrap();
    assert_eq!(taken(&log), [2]);
    handle.stop();
    assert_eq!(test.try_block_on(std::future::pending::<()>()), Err(RunError::Stopped));
}

#[test]
fn timers_by_deadline_then_registration_behind_what_is_queued() {
    let (mut test, log) = new();
    let handle = test.handle().clone();
    let at = handle.now() + Duration::from_millis(5);
    handle.call_at(at + Duration::from_millis(1), note(&log, 4)).unwrap();
    handle.call_at(at, note(&log, 2)).unwrap();
    handle.call_at(at, note(&log, 3)).unwrap();
    handle.call_later(Duration::ZERO, note(&log, 1)).unwrap();
    handle.call_soon(note(&log, 0)).unwrap();
    let never = handle.call_later(Duration::MAX, note(&log, 99)).unwrap();
    let stop = handle.clone();
    handle.call_later(Duration::from_millis(20), move || stop.stop()).unwrap();
    test.run_forever().unwrap();
    assert_eq!(taken(&log), [0, 1, 2, 3, 4]);
    assert!(handle.now() >= at);
    assert!(never.is_pending() && never.cancel());
    assert!(!handle.shared().has_callbacks());
}

#[test]
fn cancelled_timers_do_not_accumulate() {
    let (test, log) = new();
    let handle = test.handle();
    for n in 0..10_000 {
        handle.call_later(Duration::from_secs(60), note(&log, n)).unwrap().cancel();
    }
    assert!(format!("{:?}", handle.shared().callbacks).contains("timers: 0"));
    assert_eq!(Arc::strong_count(&log), 1);
}

#[test]
fn a_timer_cancels_another_of_the_same_deadline() {
    let (mut test, log) = new();
    let handle = test.handle().clone();
    let at = handle.now() + Duration::from_millis(2);
    let slot = Arc::new(Mutex::new(None::<super::CallbackHandle>));
    let victim = slot.clone();
    handle.call_at(at, move || assert!(victim.lock().unwrap().take().unwrap().cancel())).unwrap();
    *slot.lock().unwrap() = Some(handle.call_at(at, note(&log, 1)).unwrap());
    let stop = handle.clone();
    handle.call_at(at, move || stop.stop()).unwrap();
    test.run_forever().unwrap();
    assert!(taken(&log).is_empty());
}

#[test]
fn an_endless_chain_starves_neither_the_future_nor_timers() {
    fn chain(handle: &crate::test_loop::TestHandle) {
        let next = handle.clone();
        handle.call_soon(move || chain(&next)).ok();
    }
    let mut test = TestLoop::new().unwrap();
    let handle = test.handle().clone();
    chain(&handle);
    test.block_on(async move { handle.sleep(Duration::from_millis(5)).await });
}

#[test]
fn posts_from_other_threads_wake_the_loop_and_keep_their_order() {
    let (mut test, _) = new();
    let handle = test.handle().clone();
    let (threads, posts) = (4, 1000);
    let seen = Arc::new(Mutex::new(vec![Vec::new(); threads]));
    let left = Arc::new(AtomicUsize::new(threads * posts));
    let joins: Vec<_> = (0..threads)
        .map(|thread| {
            let (handle, seen, left) = (handle.clone(), seen.clone(), left.clone());
            thread::spawn(move || {
                for n in 0..posts {
                    let (seen, left, stop) = (seen.clone(), left.clone(), handle.clone());
                    let post = move || {
                        seen.lock().unwrap()[thread].push(n);
                        if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                            stop.stop();
                        }
                    };
                    handle.call_soon_threadsafe(post).unwrap();
                }
            })
        })
        .collect();
    test.run_forever().unwrap();
    joins.into_iter().for_each(|join| join.join().unwrap());
    for order in &*seen.lock().unwrap() {
        assert!(order.iter().copied().eq(0..posts));
    }
}

#[test]
fn a_panic_is_reported_and_the_next_callback_runs() {
    let (mut test, log) = new();
    let handle = test.handle().clone();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    handle.set_exception_handler(Some(Arc::new(move |exception: &Exception| {
        let line = exception.location().map(|location| location.line());
        sink.lock().unwrap().push((exception.kind(), exception.message().to_owned(), line));
    })));
    let line = line!() + 1;
    handle.call_soon(|| panic!("oh no")).unwrap();
    handle.call_soon(note(&log, 1)).unwrap();
    handle.stop();
    test.run_forever().unwrap();
    assert_eq!(taken(&log), [1]);
    assert_eq!(*told.lock().unwrap(), [(ExceptionKind::Callback, "oh no".to_owned(), Some(line))]);
}

#[test]
fn slow_callbacks_are_reported_when_asked_for() {
    let (mut test, _) = new();
    let handle = test.handle().clone();
    let told = Arc::new(AtomicUsize::new(0));
    let sink = told.clone();
    handle.set_exception_handler(Some(Arc::new(move |exception: &Exception| {
        assert_eq!(exception.kind(), ExceptionKind::Slow);
        sink.fetch_add(1, Ordering::Relaxed);
    })));
    for (threshold, expected) in [(None, 0), (Some(Duration::from_millis(1)), 1)] {
        handle.set_slow_callback_duration(threshold);
        handle.call_soon(|| thread::sleep(Duration::from_millis(2))).unwrap();
        handle.stop();
        test.run_forever().unwrap();
        assert_eq!(told.load(Ordering::Relaxed), expected);
    }
}

#[test]
fn closing_drops_what_waits_unrun_and_refuses_what_comes() {
    let (mut test, log) = new();
    let handle = test.handle().clone();
    let soon = handle.call_soon(note(&log, 1)).unwrap();
    let later = handle.call_later(Duration::ZERO, note(&log, 2)).unwrap();
    test.close();
    test.close();
    assert!(soon.is_cancelled() && later.is_cancelled());
    assert_eq!(handle.call_soon(note(&log, 3)).unwrap_err(), Closed);
    assert_eq!(handle.call_later(Duration::ZERO, note(&log, 3)).unwrap_err(), Closed);
    assert_eq!(Arc::strong_count(&log), 1);
    assert!(taken(&log).is_empty());
}

#[test]
fn local_callbacks_share_the_queue_and_stay_on_the_thread() {
    let (mut test, log) = new();
    let handle = test.handle().clone();
    assert_eq!(handle.call_soon_local(|| ()).unwrap_err(), LocalError::NotLoopThread);
    let here = std::rc::Rc::new(());
    let seen = log.clone();
    test.block_on(async {
        handle.call_soon(note(&seen, 1)).unwrap();
        let (here, local) = (here.clone(), note(&seen, 2));
        handle
            .call_soon_local(move || {
                local();
                drop(here);
            })
            .unwrap();
        handle.call_soon(note(&seen, 3)).unwrap();
        futures_lite::future::yield_now().await;
    });
    assert_eq!(taken(&log), [1, 2, 3]);
    assert_eq!(std::rc::Rc::strong_count(&here), 1);
}

#[test]
fn debug_shows_name_and_location() {
    let (test, log) = new();
    let handle = test.handle().call_soon(note(&log, 1)).unwrap();
    let shown = format!("{handle:?}");
    assert!(shown.contains("callback/tests.rs:") || shown.contains("callback\\tests.rs:"), "{shown}");
    assert!(shown.contains("note") && shown.contains("Waiting"), "{shown}");
}
