//! When the main future is polled: once it was woken, and, if it gave way, not before the tasks that
//! were ready then.
//!
//! async-executor does not tell how many those are, so a task of the loop's own goes behind them:
//! when it is run the round is over.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};

use async_executor::Executor;
use async_task::Task;
use futures_lite::future::yield_now;

use crate::coop::{TASKS_PER_TURN, take_gave_way, take_used_up};

/// Runs tasks by `tick` until the main future, which `poll` polls, is done.
///
/// `Executor::run` does the same by way of a second queue, for threads to steal from. On one thread
/// that only costs, and what is left in it when a run ends goes behind what was spawned later.
pub(crate) async fn run<T, F: Future<Output = ()>>(
    executor: &Executor<'static>,
    tick: impl Fn() -> F,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
) -> T {
    let mut main = Main { waker: None, marker: None };
    let state = Arc::new(State { woken: AtomicBool::new(true), ..State::default() });
    let left = Cell::new(TASKS_PER_TURN);
    let tasks_until_mains_turn = || async {
        loop {
            tick().await;
            left.set(left.get() - 1);
            let gave_way = take_gave_way();
            if take_used_up() || left.get() == 0 || state.round_is_over() {
                left.set(TASKS_PER_TURN);
                // The poll ends here, the reactor is looked at, and then it is the main future's turn.
                yield_now().await;
            } else if gave_way && state.may_poll_main() {
                return;
            }
        }
    };
    let mut tasks = pin!(tasks_until_mains_turn());
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(output) = main.poll(&state, executor, cx, &mut poll) {
                return Poll::Ready(output);
            }
            if tasks.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            tasks.set(tasks_until_mains_turn());
        }
    })
    .await
}

/// What the loop's thread, the main future's wakers and the marker share.
#[derive(Default)]
struct State {
    /// Whether the main future was woken since its last poll.
    woken: AtomicBool,
    /// Whether it waits for the marker.
    waits: AtomicBool,
    /// Whether the marker was run since that was asked last.
    over: AtomicBool,
    /// Puts the marker behind all tasks.
    marker: OnceLock<Waker>,
}

impl State {
    /// Whether the main future is to be polled now.
    fn may_poll_main(&self) -> bool {
        self.woken.load(Ordering::Acquire) && !self.waits.load(Ordering::Relaxed)
    }

    fn round_is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) && self.over.swap(false, Ordering::Relaxed)
    }
}

struct MainWaker {
    state: Arc<State>,
    /// Of the thread that polls it.
    thread: Waker,
}

impl Wake for MainWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.state.woken.swap(true, Ordering::AcqRel) {
            self.thread.wake_by_ref();
        }
    }
}

struct Main {
    waker: Option<Waker>,
    /// Made when the future first gives way. It is cancelled with the run.
    marker: Option<Task<()>>,
}

impl Main {
    fn poll<T>(
        &mut self,
        state: &Arc<State>,
        executor: &Executor<'static>,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if !state.may_poll_main() {
            return Poll::Pending;
        }
        // The thread's is the same for the whole run, though `will_wake` may not say so.
        let waker = self.waker.get_or_insert_with(|| {
            Waker::from(Arc::new(MainWaker { state: state.clone(), thread: cx.waker().clone() }))
        });
        // A swap, to see what was done before the wake.
        state.woken.swap(false, Ordering::AcqRel);
        let polled = poll(&mut Context::from_waker(waker));
        if polled.is_pending() && state.woken.load(Ordering::Acquire) {
            self.begin_round(state, executor);
        }
        polled
    }

    /// The future gave way: it is polled again when the tasks that are ready now have run.
    fn begin_round(&mut self, state: &Arc<State>, executor: &Executor<'static>) {
        state.waits.store(true, Ordering::Relaxed);
        if let Some(marker) = state.marker.get() {
            return marker.wake_by_ref();
        }
        let state = state.clone();
        let end_round = poll_fn(move |cx| {
            state.marker.get_or_init(|| cx.waker().clone());
            state.waits.store(false, Ordering::Relaxed);
            state.over.store(true, Ordering::Relaxed);
            Poll::Pending
        });
        self.marker = Some(executor.spawn(end_round));
    }
}
