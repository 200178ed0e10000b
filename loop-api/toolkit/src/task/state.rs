//! A task's state: one word.
//!
//! | bits | name | meaning |
//! | --- | --- | --- |
//! | 0 | `NOTIFIED` | a `Runnable` exists; while `RUNNING`: one is to be made when the poll ends |
//! | 1 | `RUNNING` | one thread has the future to itself: it polls it, or drops it |
//! | 2 | `COMPLETE` | the future is gone; an output, if there is one, is in its place. Stays set |
//! | 3 | `ABORTED` | the task was asked to end. Stays set |
//! | 4 | `JOIN` | the join handle exists. Clear on completion: the completer drops the output |
//! | 5 | `JOIN_WAKER` | the waker's slot belongs to the completer; clear: to the join handle |
//! | 6.. | references | the `Runnable` or the poll, the list, the join and abort handles, each waker |
//!
//! `NOTIFIED` without `RUNNING` says that exactly one `Runnable` exists. One may also exist beside
//! `RUNNING`, when a closing set took the future from under it; that one finds out in
//! [`State::start`] and goes.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed};

use loop_api::loom_shim::{AtomicUsize, inject};

const NOTIFIED: usize = 1;
const RUNNING: usize = 1 << 1;
const COMPLETE: usize = 1 << 2;
const ABORTED: usize = 1 << 3;
const JOIN: usize = 1 << 4;
const JOIN_WAKER: usize = 1 << 5;
const REF: usize = 1 << 6;

/// What a `Runnable` is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    Poll,
    /// Drop the future and complete.
    Cancel,
    /// Another thread completes or has completed the task.
    Gone,
}

/// What follows a poll that was not ready.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Idle {
    /// The poll's reference is gone.
    Waits,
    /// As `Waits`, and it was the last one: nothing can wake this task any more.
    Last,
    /// The task was woken meanwhile. The poll's reference is the `Runnable`'s now.
    Again,
    /// The task was aborted meanwhile, and still belongs to the caller, who drops the future and
    /// completes.
    Abort,
}

/// What becomes of the reference of a waker that is used up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WakeLast {
    /// It is the `Runnable`'s now, which the caller makes.
    Schedule,
    /// It is gone: nothing had to be scheduled. True if it was the last.
    Released(bool),
}

/// What is left to do for a join handle that is dropped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DropJoin {
    /// Nothing; true if that was the last reference.
    Released(bool),
    /// Drop the waker in the slot, then release the reference.
    Waker,
    /// The task is complete: drop the output, then release the reference.
    Output,
}

/// What is left to do for the completer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Completed {
    /// Nothing: the output is the join handle's, and the references are gone.
    Released,
    /// Drop the output, which no join handle wants, then release the references.
    Detached,
    /// Wake by the waker in the slot, which is filled and the completer's, then release the
    /// references.
    Awaited,
}

#[derive(Debug)]
pub(super) struct State(AtomicUsize);

impl State {
    /// Of a task that is about to be scheduled for the first time, with `references`.
    pub(super) fn new(references: usize) -> Self {
        State(AtomicUsize::new(NOTIFIED | JOIN | (references * REF)))
    }

    /// Replaces the state by what `f` gives, unless that is `None`; the second value is given back.
    ///
    /// Every change here is a release and an acquire, even one that changes nothing: a waker must
    /// be seen by the run it counts on.
    #[inline]
    fn update<R>(&self, f: impl FnMut(usize) -> (Option<usize>, R)) -> R {
        self.update_as(AcqRel, f)
    }

    #[inline]
    fn update_as<R>(&self, order: Ordering, mut f: impl FnMut(usize) -> (Option<usize>, R)) -> R {
        let mut now = self.0.load(Acquire);
        loop {
            let (Some(next), result) = f(now) else { return f(now).1 };
            match self.0.compare_exchange_weak(now, next, order, Acquire) {
                Ok(_) => return result,
                Err(other) => now = other,
            }
        }
    }

    /// A `Runnable` begins, or is dropped (`cancel`). Except for `Gone`, the caller has the future
    /// to itself now.
    #[inline]
    pub(super) fn start(&self, cancel: bool) -> Start {
        self.update(|now| {
            debug_assert!(now & NOTIFIED != 0);
            if now & (RUNNING | COMPLETE) != 0 {
                (None, Start::Gone)
            } else if cancel {
                (Some((now - NOTIFIED + RUNNING) | ABORTED), Start::Cancel)
            } else {
                let start = if now & ABORTED != 0 { Start::Cancel } else { Start::Poll };
                (Some(now - NOTIFIED + RUNNING), start)
            }
        })
    }

    /// Asks the task to end, and takes the future if no thread has it: then true, and the caller
    /// drops it and completes.
    pub(super) fn claim(&self) -> bool {
        self.update(|now| match now & (RUNNING | COMPLETE) {
            0 => (Some(now | RUNNING | ABORTED), true),
            RUNNING => (Some(now | ABORTED), inject("an abort takes a future that is taken")),
            _ => (None, false),
        })
    }

    /// A poll ended and was not ready.
    #[inline]
    pub(super) fn idle(&self) -> Idle {
        self.update(|now| {
            debug_assert!(now & (RUNNING | COMPLETE) == RUNNING);
            if now & ABORTED != 0 && !inject("an abort during a poll is forgotten") {
                (None, Idle::Abort)
            } else if now & NOTIFIED != 0 && !inject("a wake during a poll is forgotten") {
                (Some(now - RUNNING), Idle::Again)
            } else {
                let next = (now & !NOTIFIED) - RUNNING - REF;
                (Some(next), if next < REF { Idle::Last } else { Idle::Waits })
            }
        })
    }

    /// The caller's future is gone, and its output is in place. Gives up `references` too, if that
    /// is all that is left to do.
    #[inline]
    pub(super) fn complete(&self, references: usize) -> Completed {
        let order = if inject("completion does not publish the output") { Relaxed } else { AcqRel };
        self.update_as(order, |now| {
            debug_assert!(now & (RUNNING | COMPLETE) == RUNNING);
            // RUNNING is set and COMPLETE, the bit above it, is not: adding carries.
            match now & (JOIN | JOIN_WAKER) {
                // The join handle has a reference, so these are not the last.
                JOIN => (Some(now + RUNNING - references * REF), Completed::Released),
                0 => (Some(now + RUNNING), Completed::Detached),
                _ => (Some(now + RUNNING), Completed::Awaited),
            }
        })
    }

    /// Wakes the task. If true, the caller makes a `Runnable`, whose reference has been counted.
    #[inline]
    pub(super) fn wake(&self) -> bool {
        self.update(|now| {
            if now & COMPLETE != 0
                || now & NOTIFIED != 0 && inject("a wake that changes nothing does not synchronise")
            {
                (None, false)
            } else if now & (NOTIFIED | RUNNING) != 0 {
                (Some(now | NOTIFIED), false)
            } else {
                (Some(with_reference(now | NOTIFIED)), true)
            }
        })
    }

    /// Wakes the task, and gives up the waker's reference.
    #[inline]
    pub(super) fn wake_last(&self) -> WakeLast {
        self.update(|now| {
            if now & COMPLETE != 0 {
                let next = now - REF;
                (Some(next), WakeLast::Released(next < REF))
            } else if now & (NOTIFIED | RUNNING) != 0 {
                // Not the last: there is the Runnable's, or the poll's.
                if inject("a wake during a poll lets go and says nothing") && now & RUNNING != 0 {
                    return (Some(now - REF), WakeLast::Released(false));
                }
                (Some((now | NOTIFIED) - REF), WakeLast::Released(false))
            } else {
                (Some(now | NOTIFIED), WakeLast::Schedule)
            }
        })
    }

    /// Asks the task to end. If true, the caller makes a `Runnable`, whose reference has been
    /// counted.
    pub(super) fn abort(&self) -> bool {
        self.update(|now| {
            if now & (COMPLETE | ABORTED) != 0 {
                (None, false)
            } else if now & (NOTIFIED | RUNNING) != 0 {
                (Some(now | ABORTED), false)
            } else {
                (Some(with_reference(now | ABORTED | NOTIFIED)), true)
            }
        })
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.0.load(Acquire) & ABORTED != 0
    }

    /// Whether the future is gone. If so, what the completer wrote is seen by the caller.
    #[inline]
    pub(super) fn is_complete(&self) -> bool {
        self.0.load(Acquire) & COMPLETE != 0
    }

    /// Gives the filled slot to the completer. False if the task is complete: then the slot stays
    /// the join handle's.
    #[inline]
    pub(super) fn give_waker(&self) -> bool {
        self.update(|now| {
            if now & COMPLETE != 0
                && !inject("the join handle does not look again once its waker is in place")
            {
                (None, false)
            } else {
                (Some(now | JOIN_WAKER), true)
            }
        })
    }

    /// Takes the slot back for the join handle, if it is not there. False if the task is complete:
    /// then a slot that was given stays given.
    #[inline]
    pub(super) fn take_waker(&self) -> bool {
        self.update(|now| match now & (COMPLETE | JOIN_WAKER) {
            0 => (None, true),
            JOIN_WAKER => (Some(now & !JOIN_WAKER), true),
            _ => (None, false),
        })
    }

    /// The join handle is dropped.
    #[inline]
    pub(super) fn drop_join(&self) -> DropJoin {
        self.update(|now| match now & (COMPLETE | JOIN_WAKER) {
            0 => {
                let next = now - JOIN - REF;
                (Some(next), DropJoin::Released(next < REF))
            }
            JOIN_WAKER => (Some(now - JOIN - JOIN_WAKER), DropJoin::Waker),
            _ => (None, DropJoin::Output),
        })
    }

    /// One reference more.
    #[inline]
    pub(super) fn retain(&self) {
        // The caller has a reference already, so nothing is to be ordered.
        with_reference(self.0.fetch_add(REF, Relaxed));
    }

    /// `references` fewer. If true they were the last, and the caller frees the cell.
    #[inline]
    pub(super) fn release(&self, references: usize) -> bool {
        let order = if inject("letting go does not come before freeing") { Relaxed } else { AcqRel };
        let before = self.0.fetch_sub(references * REF, order);
        debug_assert!(before / REF >= references);
        before / REF == references
    }
}

/// The state with one reference more. A count that has run over would free a cell in use; half of
/// the range is out of reach unless a program forgets wakers in a loop.
#[inline]
fn with_reference(now: usize) -> usize {
    if now > isize::MAX as usize {
        std::process::abort();
    }
    now + REF
}
