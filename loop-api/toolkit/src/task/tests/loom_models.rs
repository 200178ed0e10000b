//! Models: every interleaving of a few steps, and of what each thread may see of the others'
//! memory.
//!
//! ```text
//! RUSTFLAGS="--cfg anyloop_loom" cargo test -p loop-toolkit --lib loom
//! ```
//!
//! Each model runs twice: as the code is, and with a fault planted that it must find.

use std::future::{Future, pending, poll_fn};
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc as StdArc;
use std::task::{Context, Poll, Wake, Waker};

use loom::cell::UnsafeCell;
use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::{Relaxed, SeqCst};
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::super::{AbortHandle, JoinHandle};
use super::support::{Executor, TestHandle};
use crate::blocking::job;
use loop_api::loom_shim::{model, model_with_bug};

/// Counts drops in a way that loom sees as an access to the thing dropped.
struct Watched(Arc<AtomicUsize>, UnsafeCell<()>);

impl Watched {
    fn new() -> (Self, Arc<AtomicUsize>) {
        let drops = Arc::new(AtomicUsize::new(0));
        (Watched(Arc::clone(&drops), UnsafeCell::new(())), drops)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.1.with_mut(|_| ());
        self.0.fetch_add(1, SeqCst);
    }
}

/// A waker that says whether it was woken.
#[derive(Default)]
struct Woken(Mutex<bool>);

struct WokenWaker(Arc<Woken>);

impl Wake for WokenWaker {
    fn wake(self: StdArc<Self>) {
        *self.0.0.lock().unwrap() = true;
    }
}

fn woken() -> (Arc<Woken>, Waker) {
    let woken = Arc::new(Woken(Mutex::new(false)));
    (Arc::clone(&woken), Waker::from(StdArc::new(WokenWaker(woken))))
}

fn poll<T>(join: &mut JoinHandle<T>, waker: &Waker) -> Poll<Result<T, loop_api::error::JoinError>> {
    Pin::new(join).poll(&mut Context::from_waker(waker))
}

// ---- wake and run ----

/// A task waits for a number that another thread sets without any order but that of the wake.
fn wake_and_run(wake: fn(Waker)) {
    let executor = Executor::new();
    let number = Arc::new(AtomicUsize::new(0));
    let waker = Arc::new(Mutex::new(None::<Waker>));
    let (seen, slot) = (Arc::clone(&number), Arc::clone(&waker));
    let mut join = executor.spawn(poll_fn(move |cx| {
        slot.lock().unwrap().get_or_insert_with(|| cx.waker().clone());
        if seen.load(Relaxed) == 1 { Poll::Ready(()) } else { Poll::Pending }
    }));
    executor.step();
    let waker = waker.lock().unwrap().take().unwrap();
    // Scheduled once more, so that the wakes below meet all of its states.
    waker.wake_by_ref();
    let other = thread::spawn(move || {
        number.store(1, Relaxed);
        wake(waker);
    });
    executor.run();
    other.join().unwrap();
    executor.run();
    assert!(poll(&mut join, Waker::noop()).is_ready(), "a wake was lost");
    assert_eq!(executor.set().len(), 0);
}

#[test]
fn a_wake_is_never_lost() {
    let by_reference = || wake_and_run(|waker| waker.wake_by_ref());
    let by_value = || wake_and_run(Waker::wake);
    for wakes in [by_reference, by_value] {
        model(wakes);
        model_with_bug("a wake during a poll is forgotten", wakes);
    }
    model_with_bug("a wake that changes nothing does not synchronise", by_reference);
    model_with_bug("a wake during a poll lets go and says nothing", by_value);
}

/// Two threads wake at once, one by value: there is never more than one `Runnable`, and the future
/// is never polled by two.
fn two_wakes_and_two_workers() {
    let executor = Executor::new();
    let polls = Arc::new(AtomicUsize::new(0));
    let waker = Arc::new(Mutex::new(None::<Waker>));
    let (count, slot) = (Arc::clone(&polls), Arc::clone(&waker));
    drop(executor.spawn(poll_fn(move |cx| {
        if count.fetch_add(1, SeqCst) == 0 {
            *slot.lock().unwrap() = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    })));
    executor.step();
    let waker = waker.lock().unwrap().take().unwrap();
    let (worker, other) = (executor.clone(), waker.clone());
    let thread = thread::spawn(move || {
        other.wake();
        worker.run();
    });
    waker.wake_by_ref();
    executor.run();
    drop(waker);
    thread.join().unwrap();
    assert_eq!((polls.load(SeqCst), executor.set().len(), executor.scheduled()), (2, 0, 0));
}

#[test]
fn two_wakes_make_one_runnable() {
    model(two_wakes_and_two_workers);
}

// ---- completion and the join handle's waker ----

fn complete_and_join() {
    let executor = Executor::new();
    let mut join = executor.spawn(async { 5 });
    let worker = thread::spawn(move || executor.run());
    let (woken, waker) = woken();
    let (other_woken, other) = self::woken();
    if poll(&mut join, &waker).is_pending() && poll(&mut join, &other).is_pending() {
        worker.join().unwrap();
        assert!(*other_woken.0.lock().unwrap(), "the join handle was not woken");
        assert!(!*woken.0.lock().unwrap(), "woken by a waker that was replaced");
        assert!(matches!(poll(&mut join, &other), Poll::Ready(Ok(5))));
    } else {
        worker.join().unwrap();
    }
}

#[test]
fn a_join_handle_is_always_woken() {
    model(complete_and_join);
    model_with_bug("the join handle does not look again once its waker is in place", complete_and_join);
}

fn complete_and_take() {
    let executor = Executor::new();
    // With the planted bug loom panics in here; a drop on the way out would touch the output again,
    // and panic again.
    let mut join = ManuallyDrop::new(executor.spawn(async { Box::new(5) }));
    let worker = thread::spawn(move || executor.run());
    if let Poll::Ready(output) = poll(&mut join, Waker::noop()) {
        assert_eq!(*output.unwrap(), 5);
    }
    drop(ManuallyDrop::into_inner(join));
    worker.join().unwrap();
}

#[test]
fn an_output_is_seen_whole() {
    model(complete_and_take);
    model_with_bug("completion does not publish the output", complete_and_take);
}

fn complete_and_detach() {
    let executor = Executor::new();
    let (output, drops) = Watched::new();
    let mut join = executor.spawn(async move { output });
    let worker = thread::spawn(move || executor.run());
    let (_, waker) = woken();
    if poll(&mut join, &waker).is_pending() {
        drop(join);
    }
    worker.join().unwrap();
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn an_output_is_dropped_by_exactly_one() {
    model(complete_and_detach);
}

// ---- abort, run and drop ----

fn abort_and_run() {
    let executor = Executor::new();
    let (guard, drops) = Watched::new();
    let mut join = executor.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let abort = join.abort_handle();
    let other = thread::spawn(move || abort.abort());
    executor.run();
    other.join().unwrap();
    executor.run();
    assert_eq!((drops.load(SeqCst), executor.set().len()), (1, 0));
    assert!(matches!(poll(&mut join, Waker::noop()), Poll::Ready(Err(error)) if error.is_cancelled()));
}

#[test]
fn an_abort_is_never_lost() {
    model(abort_and_run);
    model_with_bug("an abort during a poll is forgotten", abort_and_run);
}

fn abort_run_and_drop() {
    let executor = Executor::new();
    let (guard, drops) = Watched::new();
    let join = executor.spawn(poll_fn(move |cx| {
        let _guard = &guard;
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    let abort: AbortHandle = join.abort_handle();
    let aborts = thread::spawn(move || abort.abort());
    let drops_runnable = thread::spawn({
        let executor = executor.clone();
        move || drop(executor.pop())
    });
    drop(join);
    executor.step();
    aborts.join().unwrap();
    drops_runnable.join().unwrap();
    executor.close();
    assert_eq!((drops.load(SeqCst), executor.set().len()), (1, 0));
}

#[test]
fn a_future_is_dropped_by_exactly_one() {
    model(abort_run_and_drop);
}

/// The last references go on two threads: what one of them did to the cell comes before the other
/// frees it.
fn release_and_free() {
    let executor = Executor::new();
    let (output, drops) = Watched::new();
    let mut join = executor.spawn(async move { output });
    let abort = join.abort_handle();
    executor.run();
    executor.close();
    drop(executor);
    let other = thread::spawn(move || {
        drop(poll(&mut join, Waker::noop()));
        drop(join);
    });
    drop(abort);
    other.join().unwrap();
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn the_cell_is_freed_after_its_last_use() {
    model(release_and_free);
    model_with_bug("letting go does not come before freeing", release_and_free);
}

// ---- close, spawn, run ----

fn close_and_spawn() {
    let executor = Executor::new();
    let (guard, drops) = Watched::new();
    let spawner = executor.clone();
    let other = thread::spawn(move || {
        spawner.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        })
    });
    executor.close();
    let mut join = other.join().unwrap();
    // What was spawned before the close is still in the queue, as a Runnable of a task that is
    // gone.
    assert_eq!((drops.load(SeqCst), executor.set().len()), (1, 0), "a task outlived its set");
    assert!(matches!(poll(&mut join, Waker::noop()), Poll::Ready(Err(_))));
    executor.run();
}

#[test]
fn no_task_outlives_its_set() {
    model(close_and_spawn);
    model_with_bug("spawn looks for a close before it has the lock", close_and_spawn);
}

fn close_and_run() {
    let executor = Executor::new();
    let (guard, drops) = Watched::new();
    let mut first = true;
    let mut join = executor.spawn(poll_fn(move |cx| {
        let _guard = &guard;
        cx.waker().wake_by_ref();
        if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }
    }));
    let worker = executor.clone();
    let other = thread::spawn(move || worker.run());
    executor.set().close();
    let mut join_pinned = pin!(&mut join);
    let _ = join_pinned.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    other.join().unwrap();
    executor.run();
    assert_eq!((drops.load(SeqCst), executor.set().len()), (1, 0));
    assert!(join.is_finished());
}

#[test]
fn a_closing_set_and_a_poll_agree_on_who_drops_the_future() {
    model(close_and_run);
}

// ---- a blocking job ----

fn job_and_abort() {
    let (guard, drops) = Watched::new();
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    let (job, join) = job(&TestHandle::new(), Location::caller(), move || {
        let _guard = guard;
        count.fetch_add(1, SeqCst)
    });
    // As above: with the planted bug, drops on the way out would panic again.
    let mut join = ManuallyDrop::new(join);
    let worker = thread::spawn(move || job.run());
    join.abort();
    let aborted = drops.load(SeqCst) == 1 && ran.load(SeqCst) == 0;
    worker.join().unwrap();
    match poll(&mut join, Waker::noop()) {
        Poll::Ready(Ok(0)) => assert_eq!((drops.load(SeqCst), ran.load(SeqCst)), (1, 1)),
        Poll::Ready(Err(error)) => {
            assert!(error.is_cancelled() && aborted, "cancelled, but not dropped by the call that did it");
            assert_eq!((drops.load(SeqCst), ran.load(SeqCst)), (1, 0));
        }
        other => panic!("{other:?}"),
    }
    drop(ManuallyDrop::into_inner(join));
}

#[test]
fn a_job_runs_or_is_dropped_by_the_one_that_aborts_it() {
    model(job_and_abort);
    model_with_bug("an abort takes a future that is taken", job_and_abort);
}
