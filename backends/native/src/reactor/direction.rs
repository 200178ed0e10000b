//! One direction of one source: whether it is ready, and its waiters.
//!
//! All is in one word, a bit of which is the lock of the list of waiters: a wait and an event
//! change the word once each. The lock is held for a few instructions, in which no code of others
//! runs; so a thread that finds it taken tries again.
//!
//! `READY` is set by the thread that takes the lock to wake all waiters, and no wait begins while
//! it is set: a direction that is ready has no waiters. While the lock is held, no other thread
//! changes the word, so it is unlocked by a plain store.
#![allow(unsafe_code)]

use std::fmt;
use std::io;
use std::task::Waker;

use super::waiters::{WaiterId, Waiters};
use crate::loom_shim::{AtomicUsize, Fault, Ordering, UnsafeCell, inject, relax};

#[cfg(any(all(test, not(anyloop_loom)), fuzzing))]
pub(crate) mod model;

/// An operation may succeed. It is not certain, but where this is clear there will be an event.
const READY: usize = 1;
/// The other side has closed, or sent urgent data: a short transfer does not mean that the next
/// would block.
const CUT: usize = 2;
/// The loop is closed: there will be no events.
const CLOSED: usize = 4;
/// The waiters belong to the thread that set this.
const LOCKED: usize = 8;
/// The other bits count the events, so that readiness that came after an attempt is not cleared
/// because of it.
const EVENT: usize = 16;

/// What one load of a direction said.
#[derive(Clone, Copy)]
pub(crate) struct Seen(usize);

/// One direction.
pub(crate) struct Direction {
    bits: AtomicUsize,
    /// Belongs to the thread that has set `LOCKED`: to its [`Guard`].
    waiters: UnsafeCell<Waiters>,
}

// SAFETY: the waiters, which are Send, are reached by one thread at a time: see `Guard`.
unsafe impl Sync for Direction {}

/// The right to the waiters, of the thread that has set `LOCKED`.
struct Guard<'a> {
    direction: &'a Direction,
    /// What the bits become once it is dropped, beside `LOCKED`.
    bits: usize,
}

impl Direction {
    /// Ready until an attempt says otherwise: a new socket often has something.
    pub(crate) fn new() -> Self {
        Direction { bits: AtomicUsize::new(READY), waiters: UnsafeCell::new(Waiters::default()) }
    }

    #[inline]
    pub(crate) fn look(&self) -> Seen {
        Seen(self.bits.load(Ordering::Acquire))
    }

    /// The attempt made after `seen` would have blocked.
    #[inline]
    pub(crate) fn blocked(&self, seen: Seen) {
        if inject(Fault::BlockedForgetsEvents) {
            self.bits.fetch_and(!READY, Ordering::AcqRel);
            return;
        }
        // Not while it is locked, when it belongs to another: then this is tried again with the
        // attempt.
        let seen = seen.0 & !LOCKED;
        let _ = self.bits.compare_exchange(seen, seen & !READY, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// The attempt made after `seen` failed. The error is given back, unless it says to try again,
    /// or to wait.
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
    pub(crate) fn short_transfer(&self, seen: Seen) {
        if seen.0 & CUT == 0 {
            self.blocked(seen);
        }
    }

    /// An event: collects all waiters into `wake`.
    #[inline(always)]
    pub(crate) fn event(&self, cut: bool, wake: &mut Vec<Waker>) {
        let bits = self.bits.load(Ordering::Acquire);
        if bits & (READY | LOCKED) == 0 {
            let lock = if inject(Fault::EventDoesNotLock) { 0 } else { LOCKED };
            let next = after_event(bits, cut) | lock;
            if self.bits.compare_exchange(bits, next, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return Guard { direction: self, bits: next }.take(wake);
            }
        } else if bits & LOCKED == 0 {
            if inject(Fault::EventIsNotCounted) {
                return;
            }
            // There is no waiter: it counts only for attempts that go on just now.
            let next = after_event(bits, cut);
            if self.bits.compare_exchange(bits, next, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return;
            }
        }
        self.event_anyhow(cut, wake);
    }

    /// The same for any bits.
    #[cold]
    fn event_anyhow(&self, cut: bool, wake: &mut Vec<Waker>) {
        let mut tries = 0;
        let mut bits = self.bits.load(Ordering::Acquire);
        loop {
            if bits & LOCKED != 0 {
                bits = self.again(&mut tries);
                continue;
            }
            let ready = bits & READY != 0;
            let next = after_event(bits, cut) | if ready { 0 } else { LOCKED };
            match self.bits.compare_exchange_weak(bits, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) if ready => return,
                Ok(_) => return Guard { direction: self, bits: next }.take(wake),
                Err(now) => bits = now,
            }
        }
    }

    /// Wakes all waiters although nothing happened, where they have to arm the source anew.
    pub(crate) fn wake_all(&self, wake: &mut Vec<Waker>) {
        self.lock().take(wake);
    }

    /// The loop has ended.
    pub(crate) fn close(&self, wake: &mut Vec<Waker>) {
        let mut guard = self.lock();
        if !inject(Fault::CloseIsNotMarked) {
            guard.bits |= CLOSED;
        }
        guard.take(wake);
    }

    /// Waits with `waker`, unless the direction is ready; then false. `id` is the waiter's name,
    /// zero if it has none yet.
    pub(crate) fn wait(&self, id: &mut WaiterId, waker: &Waker) -> bool {
        let waker = waker.clone();
        let Some(mut guard) = self.lock_unless(READY | CLOSED) else { return false };
        let displaced = guard.with(|waiters| waiters.put(id, waker));
        drop(guard);
        drop(displaced);
        true
    }

    /// As `wait`, for callers without a name.
    pub(crate) fn wait_unnamed(&self, waker: &Waker) -> bool {
        // Cloned and dropped without the lock: the waker's code may be any.
        let waker = waker.clone();
        let bits = self.bits.load(Ordering::Acquire);
        let taken = if inject(Fault::WaitLocksAgain) { 0 } else { LOCKED };
        if bits & (READY | CLOSED | taken) == 0 && self.try_lock(bits) {
            let mut guard = Guard { direction: self, bits };
            match guard.with(|waiters| waiters.put_first(waker)) {
                Ok(()) => return true,
                Err(waker) => {
                    drop(guard);
                    return self.wait_anyhow(waker);
                }
            }
        }
        self.wait_anyhow(waker)
    }

    /// The same for any bits, and with any waiters.
    #[cold]
    fn wait_anyhow(&self, waker: Waker) -> bool {
        let Some(mut guard) = self.lock_unless(READY | CLOSED) else { return false };
        let spare = guard.with(|waiters| waiters.put_unnamed(waker));
        drop(guard);
        if let Some(spare) = spare {
            spare.settle();
        }
        true
    }

    /// Whether there is a waiter.
    pub(crate) fn is_awaited(&self) -> bool {
        self.lock().with(|waiters| !waiters.is_empty())
    }

    /// Forgets a waiter.
    pub(crate) fn leave(&self, id: WaiterId) {
        let mut guard = if inject(Fault::LeaveDoesNotLock) {
            Guard { direction: self, bits: self.look().0 }
        } else {
            self.lock()
        };
        let left = guard.with(|waiters| waiters.remove(id));
        drop(guard);
        drop(left);
    }

    fn lock(&self) -> Guard<'_> {
        loop {
            if let Some(guard) = self.lock_unless(0) {
                return guard;
            }
        }
    }

    /// Locks, if the bits are these still, in which `LOCKED` is clear.
    #[inline(always)]
    fn try_lock(&self, bits: usize) -> bool {
        self.bits.compare_exchange(bits, bits | LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Locks, unless one of the bits of `unless` is set.
    fn lock_unless(&self, unless: usize) -> Option<Guard<'_>> {
        let mut tries = 0;
        let mut bits = self.bits.load(Ordering::Acquire);
        loop {
            if bits & unless != 0 && !inject(Fault::WaitDoesNotLook) {
                return None;
            }
            if bits & LOCKED == 0 && self.try_lock(bits) {
                return Some(Guard { direction: self, bits });
            }
            bits = self.again(&mut tries);
        }
    }

    /// The bits after others had time to unlock.
    #[cold]
    fn again(&self, tries: &mut u32) -> usize {
        relax(tries);
        self.bits.load(Ordering::Acquire)
    }
}

impl Guard<'_> {
    #[inline]
    fn with<R>(&mut self, f: impl FnOnce(&mut Waiters) -> R) -> R {
        // SAFETY: this guard was made by the thread that changed LOCKED from clear to set, which
        // acquires what the guard before released; no other thread does that until this one is
        // dropped, and the waiters are borrowed for the length of this call, in which the guard is
        // borrowed mutably.
        self.direction.waiters.with_mut(|waiters| f(unsafe { &mut *waiters }))
    }
}

impl Guard<'_> {
    /// Moves all waiters to `wake`.
    #[inline(always)]
    fn take(mut self, wake: &mut Vec<Waker>) {
        let (first, more) = self.with(|waiters| (waiters.take_first(), waiters.has_others()));
        let Some(first) = first else { return };
        if more {
            wake.push(first);
            return self.with(|waiters| waiters.take_others(wake));
        }
        drop(self);
        wake.push(first);
    }
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.direction.bits.store(self.bits & !LOCKED, Ordering::Release);
    }
}

/// What the bits become by an event, beside `LOCKED`.
#[inline]
fn after_event(bits: usize, cut: bool) -> usize {
    (bits.wrapping_add(EVENT) | READY) | if cut { CUT } else { 0 }
}

impl fmt::Debug for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direction").field("bits", &self.bits).finish_non_exhaustive()
    }
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

#[cfg(all(test, not(anyloop_loom)))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::task::Wake;
    use std::thread;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    fn event(direction: &Direction, cut: bool) {
        let mut wake = Vec::new();
        direction.event(cut, &mut wake);
        wake.into_iter().for_each(Waker::wake);
    }

    #[test]
    fn a_short_transfer_is_the_last_until_it_is_known_that_others_end_early() {
        let direction = Direction::new();
        direction.short_transfer(direction.look());
        assert!(!direction.look().is_ready());
        event(&direction, true);
        direction.short_transfer(direction.look());
        assert!(direction.look().is_ready());
        direction.blocked(direction.look());
        assert!(!direction.look().is_ready());
        event(&direction, false);
        direction.short_transfer(direction.look());
        assert!(direction.look().is_ready(), "that stays");
    }

    #[test]
    fn an_event_after_the_look_is_not_cleared() {
        let direction = Direction::new();
        let seen = direction.look();
        event(&direction, false);
        direction.blocked(seen);
        assert!(direction.look().is_ready());
        assert!(direction.failed(direction.look(), io::ErrorKind::Interrupted.into()).is_ok());
        assert!(direction.look().is_ready());
        assert!(direction.failed(direction.look(), io::ErrorKind::WouldBlock.into()).is_ok());
        assert!(!direction.look().is_ready());
        assert!(direction.failed(direction.look(), io::ErrorKind::NotFound.into()).is_err());
    }

    #[test]
    fn a_caller_for_whom_there_is_no_place_left_is_woken_to_ask_again() {
        let direction = Direction::new();
        direction.blocked(direction.look());
        let counts: Vec<Arc<Count>> = (0..100).map(|_| Arc::default()).collect();
        for count in &counts {
            assert!(direction.wait_unnamed(&Waker::from(count.clone())));
        }
        let woken = || counts.iter().map(|count| count.0.load(SeqCst));
        assert!((1..100).contains(&woken().sum::<usize>()), "some are, and not all");
        event(&direction, false);
        assert!(woken().all(|times| times == 1));
    }

    #[test]
    fn all_who_wait_are_woken_once_and_those_who_left_are_not() {
        let direction = Direction::new();
        let counts: [Arc<Count>; 4] = Default::default();
        let wakers = counts.clone().map(Waker::from);
        let mut ids = [0; 2];
        assert!(!direction.wait(&mut ids[0], &wakers[0]) && !direction.wait_unnamed(&wakers[2]));
        direction.blocked(direction.look());
        assert!(!direction.is_awaited());
        assert!(direction.wait(&mut ids[0], &wakers[0]) && direction.wait(&mut ids[1], &wakers[1]));
        assert!(direction.wait_unnamed(&wakers[2]) && direction.wait_unnamed(&wakers[3]));
        assert!(direction.is_awaited());
        direction.leave(ids[1]);
        event(&direction, false);
        event(&direction, false);
        assert_eq!(counts.map(|count| count.0.load(SeqCst)), [1, 0, 1, 1]);
        assert!(!direction.is_awaited());
    }

    #[test]
    fn one_who_is_woken_so_is_not_told_that_it_is_ready_and_the_end_is_for_good() {
        let direction = Direction::new();
        direction.blocked(direction.look());
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let mut wake = Vec::new();
        assert!(direction.wait_unnamed(&waker));
        direction.wake_all(&mut wake);
        assert!(wake.len() == 1 && !direction.look().is_ready() && !direction.look().is_closed());
        assert!(direction.wait_unnamed(&waker));
        direction.close(&mut wake);
        assert!(wake.len() == 2 && direction.look().is_closed() && !direction.look().is_ready());
        assert!(!direction.wait_unnamed(&waker) && !direction.wait(&mut 0, &waker));
        event(&direction, false);
        assert!(!direction.look().is_ready());
    }

    #[test]
    fn any_calls_give_what_the_model_says() {
        let mut random = crate::tests::Random(0x9e37_79b9);
        // What is closed stays so: a sequence ends after some calls.
        for _sequence in 0..if cfg!(miri) { 5 } else { 500 } {
            let mut left = 200_u32;
            super::model::beside_a_model(|end| {
                left = left.checked_sub(1)?;
                Some(random.below(end))
            });
        }
    }

    #[test]
    fn threads_that_wait_and_leave_beside_events_lose_none() {
        let rounds = if cfg!(miri) { 20 } else { 2000 };
        let direction = Direction::new();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let waker = Waker::from(Arc::new(Count::default()));
                    for round in 0..rounds {
                        let mut id = 0;
                        direction.blocked(direction.look());
                        if round % 3 != 0 && direction.wait(&mut id, &waker) {
                            direction.leave(id);
                        } else {
                            direction.wait_unnamed(&waker);
                        }
                    }
                });
            }
            (0..rounds).for_each(|_| event(&direction, false));
        });
        event(&direction, false);
        assert!(direction.look().is_ready() && !direction.is_awaited());
    }
}
