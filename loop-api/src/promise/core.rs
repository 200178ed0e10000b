//! What the two ends share.
//!
//! One lock over everything. Wakers, callbacks and values are called and dropped outside it, and
//! values are cloned outside it. Each is called for itself: one that panics goes to the exception
//! handler, and the next one has its turn.
//!
//! A chain is settled and cancelled link by link, not by calls one inside the other: it may be as
//! long as memory lasts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Arc, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use super::DeferredError;
use crate::callback::Job;
use crate::error::Panic;
use crate::loom_shim::{Mutex, MutexGuard, inject};
use crate::shared::{self, Exception, ExceptionKind};

/// The end that settles. Dropping it unsettled wakes the waiter with [`DeferredError::Abandoned`].
///
/// ```
/// use loop_api::promise::promise;
///
/// let (promise, deferred) = promise();
/// promise.settle(1).unwrap();
/// assert_eq!(futures_lite::future::block_on(deferred).unwrap(), 1);
///
/// let (promise, deferred) = loop_api::promise::promise();
/// drop(deferred);
/// assert_eq!(promise.settle(1), Err(1), "what came too late comes back");
/// ```
#[must_use = "dropping a promise abandons it: settle it, or fail it"]
pub struct Promise<T> {
    pub(super) core: Arc<Core<T>>,
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        let _late = self.core.finish(Err(DeferredError::Abandoned));
    }
}

pub(super) struct Core<T> {
    /// Where it was made.
    location: &'static Location<'static>,
    state: Mutex<State<T>>,
}

struct State<T> {
    phase: Phase<T>,
    /// Of the one [`Deferred`](super::Deferred).
    waiter: Option<Waker>,
    /// Of the clones of a [`SharedDeferred`](super::SharedDeferred), by their numbers.
    waiters: BTreeMap<u64, Waker>,
    next_waiter: u64,
    /// How many clones there are.
    sharers: usize,
    /// Of `Promise::cancelled`.
    canceller: Option<Waker>,
    on_done: Vec<OnDone>,
    /// Where the outcome goes instead of staying here.
    forward: Option<Promise<T>>,
    /// What forwards to this, and is cancelled with it.
    source: Option<Weak<Core<T>>>,
}

enum Phase<T> {
    Waiting,
    Value(T),
    Error {
        error: DeferredError,
        /// Whether a waiter has been given it.
        read: bool,
    },
    Taken,
}

/// A callback, and the way to its loop.
pub(super) struct OnDone {
    pub(super) job: Arc<dyn Job>,
    pub(super) post: Box<dyn FnOnce(Arc<dyn Job>) + Send>,
}

impl<T> Core<T> {
    pub(super) fn new(location: &'static Location<'static>) -> Self {
        Core {
            location,
            state: Mutex::new(State {
                phase: Phase::Waiting,
                waiter: None,
                waiters: BTreeMap::new(),
                next_waiter: 0,
                sharers: 0,
                canceller: None,
                on_done: Vec::new(),
                forward: None,
                source: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_done(&self) -> bool {
        !matches!(self.lock().phase, Phase::Waiting)
    }

    /// Settles it and what it is chained to, or gives the outcome back if it is settled already.
    pub(super) fn finish(&self, outcome: Result<T, DeferredError>) -> Result<(), Result<T, DeferredError>> {
        let mut links = Vec::new();
        self.settle(outcome)?.tell(self.location, &mut links);
        while let Some(link) = links.pop() {
            // The waiter there may be gone.
            match link {
                Link::Forward(next, outcome) => match next.core.settle(outcome) {
                    Ok(settled) => settled.tell(next.core.location, &mut links),
                    Err(late) => contain(next.core.location, || drop(late)),
                },
                Link::Cancel(source) => {
                    let Some(source) = source.upgrade() else { continue };
                    if let Ok(settled) = source.settle(Err(DeferredError::Cancelled)) {
                        settled.tell(source.location, &mut links);
                    }
                }
            }
        }
        Ok(())
    }

    /// Puts the outcome in its place, and gives what is to be told of it.
    fn settle(&self, outcome: Result<T, DeferredError>) -> Result<Settled<T>, Result<T, DeferredError>> {
        let mut state = self.lock();
        if !matches!(state.phase, Phase::Waiting) {
            return Err(outcome);
        }
        if inject("settle in two steps") {
            drop(state);
            state = self.lock();
        }
        let mut early = None;
        if inject("waker taken too early") {
            early = Some(state.waiter.take());
            drop(state);
            state = self.lock();
        }
        let cancelled = matches!(outcome, Err(DeferredError::Cancelled));
        let forward = match state.forward.take() {
            Some(next) => {
                state.phase = Phase::Taken;
                Some((next, outcome))
            }
            None => {
                state.phase = match outcome {
                    Ok(value) => Phase::Value(value),
                    Err(error) => Phase::Error { error, read: false },
                };
                None
            }
        };
        Ok(Settled {
            cancelled,
            forward,
            source: state.source.take(),
            on_done: mem::take(&mut state.on_done),
            canceller: state.canceller.take(),
            waiter: early.unwrap_or_else(|| state.waiter.take()),
            waiters: mem::take(&mut state.waiters),
        })
    }

    pub(super) fn cancel(&self) -> bool {
        self.finish(Err(DeferredError::Cancelled)).is_ok()
    }

    pub(super) fn poll_cancelled(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = Waiting::new(cx);
        loop {
            let mut state = self.lock();
            if !matches!(state.phase, Phase::Waiting) {
                return Poll::Ready(());
            }
            if waiting.put(&mut state.canceller) {
                return Poll::Pending;
            }
            drop(state);
            waiting.clone_waker();
        }
    }

    /// Takes the outcome, for the only waiter. Errors are given as often as they are asked for.
    pub(super) fn take(&self) -> Result<T, DeferredError> {
        self.lock().take()
    }

    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Result<T, DeferredError>> {
        let mut waiting = Waiting::new(cx);
        loop {
            let mut state = self.lock();
            match state.take() {
                Err(DeferredError::Pending) => {}
                outcome => return Poll::Ready(outcome),
            }
            if inject("look, then register") {
                drop(state);
                state = self.lock();
            }
            if waiting.put(&mut state.waiter) {
                return Poll::Pending;
            }
            drop(state);
            waiting.clone_waker();
        }
    }

    // ---- many waiters ----

    /// The number of a new sharer.
    pub(super) fn add_sharer(&self) -> u64 {
        let mut state = self.lock();
        state.sharers += 1;
        state.next_waiter += 1;
        state.next_waiter
    }

    /// A sharer is gone; with the last one the whole is cancelled.
    pub(super) fn remove_sharer(&self, id: u64) {
        let mut state = self.lock();
        let waker = state.waiters.remove(&id);
        state.sharers -= 1;
        let last = state.sharers == 0 || inject("a leaver cancels");
        drop(state);
        if last {
            self.cancel();
        }
        drop(waker);
    }

    /// Moves the value to `place`, where the sharers read it without a lock. [`Taken`] if it was
    /// moved before, too.
    ///
    /// [`Taken`]: DeferredError::Taken
    pub(super) fn move_to(&self, place: &OnceLock<T>) -> Result<(), DeferredError> {
        self.lock().move_to(place)
    }

    pub(super) fn poll_move_to(
        &self,
        place: &OnceLock<T>,
        id: u64,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), DeferredError>> {
        let mut fresh = None;
        loop {
            let mut state = self.lock();
            match state.move_to(place) {
                Err(DeferredError::Pending) => {}
                moved => return Poll::Ready(moved),
            }
            if state.waiters.get(&id).is_some_and(|waker| waker.will_wake(cx.waker())) {
                return Poll::Pending;
            }
            if let Some(fresh) = fresh.take() {
                let old = state.waiters.insert(id, fresh);
                drop(state);
                drop(old);
                return Poll::Pending;
            }
            drop(state);
            fresh = Some(cx.waker().clone());
        }
    }

    // ---- callbacks and chains ----

    pub(super) fn on_done(&self, callback: OnDone) {
        let mut state = self.lock();
        if matches!(state.phase, Phase::Waiting) {
            let mut gone = Vec::new();
            if state.on_done.len() == state.on_done.capacity() {
                // Before it grows: what was removed must not accumulate.
                gone.extend(state.on_done.extract_removed());
            }
            state.on_done.push(callback);
            drop(state);
            drop(gone);
        } else {
            drop(state);
            (callback.post)(callback.job);
        }
    }

    /// Cancels the callbacks that wait for this. How many there were.
    pub(super) fn remove_on_done(&self) -> usize {
        let callbacks = mem::take(&mut self.lock().on_done);
        let mut removed = 0;
        for callback in callbacks {
            contain(self.location, || removed += usize::from(callback.job.cancel()));
        }
        removed
    }

    /// From now on the outcome goes to `next`, and a cancel of that comes here.
    pub(super) fn forward_to(self: Arc<Self>, next: Promise<T>) {
        if !next.core.set_source(Arc::downgrade(&self)) {
            self.cancel();
            return;
        }
        let mut state = self.lock();
        let waiting = matches!(state.phase, Phase::Waiting);
        if inject("look, then chain") {
            drop(state);
            state = self.lock();
        }
        if waiting {
            state.forward = Some(next);
            drop(state);
            return;
        }
        let outcome = state.take();
        drop(state);
        let _late = next.finish(outcome);
    }

    /// False if this is done already.
    fn set_source(&self, source: Weak<Self>) -> bool {
        let mut state = self.lock();
        let waiting = matches!(state.phase, Phase::Waiting);
        if waiting {
            // A promise is consumed by the one source it is given to, so there was none.
            state.source = Some(source);
        }
        waiting
    }
}

/// What is to be told when the outcome is in its place, without the lock.
struct Settled<T> {
    cancelled: bool,
    forward: Option<(Promise<T>, Result<T, DeferredError>)>,
    source: Option<Weak<Core<T>>>,
    on_done: Vec<OnDone>,
    canceller: Option<Waker>,
    waiter: Option<Waker>,
    waiters: BTreeMap<u64, Waker>,
}

/// What comes next in a chain.
enum Link<T> {
    Forward(Promise<T>, Result<T, DeferredError>),
    Cancel(Weak<Core<T>>),
}

impl<T> Settled<T> {
    /// Tells callbacks and wakers, each whatever the one before did; what it is chained to is left
    /// in `links`.
    fn tell(self, location: &'static Location<'static>, links: &mut Vec<Link<T>>) {
        for OnDone { job, post } in self.on_done {
            contain(location, || post(job));
        }
        // The last one is popped first: the way on, then the way back.
        if let Some(source) = self.source.filter(|_| self.cancelled) {
            links.push(Link::Cancel(source));
        }
        if let Some((next, outcome)) = self.forward {
            links.push(Link::Forward(next, outcome));
        }
        if let Some(canceller) = self.canceller {
            if self.cancelled && !inject("cancel wakes no waiter") {
                contain(location, || canceller.wake());
            } else {
                contain(location, || drop(canceller));
            }
        }
        for waiter in self.waiter.into_iter().chain(self.waiters.into_values()) {
            contain(location, || waiter.wake());
        }
    }
}

/// Calls something of others, whose panic is not for the caller but for the exception handler.
fn contain(location: &'static Location<'static>, f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        let panic = Panic::new(payload);
        shared::report_to_current(&Exception::panicked(ExceptionKind::Promise, panic, Some(location)));
    }
}

impl<T> State<T> {
    fn take(&mut self) -> Result<T, DeferredError> {
        match mem::replace(&mut self.phase, Phase::Taken) {
            Phase::Value(value) => Ok(value),
            Phase::Taken => Err(DeferredError::Taken),
            Phase::Waiting => {
                self.phase = Phase::Waiting;
                Err(DeferredError::Pending)
            }
            Phase::Error { error, .. } => {
                self.phase = Phase::Error { error: error.clone(), read: true };
                Err(error)
            }
        }
    }

    fn move_to(&mut self, place: &OnceLock<T>) -> Result<(), DeferredError> {
        let value = self.take()?;
        // The value comes once, so the place is empty.
        let _moved = place.set(value);
        Ok(())
    }
}

/// A waker on its way into its place. It is cloned, and the one before is dropped, without the
/// lock: what is to be put in is made before it, and this is dropped after it.
struct Waiting<'a> {
    waker: &'a Waker,
    spare: Option<Waker>,
}

impl<'a> Waiting<'a> {
    fn new(cx: &'a Context<'_>) -> Self {
        Waiting { waker: cx.waker(), spare: None }
    }

    /// Whether the place has the waker now; if not, it is to be cloned first.
    fn put(&mut self, slot: &mut Option<Waker>) -> bool {
        if slot.as_ref().is_some_and(|waker| waker.will_wake(self.waker)) {
            return true;
        }
        let cloned = self.spare.is_some();
        if cloned {
            mem::swap(slot, &mut self.spare);
        }
        cloned
    }

    fn clone_waker(&mut self) {
        self.spare = Some(self.waker.clone());
    }
}

trait ExtractRemoved {
    fn extract_removed(&mut self) -> Vec<OnDone>;
}

impl ExtractRemoved for Vec<OnDone> {
    fn extract_removed(&mut self) -> Vec<OnDone> {
        let (mut kept, removed): (Vec<_>, _) =
            mem::take(self).into_iter().partition(|callback| callback.job.is_waiting());
        // As many again are looked through only after as many were added.
        kept.reserve(kept.len() + 1);
        *self = kept;
        removed
    }
}

impl<T> Drop for Core<T> {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Phase::Error { error: DeferredError::Failed(error), read: false } = &state.phase {
            let mut message = "failed, and its error was not read: ".to_owned();
            // An error that cannot be shown is reported all the same.
            contain(self.location, || {
                let _shown_until_there = write!(message, "{error}");
            });
            shared::report_to_current(&Exception::new(ExceptionKind::Promise, message, Some(self.location)));
        }
    }
}
