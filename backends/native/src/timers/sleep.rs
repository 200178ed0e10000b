//! A wait for a moment.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loop_api::time::{Instant, Sleep};

use super::timers::{State, Timers};
use super::wheel::Key;

/// A wait for a moment: see [`loop_api::time::Sleep`]. It needs no memory of its own; what its loop
/// keeps is an entry in the loop's wheel, from the first poll until it is done or dropped.
///
/// Never early, and as late as the system's own timers make it (some 70 us on Linux); where more
/// than three are due within a quarter of a millisecond they may be told together, at the end of
/// it. On a loop that was closed it is never done, unless its moment is past when it is polled; a
/// `block_on` of the loop's handle that waits for it ends with the loop.
#[must_use = "a sleep does nothing unless awaited"]
pub struct NativeSleep {
    timers: Arc<Timers>,
    deadline: Deadline,
    /// `NEW` before the first poll, `DONE` once it has told that it is over.
    key: Key,
}

/// A moment in nanoseconds on the wheel's clock; before its zero it is negative. Half as large as
/// an `Instant`, and good for 292 years.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Deadline(i64);

impl Deadline {
    fn new(timers: &Timers, moment: Instant) -> Self {
        match i64::try_from(timers.nanos(moment)).unwrap_or(i64::MAX) {
            0 => Self::past(timers, moment),
            nanos => Deadline(nanos),
        }
    }

    #[cold]
    fn past(timers: &Timers, moment: Instant) -> Self {
        let before = timers.start.duration_since(moment).as_nanos();
        Deadline(i64::try_from(before).map_or(i64::MIN, |before| -before))
    }

    fn instant(self, timers: &Timers) -> Instant {
        let distance = Duration::from_nanos(self.0.unsigned_abs());
        if self.0 < 0 { timers.start - distance } else { timers.start + distance }
    }

    /// The moment on the wheel's clock.
    fn nanos(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0)
    }
}

impl NativeSleep {
    pub(crate) fn new(timers: Arc<Timers>, deadline: Instant) -> Self {
        let deadline = Deadline::new(&timers, deadline);
        NativeSleep { timers, deadline, key: Key::NEW }
    }

    /// Removes the entry from the wheel.
    fn leave(&mut self) -> Option<Waker> {
        let key = std::mem::replace(&mut self.key, Key::NEW);
        if key == Key::NEW || key == Key::DONE {
            return None;
        }
        self.timers.lock().wheel.remove(key)
    }

    /// The answer of a loop that was closed.
    #[cold]
    fn at_end(&self) -> Poll<()> {
        if self.is_elapsed() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Waits with another waker from now on, if it still has to.
    fn replace(&mut self, waker: Waker) -> Poll<()> {
        let mut state = self.timers.lock();
        if state.closed {
            drop(state);
            return self.at_end();
        }
        let Some(place) = state.wheel.get_mut(self.key) else {
            self.key = Key::DONE;
            // Before the waker.
            drop(state);
            return Poll::Ready(());
        };
        let displaced = std::mem::replace(place, waker);
        drop(state);
        drop(displaced);
        Poll::Pending
    }
}

impl Future for NativeSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.key == Key::DONE {
            return Poll::Ready(());
        }
        if this.key == Key::NEW {
            // Cloned and dropped without the lock: the waker may be anybody's.
            let waker = cx.waker().clone();
            let state = this.timers.lock();
            if state.closed {
                drop(state);
                return this.at_end();
            }
            this.key = begin(&this.timers, state, this.deadline, waker);
            return Poll::Pending;
        }
        let mut state = this.timers.lock();
        if state.closed {
            drop(state);
            return this.at_end();
        }
        match state.wheel.get_mut(this.key) {
            None => {
                this.key = Key::DONE;
                return Poll::Ready(());
            }
            Some(waker) if waker.will_wake(cx.waker()) => return Poll::Pending,
            Some(_) => {}
        }
        drop(state);
        this.replace(cx.waker().clone())
    }
}

impl Sleep for NativeSleep {
    fn deadline(&self) -> Instant {
        self.deadline.instant(&self.timers)
    }

    fn is_elapsed(&self) -> bool {
        self.key == Key::DONE || self.deadline() <= self.timers.now()
    }

    fn now(&self) -> Instant {
        self.timers.now()
    }

    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        let waker = self.leave();
        let this = &mut *self;
        let timers = &this.timers;
        this.deadline = Deadline::new(timers, deadline);
        if let Some(waker) = waker {
            this.key = begin(&this.timers, this.timers.lock(), this.deadline, waker);
        }
    }
}

/// Begins to wait. For a deadline in the past too: it is due in the next turn, after those that
/// were before it.
fn begin(timers: &Timers, mut state: MutexGuard<'_, State>, deadline: Deadline, waker: Waker) -> Key {
    let deadline = deadline.nanos();
    let key = state.wheel.insert(deadline, waker);
    let early = state.waiting.is_some_and(|waiting| deadline < waiting);
    if early {
        state.waiting = None;
        timers.idle.store(false, Ordering::Release);
    }
    drop(state);
    if early {
        timers.interrupt_wait();
    }
    key
}

impl Drop for NativeSleep {
    fn drop(&mut self) {
        let _waker = self.leave();
    }
}

impl fmt::Debug for NativeSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeSleep").field("deadline", &self.deadline()).finish_non_exhaustive()
    }
}
