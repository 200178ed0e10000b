//! tokio's budget of a poll, for loops that are none of tokio's.
//!
//! tokio's channels and readers count what they do in one poll, by a counter of the thread, so that
//! what is always ready gives way to timers and other tasks. tokio's own threads fill it; elsewhere
//! it does not count. By tokio's public API it is filled like this: what [`coop::poll_proceed`]
//! gives remembers what was left before, and puts that back when it is dropped. One that was taken
//! from a full counter, which a [`LocalSet`] gives its tasks, fills the counter whenever it is
//! dropped; so one is kept.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::mem::ManuallyDrop;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use loop_api::budget::Budget;
use loop_api::coop::{Foreign, set_foreign};
use tokio::task::LocalSet;
use tokio::task::coop::{self, RestoreOnPending};

/// For a thread that runs a loop: what it polls first has the whole budget.
#[allow(dead_code)]
pub(crate) const OF_TOKIO: Budget = Budget { around: around_run, renew };

/// For a single poll, which has one less, and costs less.
pub(crate) const OF_ONE_POLL: Budget = Budget { around: around_poll, renew };

/// The most polls that go by without the counter being filled.
const MOST_POLLS: u8 = 32;

/// Taken from a full counter. Never dropped at the thread's end, where that would be too late: it
/// owns nothing.
type Full = ManuallyDrop<RestoreOnPending>;

thread_local! {
    static POLLS: Cell<u8> = const { Cell::new(0) };
    static FULL: Cell<Option<Full>> = const { Cell::new(None) };
    /// More of them: to fill the counter and keep none takes one.
    static STOCK: [Cell<Option<Full>>; 8] = const { [const { Cell::new(None) }; 8] };
}

fn around_run(f: &mut dyn FnMut()) {
    around(f, || drop(take_from_stock().map(ManuallyDrop::into_inner)));
}

fn around_poll(f: &mut dyn FnMut()) {
    around(f, || {});
}

fn around(f: &mut dyn FnMut(), fill_whole: impl Fn()) {
    set_foreign(Foreign { is_spent: || !coop::has_budget_remaining(), without: unconstrained });
    // Puts back what was left before, at the end and when `f` panics.
    unconstrained(&mut || {
        fill();
        if is_counted_by_tokio() {
            unconstrained(f);
        } else {
            fill();
            fill_whole();
            f();
        }
    });
}

/// To fill it before each poll costs four times as much as to see whether it is spent. But what
/// needs more than is left, such as a copy, which counts itself and its reads, gives back what it
/// took: it would never be seen as spent. So after some polls it is filled anyway.
fn renew() {
    let left = POLLS.get();
    if left == 0 || !coop::has_budget_remaining() {
        fill();
    } else {
        POLLS.set(left - 1);
    }
}

/// Calls `f` where nothing is counted.
fn unconstrained(f: &mut dyn FnMut()) {
    let whole = pin!(coop::unconstrained(poll_fn(|_| {
        f();
        Poll::Ready(())
    })));
    let _ready = whole.poll(&mut Context::from_waker(Waker::noop()));
}

/// Runs `f` where nothing is counted.
#[track_caller]
pub(crate) fn without<R>(f: impl FnOnce() -> R) -> R {
    let (mut f, mut result) = (Some(f), None);
    unconstrained(&mut || result = f.take().map(|f| f()));
    result.expect("it was called")
}

#[cold]
fn fill() {
    POLLS.set(MOST_POLLS);
    let full = FULL.take().or_else(take_from_stock).map(ManuallyDrop::into_inner);
    drop(full);
    if let Poll::Ready(full) = coop::poll_proceed(&mut Context::from_waker(Waker::noop())) {
        FULL.set(Some(ManuallyDrop::new(full)));
    }
}

fn take_from_stock() -> Option<Full> {
    let take = || STOCK.with(|stock| stock.iter().find_map(Cell::take));
    take().or_else(|| {
        restock();
        take()
    })
}

/// By tasks of tokio's, which need no runtime: each has a full counter.
fn restock() {
    let set = LocalSet::new();
    for index in 0..STOCK.with(|stock| stock.len()) {
        set.spawn_local(poll_fn(move |cx| {
            if let Poll::Ready(full) = coop::poll_proceed(cx) {
                STOCK.with(|stock| stock[index].set(Some(ManuallyDrop::new(full))));
            }
            Poll::Ready(())
        }));
    }
    let set = pin!(set);
    let _done = set.poll(&mut Context::from_waker(Waker::noop()));
}

/// Whether one of tokio's schedulers polls this thread's code just now. It hears of a spent counter
/// before the task's waker does, and goes on when it is polled itself: a loop that blocks in there
/// would wait for that forever, and so must not be counted.
fn is_counted_by_tokio() -> bool {
    if tokio::runtime::Handle::try_current().is_err() {
        return false;
    }
    // It says nothing of threads that are only inside a runtime's context. So the counter is spent,
    // to see which waker is woken.
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    // Bounded, should nothing be counted.
    for _ in 0..=u8::MAX {
        let Poll::Ready(one) = coop::poll_proceed(&mut Context::from_waker(&waker)) else { break };
        one.made_progress();
    }
    !woken.0.load(Ordering::Relaxed)
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
