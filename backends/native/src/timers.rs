//! The loop's sleeps: the wheel, its clock and its lock.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loop_api::time::{Instant, Sleep};

use crate::current;
use crate::handle::NativeHandle;
use crate::wheel::{Expired, Key, Wheel};

const NANOS: u64 = 1_000_000_000;

/// All the sleeps of a loop.
pub(crate) struct Timers {
    /// The wheel's zero.
    start: Instant,
    state: Mutex<State>,
    /// Whether it is the loop's own thread that waits, and no other.
    lone: bool,
    /// Whether a wait has nothing to do here: there are no sleeps, and whoever begins one wakes the thread if it waits. Written with the
    /// lock held. Who reads it late, while another thread begins a sleep, is woken by that as soon as it waits.
    quiet: AtomicBool,
}

struct State {
    wheel: Wheel<Waker>,
    /// Until when a thread waits in the poller, if one does and nobody has woken it for an earlier deadline.
    waiting: Option<u64>,
    closed: bool,
}

impl Timers {
    /// `lone` says that the loop has no workers.
    pub(crate) fn new(lone: bool) -> Self {
        let state = State { wheel: Wheel::new(), waiting: None, closed: false };
        Timers { start: Instant::now(), state: Mutex::new(state), lone, quiet: AtomicBool::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A moment on the wheel's clock; before its zero it is zero.
    fn nanos(&self, moment: Instant) -> u64 {
        let since = moment.duration_since(self.start);
        since.as_secs().saturating_mul(NANOS).saturating_add(u64::from(since.subsec_nanos()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().wheel.is_empty()
    }

    /// The moment for which the loop should be awake next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.lock().wheel.next().map(|next| self.start + Duration::from_nanos(next))
    }

    /// How long the caller may wait in the poller, at most `limit`; from now on an earlier deadline wakes it.
    pub(crate) fn begin_wait(&self, limit: Option<Duration>) -> Option<Duration> {
        if self.quiet.load(Ordering::Acquire) {
            return limit;
        }
        let mut state = self.lock();
        let next = state.wheel.next();
        state.waiting = Some(next.unwrap_or(u64::MAX));
        if next.is_none() && self.lone {
            self.quiet.store(true, Ordering::Release);
        }
        let timeout = next.map(|next| Duration::from_nanos(next.saturating_sub(self.nanos(Instant::now()))));
        match (timeout, limit) {
            (Some(timeout), Some(limit)) => Some(timeout.min(limit)),
            (timeout, limit) => timeout.or(limit),
        }
    }

    /// Whether an earlier deadline came since `begin_wait`.
    pub(crate) fn is_disturbed(&self) -> bool {
        self.lock().waiting.is_none()
    }

    /// As `begin_wait`, for who waits elsewhere: until when.
    pub(crate) fn begin_wait_until(&self) -> Option<Instant> {
        if self.quiet.load(Ordering::Acquire) {
            return None;
        }
        let mut state = self.lock();
        let next = state.wheel.next();
        state.waiting = Some(next.unwrap_or(u64::MAX));
        if next.is_none() && self.lone {
            self.quiet.store(true, Ordering::Release);
        }
        next.map(|next| self.start + Duration::from_nanos(next))
    }

    /// Ends the wait, and wakes the sleeps that are due; `room` is empty before and after.
    pub(crate) fn fire(&self, room: &mut Vec<Expired<Waker>>) {
        if self.quiet.load(Ordering::Acquire) {
            return;
        }
        let mut state = self.lock();
        state.waiting = None;
        if state.wheel.is_empty() {
            return;
        }
        state.wheel.advance(self.nanos(Instant::now()), room);
        drop(state);
        for expired in room.drain(..) {
            expired.value.wake();
        }
    }

    /// No sleep is done any more after this, except one whose time is past when it is asked.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let wakers = state.wheel.drain();
        drop(state);
        drop(wakers);
    }
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers").field("next", &self.next()).finish_non_exhaustive()
    }
}

/// A wait for a moment: see [`loop_api::time::Sleep`]. It needs no memory of its own; what its loop keeps is a place in the
/// loop's wheel, from the first poll until it is done or dropped.
///
/// Never early, and as late as the system's own timers make it (some 70 us on Linux); where more than three are due within a
/// quarter of a millisecond they may be told together, at the end of it.
#[must_use = "a sleep does nothing unless awaited"]
pub struct NativeSleep {
    handle: NativeHandle,
    deadline: Deadline,
    /// `NEW` before the first poll, `DONE` once it has told that it is over.
    key: Key,
}

/// A moment in nanoseconds on the wheel's clock; before its zero it is negative. Half as large as an `Instant`, and good for 292 years.
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

    /// The place on the wheel.
    fn nanos(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0)
    }
}

impl NativeSleep {
    pub(crate) fn new(handle: NativeHandle, deadline: Instant) -> Self {
        let deadline = Deadline::new(handle.timers(), deadline);
        NativeSleep { handle, deadline, key: Key::NEW }
    }

    /// Gives up the place in the wheel.
    fn leave(&mut self) -> Option<Waker> {
        let key = std::mem::replace(&mut self.key, Key::NEW);
        if key == Key::NEW || key == Key::DONE {
            return None;
        }
        self.handle.timers().lock().wheel.remove(key)
    }
}

impl Future for NativeSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.key == Key::DONE {
            return Poll::Ready(());
        }
        let timers = this.handle.timers();
        let mut state = timers.lock();
        if state.closed {
            drop(state);
            return if this.is_elapsed() { Poll::Ready(()) } else { Poll::Pending };
        }
        if this.key == Key::NEW {
            let waker = cx.waker().clone();
            this.key = begin(&this.handle, state, this.deadline, waker);
            return Poll::Pending;
        }
        match state.wheel.get_mut(this.key) {
            None => {
                this.key = Key::DONE;
                return Poll::Ready(());
            }
            Some(waker) if waker.will_wake(cx.waker()) => {}
            Some(waker) => {
                let displaced = std::mem::replace(waker, cx.waker().clone());
                drop(state);
                drop(displaced);
            }
        }
        Poll::Pending
    }
}

impl Sleep for NativeSleep {
    fn deadline(&self) -> Instant {
        self.deadline.instant(self.handle.timers())
    }

    fn is_elapsed(&self) -> bool {
        self.key == Key::DONE || self.deadline() <= Instant::now()
    }

    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        let waker = self.leave();
        let this = &mut *self;
        let timers = this.handle.timers();
        this.deadline = Deadline::new(timers, deadline);
        if let Some(waker) = waker {
            this.key = begin(&this.handle, timers.lock(), this.deadline, waker);
        }
    }
}

/// Begins to wait. For a deadline in the past too: it is due in the next turn, after those that were before it.
fn begin(handle: &NativeHandle, mut state: MutexGuard<'_, State>, deadline: Deadline, waker: Waker) -> Key {
    let timers = handle.timers();
    let deadline = deadline.nanos();
    let key = state.wheel.insert(deadline, waker);
    let early = state.waiting.is_some_and(|waiting| deadline < waiting);
    if early {
        state.waiting = None;
        timers.quiet.store(false, Ordering::Release);
    }
    drop(state);
    // The thread that runs the loop looks at the timers before it waits.
    if early && !(timers.lone && current::is_running(handle.unparker())) {
        handle.interrupt();
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
