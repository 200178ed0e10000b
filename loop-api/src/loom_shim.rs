//! The standard library's synchronization, or under `--cfg anyloop_loom` loom's, which tries every
//! interleaving.

#[cfg(anyloop_loom)]
pub use loom::{
    cell::UnsafeCell,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize},
    },
};
#[cfg(not(anyloop_loom))]
pub use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, AtomicUsize},
};

#[cfg(anyloop_loom)]
pub use loom::sync::Arc;
#[cfg(not(anyloop_loom))]
pub use std::sync::Arc;

/// `std::cell::UnsafeCell` with loom's interface.
#[cfg(not(anyloop_loom))]
#[derive(Debug)]
#[repr(transparent)]
pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(anyloop_loom))]
impl<T> UnsafeCell<T> {
    pub const fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    /// For reading and writing.
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

/// Whether a model has asked for this bug, to show that it would find it. Always false outside
/// models.
#[cfg(not(anyloop_loom))]
#[inline(always)]
pub fn inject(_bug: &str) -> bool {
    false
}

#[cfg(anyloop_loom)]
pub use model::inject;
#[cfg(anyloop_loom)]
pub use model::{model, model_with_bug};

#[cfg(anyloop_loom)]
mod model {
    use std::cell::Cell;

    thread_local! {
        // A model's threads are coroutines on the thread of its test.
        static BUG: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    pub fn inject(bug: &str) -> bool {
        BUG.get() == Some(bug)
    }

    /// Tries every interleaving of `f`, up to three preemptions.
    pub fn model(f: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(f);
    }

    /// The same with a bug planted: it must fail.
    pub fn model_with_bug(bug: &'static str, f: impl Fn() + Sync + Send + 'static) {
        BUG.set(Some(bug));
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| model(f))).is_err();
        BUG.set(None);
        assert!(found, "the model does not find the planted bug: {bug}");
    }
}
