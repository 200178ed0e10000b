//! The loop's sleeps: the wheel, its clock and its lock.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use loop_api::time::Instant;
use loop_toolkit::{drop_each, wake_each};

use super::clock::Clock;
use super::wheel::{Expired, Wheel};

const NANOS: u64 = 1_000_000_000;

/// All the sleeps of a loop.
pub(crate) struct Timers {
    /// The wheel's zero.
    pub(super) start: Instant,
    clock: Clock,
    state: Mutex<State>,
    /// Whether it is the loop's own thread that waits, and no other.
    single_threaded: bool,
    /// Whether a wait has nothing to do here: there are no sleeps, and a thread that begins one
    /// wakes the waiting thread. Written with the lock held. A thread that reads it late, while
    /// another begins a sleep, is woken by that as soon as it waits.
    pub(super) idle: AtomicBool,
    /// Wakes the thread that waits for the deadlines.
    interrupt: Arc<dyn Interrupt>,
}

/// Ends the wait of the thread that waits for timers, so that it looks at them again.
pub(crate) trait Interrupt: Send + Sync {
    /// Not needed where the caller is that thread.
    fn interrupt_wait(&self);
}

pub(super) struct State {
    pub(super) wheel: Wheel<Waker>,
    /// Until when a thread waits in the poller, if one does and was not woken for an earlier
    /// deadline.
    pub(super) waiting: Option<u64>,
    pub(super) closed: bool,
}

impl Timers {
    /// `single_threaded` says that the loop has no workers.
    pub(crate) fn new(single_threaded: bool, interrupt: Arc<dyn Interrupt>) -> Self {
        let state = State { wheel: Wheel::new(), waiting: None, closed: false };
        Timers {
            start: Instant::now(),
            clock: Clock::new(),
            state: Mutex::new(state),
            single_threaded,
            idle: AtomicBool::new(false),
            interrupt,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock.
    #[inline(always)]
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    #[cfg(feature = "test-util")]
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A moment on the wheel's clock; before its zero it is zero.
    pub(super) fn nanos(&self, moment: Instant) -> u64 {
        let since = moment.duration_since(self.start);
        since.as_secs().saturating_mul(NANOS).saturating_add(u64::from(since.subsec_nanos()))
    }

    /// An earlier deadline has come: the waiting thread looks again.
    pub(super) fn interrupt_wait(&self) {
        self.interrupt.interrupt_wait();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().wheel.is_empty()
    }

    /// The moment for which the loop should be awake next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.lock().wheel.next().map(|next| self.start + Duration::from_nanos(next))
    }

    /// How long the caller may wait in the poller, at most `limit`; from now on an earlier deadline
    /// wakes it.
    pub(crate) fn begin_wait(&self, limit: Option<Duration>) -> Option<Duration> {
        if self.idle.load(Ordering::Acquire) {
            return limit;
        }
        let mut state = self.lock();
        let next = state.wheel.next();
        state.waiting = Some(next.unwrap_or(u64::MAX));
        if next.is_none() && self.single_threaded {
            self.idle.store(true, Ordering::Release);
        }
        let timeout = next.map(|next| Duration::from_nanos(next.saturating_sub(self.nanos(self.now()))));
        match (timeout, limit) {
            (Some(timeout), Some(limit)) => Some(timeout.min(limit)),
            (timeout, limit) => timeout.or(limit),
        }
    }

    /// Whether an earlier deadline came since `begin_wait`.
    pub(crate) fn is_disturbed(&self) -> bool {
        self.lock().waiting.is_none()
    }

    /// As `begin_wait`, for a wait in a foreign runtime: until when.
    pub(crate) fn begin_wait_until(&self) -> Option<Instant> {
        if self.idle.load(Ordering::Acquire) {
            return None;
        }
        let mut state = self.lock();
        let next = state.wheel.next();
        state.waiting = Some(next.unwrap_or(u64::MAX));
        if next.is_none() && self.single_threaded {
            self.idle.store(true, Ordering::Release);
        }
        next.map(|next| self.start + Duration::from_nanos(next))
    }

    /// Ends the wait, and wakes the sleeps that are due; `expired` is empty before and after.
    pub(crate) fn fire(&self, expired: &mut Vec<Expired<Waker>>) {
        if self.idle.load(Ordering::Acquire) {
            return;
        }
        let mut state = self.lock();
        state.waiting = None;
        if state.wheel.is_empty() {
            return;
        }
        state.wheel.advance(self.nanos(self.now()), expired);
        drop(state);
        let mut expired = expired.drain(..);
        wake_each(|| expired.next().map(|expired| expired.value));
    }

    /// No sleep is done any more after this, except one whose time is past when it is asked.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let wakers = state.wheel.drain();
        drop(state);
        drop_each(wakers);
    }
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers").field("next", &self.next()).finish_non_exhaustive()
    }
}
