//! One direction of one source: whether it is ready, and who waits for that.

use std::io;
use std::sync::PoisonError;
use std::task::Waker;

use crate::loom_shim::{AtomicUsize, Fault, Mutex, MutexGuard, Ordering, planted};

/// An operation may succeed. It is not certain, but where this is clear there will be an event.
const READY: usize = 1;
/// The other side has closed: a short transfer does not mean that the next would block.
const ENDED: usize = 2;
/// The loop is closed: there will be no events.
const CLOSED: usize = 4;
/// The other bits count the events, so that readiness that came after an attempt is not cleared because of it.
const EVENT: usize = 8;
/// So many callers of `poll_io` are remembered at once; one more, and the one that waits longest is woken to ask again.
const CALLERS: usize = 64;

/// What one load of a direction said.
#[derive(Clone, Copy)]
pub(crate) struct Seen(usize);

/// One direction.
///
/// `READY` is set with the lock held, which is when all who wait are taken; and nobody begins to wait while it is set. So a direction
/// that is ready has no waiters, and one that is not is changed by nobody without the lock.
#[derive(Debug)]
pub(crate) struct Direction {
    bits: AtomicUsize,
    waiters: Mutex<Waiters>,
}

#[derive(Debug, Default)]
struct Waiters {
    /// Nearly always there is one; only the others need memory. Without it there are no others.
    first: Option<(u64, Waker)>,
    others: Vec<(u64, Waker)>,
    next_id: u64,
}

/// The name of a waiter that is remembered until it leaves; zero is for those who have none and are told apart by their wakers.
pub(crate) type WaiterId = u64;

impl Direction {
    /// Ready until an attempt says otherwise: a new socket often has something.
    pub(crate) fn new() -> Self {
        Direction { bits: AtomicUsize::new(READY), waiters: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub(crate) fn look(&self) -> Seen {
        Seen(self.bits.load(Ordering::Acquire))
    }

    /// The attempt made after `seen` would have blocked.
    #[inline]
    pub(crate) fn blocked(&self, seen: Seen) {
        if planted(Fault::BlockedForgetsEvents) {
            self.bits.fetch_and(!READY, Ordering::AcqRel);
            return;
        }
        let _ = self.bits.compare_exchange(seen.0, seen.0 & !READY, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// The attempt made after `seen` failed. The error is given back, unless it says to try again, or to wait.
    #[cold]
    pub(crate) fn failed(&self, seen: Seen, error: io::Error) -> io::Result<()> {
        match error.kind() {
            io::ErrorKind::WouldBlock => self.blocked(seen),
            io::ErrorKind::Interrupted => {}
            _ => return Err(error),
        }
        Ok(())
    }

    /// The attempt made after `seen` moved fewer bytes than it asked for.
    #[inline]
    pub(crate) fn fell_short(&self, seen: Seen) {
        if seen.0 & ENDED == 0 {
            self.blocked(seen);
        }
    }

    /// An event: collects everybody who waits into `wake`.
    #[inline]
    pub(crate) fn event(&self, ended: bool, wake: &mut Vec<Option<Waker>>) {
        let bits = self.bits.load(Ordering::Acquire);
        if bits & READY != 0 {
            if planted(Fault::EventIsNotCounted) {
                return;
            }
            // Nobody waits. It counts only for those whose attempt goes on just now.
            let next = after_event(bits, ended);
            if self.bits.compare_exchange(bits, next, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return;
            }
        }
        let mut waiters = self.lock();
        let bits = self.bits.load(Ordering::Acquire);
        if bits & READY == 0 {
            // Nobody else changes it now.
            self.bits.store(after_event(bits, ended), Ordering::Release);
        } else {
            self.change(|bits| after_event(bits, ended));
        }
        waiters.take(wake);
    }

    /// Wakes everybody although nothing happened, where they have to arm the source anew.
    pub(crate) fn shake(&self, wake: &mut Vec<Option<Waker>>) {
        self.lock().take(wake);
    }

    /// The loop has ended.
    pub(crate) fn close(&self, wake: &mut Vec<Option<Waker>>) {
        let mut waiters = self.lock();
        self.change(|bits| bits | CLOSED);
        waiters.take(wake);
    }

    /// For bits that others may change at the same time.
    fn change(&self, f: impl Fn(usize) -> usize) {
        let _ = self.bits.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |bits| Some(f(bits)));
    }

    /// Waits with `waker`, unless the direction is ready; then false. `id` is the waiter's name, zero if it has none yet.
    pub(crate) fn wait(&self, id: &mut WaiterId, waker: &Waker) -> bool {
        let mut waiters = self.lock();
        if self.bits.load(Ordering::Acquire) & (READY | CLOSED) != 0 {
            return false;
        }
        if *id == 0 {
            waiters.next_id += 1;
            *id = waiters.next_id;
        }
        let displaced = waiters.put(*id, waker);
        drop(waiters);
        drop(displaced);
        true
    }

    /// As `wait`, for callers without a name.
    pub(crate) fn wait_unnamed(&self, waker: &Waker) -> bool {
        let mut waiters = self.lock();
        let found = self.bits.load(Ordering::Acquire) & (READY | CLOSED) != 0;
        if found && !planted(Fault::WaitDoesNotLook) {
            return false;
        }
        if waiters.first.is_none() {
            waiters.first = Some((0, waker.clone()));
            return true;
        }
        let crowded = waiters.put_unnamed(waker);
        drop(waiters);
        if let Some(waker) = crowded {
            waker.wake();
        }
        true
    }

    /// Whether anybody waits.
    pub(crate) fn is_awaited(&self) -> bool {
        self.lock().first.is_some()
    }

    /// Forgets a waiter.
    pub(crate) fn leave(&self, id: WaiterId) {
        let left = self.lock().remove(id);
        drop(left);
    }
}

impl Waiters {
    fn all(&mut self) -> impl Iterator<Item = &mut (u64, Waker)> {
        self.first.iter_mut().chain(&mut self.others)
    }

    fn push(&mut self, id: u64, waker: Waker) {
        if self.first.is_none() {
            self.first = Some((id, waker));
        } else {
            self.others.push((id, waker));
        }
    }

    /// Gives back the waker it replaced, to be dropped without the lock.
    fn put(&mut self, id: u64, waker: &Waker) -> Option<Waker> {
        if let Some((_, old)) = self.all().find(|(other, _)| *other == id) {
            return (!old.will_wake(waker)).then(|| std::mem::replace(old, waker.clone()));
        }
        self.push(id, waker.clone());
        None
    }

    /// Gives back a waker that has to be woken.
    fn put_unnamed(&mut self, waker: &Waker) -> Option<Waker> {
        if self.all().any(|(id, old)| *id == 0 && old.will_wake(waker)) {
            return None;
        }
        let crowded =
            self.others.len() >= CALLERS && self.others.iter().filter(|(id, _)| *id == 0).count() >= CALLERS;
        let oldest = crowded.then(|| self.others.iter().position(|(id, _)| *id == 0)).flatten();
        let oldest = oldest.map(|place| self.others.remove(place).1);
        self.push(0, waker.clone());
        oldest
    }

    fn remove(&mut self, id: u64) -> Option<Waker> {
        if self.first.as_ref().is_some_and(|(first, _)| *first == id) {
            let next = self.others.pop();
            return std::mem::replace(&mut self.first, next).map(|(_, waker)| waker);
        }
        let place = self.others.iter().position(|(other, _)| *other == id)?;
        Some(self.others.remove(place).1)
    }

    fn take(&mut self, wake: &mut Vec<Option<Waker>>) {
        let Some((_, waker)) = self.first.take() else { return };
        wake.push(Some(waker));
        if !self.others.is_empty() {
            wake.extend(self.others.drain(..).map(|(_, waker)| Some(waker)));
        }
    }
}

/// What the bits become by an event.
#[inline]
fn after_event(bits: usize, ended: bool) -> usize {
    (bits.wrapping_add(EVENT) | READY) | if ended { ENDED } else { 0 }
}

impl Seen {
    /// Whether an attempt may be made.
    #[inline]
    pub(crate) fn is_ready(self) -> bool {
        self.0 & (READY | CLOSED) == READY
    }

    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}
