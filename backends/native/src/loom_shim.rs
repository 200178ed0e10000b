//! The standard library's synchronization, or under `--cfg anyloop_loom` loom's, which tries every interleaving.

#[cfg(anyloop_loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering, fence},
};
#[cfg(not(anyloop_loom))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering, fence},
};

/// A mistake that a model plants, to show that it would find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `prepare` overwrites a token.
    PrepareForgets,
    /// `unpark` leaves no token to a sleeper that is still awake.
    UnparkOnlySleepers,
    /// `take` clears the flag after it has let go of the lock.
    LateFlag,
    /// A sleeper does not look again after it enlisted: a mistake of the model's own.
    #[cfg(all(test, anyloop_loom))]
    NoSecondLook,
    /// `pick` looks who sleeps without a fence after the push.
    NoFence,
    /// A worker that was picked and found a task tells nobody.
    KeepsTheBaton,
    /// An attempt that would have blocked clears the readiness that came after it.
    BlockedForgetsEvents,
    /// An event of a direction that is ready is not counted.
    EventIsNotCounted,
    /// `wait_unnamed` does not look again once it has the lock.
    WaitDoesNotLook,
}

/// Whether the model that runs has planted `fault`. False outside models.
#[cfg(not(all(test, anyloop_loom)))]
#[inline(always)]
pub(crate) fn planted(_: Fault) -> bool {
    false
}

#[cfg(all(test, anyloop_loom))]
pub(crate) use crate::loom_models::planted;
