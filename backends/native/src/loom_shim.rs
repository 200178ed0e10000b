//! The standard library's synchronization, or under `--cfg anyloop_loom` loom's, which tries every
//! interleaving.

#[cfg(anyloop_loom)]
pub(crate) use loom::cell::UnsafeCell;
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

/// `std::cell::UnsafeCell` with loom's interface.
#[cfg(not(anyloop_loom))]
#[repr(transparent)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(anyloop_loom))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    /// For reading and writing.
    #[inline]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

/// Lets other threads go on, which hold the lock that the caller tries to take again and again.
#[cfg(not(anyloop_loom))]
pub(crate) fn relax(tries: &mut u32) {
    *tries += 1;
    if *tries < 100 {
        std::thread::yield_now();
    } else {
        // Others of lower priority may be among them.
        std::thread::sleep(std::time::Duration::from_micros(50));
    }
}

#[cfg(anyloop_loom)]
pub(crate) fn relax(_: &mut u32) {
    loom::thread::yield_now();
}

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
    /// `pick` looks for a sleeper without a fence after the push.
    NoFence,
    /// A worker that was picked and found a task wakes no other.
    KeepsTheBaton,
    /// An attempt that would have blocked clears the readiness that came after it.
    BlockedForgetsEvents,
    /// An event of a direction that is ready is not counted.
    EventIsNotCounted,
    /// `wait_unnamed` does not look whether it is ready when it takes the lock.
    WaitDoesNotLook,
    /// An event takes the waiters without the lock.
    EventDoesNotLock,
    /// `wait_unnamed` locks what is locked.
    WaitLocksAgain,
    /// `leave` takes a waiter out without the lock.
    LeaveDoesNotLock,
    /// `close` wakes those who wait, and leaves no mark for those who come.
    CloseIsNotMarked,
}

/// Whether the model that runs has planted `fault`. False outside models.
#[cfg(not(all(test, anyloop_loom)))]
#[inline(always)]
pub(crate) fn inject(_: Fault) -> bool {
    false
}

#[cfg(all(test, anyloop_loom))]
pub(crate) use crate::loom_models::inject;
