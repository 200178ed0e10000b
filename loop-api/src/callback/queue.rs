//! What waits: the FIFO and the timers of a loop's callbacks.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::task::Waker;

use super::job::Job;
use crate::error::Closed;
use crate::loom_shim::{AtomicBool, AtomicU64, Mutex, MutexGuard, inject};
use crate::time::Instant;

/// A timer's place: its deadline, then the order of registration.
type TimerKey = (Instant, u64);

/// The callbacks that wait on a loop.
#[derive(Clone, Default)]
pub(crate) struct Queue {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    /// The pump has, or is about to be woken for, something to look at. Written under the lock;
    /// read without it, so that a poll with nothing to do takes no lock. True for as long as a turn
    /// runs, so that what a callback queues wakes no pump.
    pending: AtomicBool,
    /// Which pump's waker is in the state; zero if there is none.
    registered: AtomicU64,
    watchers: AtomicUsize,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Arc<dyn Job>>,
    timers: BTreeMap<TimerKey, Arc<dyn Job>>,
    next_timer: u64,
    waker: Option<Waker>,
    stop: bool,
    closed: bool,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the pump that there is something new; the waker, if it must be woken, is for after the
    /// lock. It is taken out, for a clone could run any code under the lock: the pump, which is
    /// woken, puts one in again.
    fn notify(&self, state: &mut State) -> Option<Waker> {
        if self.pending.swap(true, Ordering::AcqRel) {
            return None;
        }
        if !inject("the taken waker counts as registered") {
            self.registered.store(0, Ordering::Relaxed);
        }
        state.waker.take()
    }

    /// Takes a timer out, if it is not due yet.
    fn forget_timer(&self, key: TimerKey) {
        let mut state = self.lock();
        let job = state.timers.remove(&key);
        // The pump's sleep must not keep a loop alive that has nothing left to do.
        let waker = if job.is_some() && state.timers.is_empty() { self.notify(&mut state) } else { None };
        drop(state);
        wake(waker);
    }
}

/// A timer in a queue, as its callback's handle knows it.
#[derive(Clone)]
pub(crate) struct Timer {
    queue: Weak<Inner>,
    key: TimerKey,
}

impl Timer {
    pub(super) fn deadline(&self) -> Instant {
        self.key.0
    }

    /// Takes it out, if it is not due yet.
    pub(super) fn forget(&self) {
        if let Some(queue) = self.queue.upgrade() {
            queue.forget_timer(self.key);
        }
    }
}

impl Queue {
    pub(crate) fn push(&self, job: Arc<dyn Job>) -> Result<(), Closed> {
        let mut state = self.inner.lock();
        if state.closed {
            // The job goes after the lock does: arguments outlive locals.
            return Err(Closed);
        }
        let early = inject("tell, then push").then(|| self.inner.notify(&mut state));
        if early.is_some() {
            drop(state);
            state = self.inner.lock();
        }
        state.ready.push_back(job);
        let waker = early.unwrap_or_else(|| self.inner.notify(&mut state));
        drop(state);
        wake(waker);
        Ok(())
    }

    pub(crate) fn push_timer(&self, deadline: Instant, job: Arc<dyn Job>) -> Result<Timer, Closed> {
        let mut state = self.inner.lock();
        if state.closed {
            return Err(Closed);
        }
        let key = (deadline, state.next_timer);
        state.next_timer += 1;
        let first = state.timers.first_key_value().is_none_or(|(first, _)| key < *first);
        state.timers.insert(key, job);
        let waker = if first { self.inner.notify(&mut state) } else { None };
        drop(state);
        wake(waker);
        Ok(Timer { queue: Arc::downgrade(&self.inner), key })
    }

    /// Ends the run that goes on, or the next one after a turn.
    pub(crate) fn stop(&self) {
        let mut state = self.inner.lock();
        state.stop = true;
        let waker = self.inner.notify(&mut state);
        drop(state);
        wake(waker);
    }

    /// Refuses what comes; what waits stays.
    pub(crate) fn refuse(&self) {
        self.inner.lock().closed = true;
    }

    /// Drops what waits, and refuses what comes. `report` is told of the closures whose drop
    /// panics.
    pub(crate) fn close(&self, report: impl Fn(&dyn Job, Box<dyn Any + Send>)) {
        let mut state = self.inner.lock();
        state.closed = true;
        let ready = mem::take(&mut state.ready);
        let timers = mem::take(&mut state.timers);
        let waker = state.waker.take();
        drop(state);
        // A handle that is still held must not keep what the closure captured. One after the other,
        // whatever one of them does.
        for job in ready.iter().chain(timers.values()) {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| job.cancel())) {
                report(&**job, payload);
            }
        }
        drop((ready, timers));
        wake(waker);
    }

    /// Whether anything waits to be run, timed or watched for.
    pub(crate) fn is_busy(&self) -> bool {
        if self.inner.watchers.load(Ordering::Relaxed) != 0 {
            return true;
        }
        let state = self.inner.lock();
        !state.ready.is_empty() || !state.timers.is_empty()
    }

    /// Whether the pump's waker wakes what `waker` does.
    pub(crate) fn has_waker(&self, waker: &Waker) -> bool {
        self.inner.lock().waker.as_ref().is_some_and(|own| own.will_wake(waker))
    }

    /// Counts the descriptors that are watched.
    pub(crate) fn add_watcher(&self) {
        self.inner.watchers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn remove_watcher(&self) {
        self.inner.watchers.fetch_sub(1, Ordering::Relaxed);
    }

    // ---- for the pump ----

    /// Whether there is nothing for a pump to look at, but for its sleep.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        !self.inner.pending.load(Ordering::Acquire)
    }

    /// Whether the waker here is that of the pump `id`.
    #[inline]
    pub(super) fn is_registered(&self, id: u64) -> bool {
        self.inner.registered.load(Ordering::Relaxed) == id
    }

    /// Begins a turn: swaps what is ready into `batch`, which is empty, and says when the first
    /// timer is due.
    pub(super) fn begin(&self, batch: &mut VecDeque<Arc<dyn Job>>) -> Option<Instant> {
        let mut state = self.inner.lock();
        self.inner.pending.store(true, Ordering::Relaxed);
        mem::swap(&mut state.ready, batch);
        state.first_deadline()
    }

    /// Moves the timers that are due to the end of `batch`.
    pub(super) fn take_due(&self, now: Instant, batch: &mut VecDeque<Arc<dyn Job>>) {
        let mut state = self.inner.lock();
        while let Some(entry) = state.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            batch.push_back(entry.remove());
        }
    }

    /// Ends a turn. If nothing is left the pump `id` counts as idle, and `waker`, if it is a new
    /// one, is what wakes it.
    pub(super) fn end(&self, id: u64, waker: &mut Option<Waker>) -> Rest {
        let mut state = self.inner.lock();
        if mem::take(&mut state.stop) {
            return Rest::Stop;
        }
        if !state.ready.is_empty() {
            return Rest::More;
        }
        if inject("look, then count as idle") {
            drop(state);
            state = self.inner.lock();
        }
        if waker.is_some() {
            // The old one leaves with the caller, after the lock.
            mem::swap(&mut state.waker, waker);
            self.inner.registered.store(id, Ordering::Relaxed);
        }
        self.inner.pending.store(false, Ordering::Release);
        Rest::Idle(state.first_deadline())
    }

    /// The pump that is polled next must look.
    pub(super) fn mark_pending(&self) {
        let _state = self.inner.lock();
        self.inner.pending.store(true, Ordering::Release);
    }

    /// The pump `id` is gone.
    pub(super) fn forget_pump(&self, id: u64) {
        let mut state = self.inner.lock();
        if self.inner.registered.load(Ordering::Relaxed) == id {
            self.inner.registered.store(0, Ordering::Relaxed);
            let waker = state.waker.take();
            drop(state);
            drop(waker);
        }
    }
}

impl State {
    fn first_deadline(&self) -> Option<Instant> {
        self.timers.first_key_value().map(|((deadline, _), _)| *deadline)
    }
}

/// What is left after a turn.
pub(super) enum Rest {
    /// `stop()` was called.
    Stop,
    /// Callbacks that were queued during the turn.
    More,
    /// At most timers, the first of them due then.
    Idle(Option<Instant>),
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.inner.lock();
        f.debug_struct("Queue")
            .field("ready", &state.ready.len())
            .field("timers", &state.timers.len())
            .finish_non_exhaustive()
    }
}
