//! The primitives under the task cell: the standard library's, or loom's under a model.

#[cfg(not(all(test, anyloop_loom)))]
mod imp {
    #[cfg(test)]
    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::Mutex;
    pub(crate) use std::sync::atomic::AtomicUsize;

    /// `std::cell::UnsafeCell` with loom's interface.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        /// For reading and writing.
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(all(test, anyloop_loom))]
mod imp {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::atomic::AtomicUsize;
    pub(crate) use loom::sync::{Arc, Mutex};
}

#[cfg(test)]
pub(crate) use imp::Arc;
pub(crate) use imp::{AtomicUsize, Mutex, UnsafeCell};

/// A fault that a model plants, to show that it would find it. Outside of models there are none, and no code for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A wake while the task runs is forgotten at the poll's end.
    ForgetWakeWhileRunning,
    /// A wake of a task that is scheduled already does not synchronise with the run that follows.
    WakeWithoutSync,
    /// The join handle does not look again whether the task is done once its waker is in place.
    RegisterWithoutLook,
    /// Completion does not publish the output.
    CompleteRelaxed,
    /// An abort while the task runs is forgotten at the poll's end.
    ForgetAbortWhileRunning,
    /// Letting go of a reference does not order earlier accesses before the deallocation.
    ReleaseRelaxed,
    /// A spawn asks whether the set is closed before it takes the set's lock, not under it.
    SpawnWithoutLook,
}

#[cfg(all(test, anyloop_loom))]
thread_local! {
    // Loom's threads are coroutines on the model's thread, so they all see it.
    pub(crate) static PLANTED: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
}

#[cfg(all(test, anyloop_loom))]
pub(crate) fn planted(fault: Fault) -> bool {
    PLANTED.get() == Some(fault)
}

#[cfg(not(all(test, anyloop_loom)))]
#[inline(always)]
pub(crate) const fn planted(_: Fault) -> bool {
    false
}
