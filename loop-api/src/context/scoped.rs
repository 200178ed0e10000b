//! A value borrowed by all that a closure calls: the one place in this crate that holds a raw
//! pointer.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::fmt;
use std::ptr;

use crate::handle::Handle;

/// A thread-local slot that holds a borrowed value while a closure runs, without counting
/// references.
///
/// ```
/// use loop_api::context::Scoped;
/// thread_local! { static NAME: Scoped<String> = const { Scoped::new() } }
/// let name = String::from("native");
/// let inside = NAME.with(|slot| {
///     slot.set(&name, || NAME.with(|slot| slot.with(|name| name.cloned())))
/// });
/// assert_eq!(inside.as_deref(), Some("native"));
/// assert!(NAME.with(|slot| slot.with(|name| name.is_none())));
/// ```
pub struct Scoped<T> {
    /// Null, or a pointer borrowed by a `set` whose closure has not returned.
    value: Cell<*const T>,
}

impl<T> Scoped<T> {
    /// An empty slot.
    pub const fn new() -> Self {
        Scoped { value: Cell::new(ptr::null()) }
    }

    /// Calls `f` with `value` in the slot; afterwards, and also when `f` panics, the slot holds
    /// what it held before.
    pub fn set<R>(&self, value: &T, f: impl FnOnce() -> R) -> R {
        let _restore = Restore { slot: &self.value, before: self.value.replace(value) };
        f()
    }

    /// Calls `f` with an empty slot, as [`set`](Self::set) does with a value in it.
    pub fn clear<R>(&self, f: impl FnOnce() -> R) -> R {
        let _restore = Restore { slot: &self.value, before: self.value.replace(ptr::null()) };
        f()
    }

    /// Calls `f` with what the innermost [`set`](Self::set) on this thread put there.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(Option<&T>) -> R) -> R {
        // SAFETY: the pointer is null or comes from a reference that `set` borrows until its
        // closure has returned. `Scoped` is not Sync, so that closure is on this thread's stack,
        // below this call, and cannot return before `f` does; `f` gets the reference for a lifetime
        // of its own choosing only inside this call, so it cannot keep it.
        f(unsafe { self.value.get().as_ref() })
    }
}

impl<H: Handle> Scoped<H> {
    /// [`set`](Self::set) for the slot of a backend's current loop, which also becomes the
    /// [`innermost`](super::innermost()) one of this thread, whatever other loops the thread is in.
    #[inline]
    pub fn enter<R>(&self, handle: &H, f: impl FnOnce() -> R) -> R {
        let _marked = super::mark(handle.shared());
        self.set(handle, f)
    }
}

/// Puts back what the slot held.
struct Restore<'a, T> {
    slot: &'a Cell<*const T>,
    before: *const T,
}

impl<T> Drop for Restore<'_, T> {
    fn drop(&mut self) {
        self.slot.set(self.before);
    }
}

impl<T> Default for Scoped<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Scoped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").field("is_set", &!self.value.get().is_null()).finish()
    }
}
