//! A value borrowed by all that a closure calls: the one place in this crate that holds a raw
//! pointer.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr;
use std::rc::Rc;
use std::thread::LocalKey;

use crate::handle::Handle;

/// The tag of an empty slot. Tags are odd, and pointers to values are not.
const EMPTY: usize = 1;

/// A thread-local slot that holds a borrowed value while a closure runs, without counting
/// references; or a value of its own, until what [`hold`](Self::hold) gave is dropped.
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
    /// A pointer borrowed by a `set` whose closure has not returned; or a tag.
    value: Cell<*const T>,
    /// Those who hold a tag. Kept by a type that needs no destructor, so that the slot is there
    /// until the thread is gone.
    held: ManuallyDrop<RefCell<Vec<Entry<T>>>>,
}

struct Entry<T> {
    tag: usize,
    /// What the slot held before.
    before: *const T,
    /// None once it was dropped while the slot held something else.
    state: Option<Option<Rc<T>>>,
}

impl<T> Scoped<T> {
    /// An empty slot. For types that are aligned to two bytes at least.
    pub const fn new() -> Self {
        const { assert!(align_of::<T>() > 1, "a slot's value has to be aligned to two bytes at least") }
        Scoped {
            value: Cell::new(ptr::without_provenance(EMPTY)),
            held: ManuallyDrop::new(RefCell::new(Vec::new())),
        }
    }

    /// Calls `f` with `value` in the slot; afterwards, and also when `f` panics, the slot holds
    /// what it held before.
    pub fn set<R>(&self, value: &T, f: impl FnOnce() -> R) -> R {
        let _restore = Restore { slot: &self.value, before: self.value.replace(value) };
        f()
    }

    /// Calls `f` with an empty slot, as [`set`](Self::set) does with a value in it.
    pub fn clear<R>(&self, f: impl FnOnce() -> R) -> R {
        let _restore =
            Restore { slot: &self.value, before: self.value.replace(ptr::without_provenance(EMPTY)) };
        f()
    }

    /// Calls `f` with what the innermost [`set`](Self::set) on this thread put there; with nothing
    /// inside of a [`hold`](Self::hold), which [`held`](Self::held) gives.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(Option<&T>) -> R) -> R {
        let value = self.value.get();
        if value.addr() & 1 != 0 {
            return f(None);
        }
        // SAFETY: not a tag, the pointer comes from a reference that `set` borrows until its
        // closure has returned. `Scoped` is not Sync, so that closure is on this thread's stack,
        // below this call, and cannot return before `f` does; `f` gets the reference for a lifetime
        // of its own choosing only inside this call, so it cannot keep it. That a pointer is never
        // in the slot after its closure has returned: see `let_go`.
        f(Some(unsafe { &*value }))
    }

    /// What the last [`hold`](Self::hold) put there, if nothing was put there since: asked when
    /// [`with`](Self::with) has found nothing.
    #[cold]
    pub fn held(&self) -> Option<Rc<T>> {
        self.settle();
        let tag = self.value.get().addr();
        self.held.borrow().iter().find(|entry| entry.tag == tag)?.state.clone()?
    }

    /// Puts a value there, or nothing, until the guard is dropped. Guards may be dropped in any
    /// order: one that is dropped before a later one takes effect when that one is dropped.
    pub fn hold(slot: &'static LocalKey<Scoped<T>>, value: Option<T>) -> Holding<T>
    where
        T: 'static,
    {
        // Never zero, and used once on a thread.
        thread_local! { static LAST: Cell<usize> = const { Cell::new(EMPTY) } }
        // While the thread ends the slot may be gone.
        let held = slot.try_with(|slot| {
            slot.settle();
            let tag = LAST.get() + 2;
            LAST.set(tag);
            let before = slot.value.replace(ptr::without_provenance(tag));
            slot.held.borrow_mut().push(Entry { tag, before, state: Some(value.map(Rc::new)) });
            tag
        });
        Holding { slot, tag: held.unwrap_or(EMPTY) }
    }

    fn let_go(&self, tag: usize) {
        let mut held = self.held.borrow_mut();
        let gone = held.iter_mut().find(|entry| entry.tag == tag).map(|entry| entry.state.take());
        drop(held);
        self.settle();
        // It may run any code.
        drop(gone);
    }

    /// Takes the tags of what was dropped out of the slot, and with the last one the memory.
    ///
    /// What was in the slot before a tag may be a pointer, whose closure has not returned: the tag
    /// was put there while that closure ran, so when it returned it took the tag out. A tag is
    /// used once. It gets into the slot again only where it was in it before: at the end of what
    /// began after it, and within that closure.
    fn settle(&self) {
        let mut held = self.held.borrow_mut();
        loop {
            let tag = self.value.get().addr();
            let Some(at) = held.iter().position(|entry| entry.tag == tag && entry.state.is_none()) else {
                break;
            };
            self.value.set(held.swap_remove(at).before);
        }
        // Inside of a closure, too: nothing comes here again when it has returned.
        let is_empty = self.value.get().addr() == EMPTY;
        if held.is_empty() || is_empty && held.iter().all(|entry| entry.state.is_none()) {
            *held = Vec::new();
        }
    }
}

impl<T: 'static> Scoped<T> {
    /// [`with`](Self::with), but `f` is called outside of the thread-local's own closure, so that a
    /// large one, too, is inlined into the caller. Where the slot is gone, at the thread's end on
    /// some systems, it counts as empty.
    #[inline]
    pub fn look<R>(slot: &'static LocalKey<Scoped<T>>, f: impl FnOnce(Option<&T>) -> R) -> R {
        let value = slot.try_with(|slot| slot.value.get()).unwrap_or(ptr::without_provenance(EMPTY));
        let is_tag = value.addr() & 1 != 0;
        // SAFETY: as in `with`: not a tag, and as the slot is this thread's, the closure of the
        // `set` that borrowed the value is on this thread's stack, below this call.
        f(if is_tag { None } else { Some(unsafe { &*value }) })
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

    /// Calls `f` with the current loop, whether it was put there by a closure or held: a backend's
    /// [`Handle::with_current`].
    #[inline]
    pub fn with_current<R>(&self, f: impl FnOnce(Option<&H>) -> R) -> R {
        self.with(|handle| if handle.is_some() { f(handle) } else { f(self.held().as_deref()) })
    }
}

/// Something is in a slot until this is dropped: see [`Scoped::hold`].
#[must_use = "it is held only while this lives"]
pub struct Holding<T: 'static> {
    slot: &'static LocalKey<Scoped<T>>,
    tag: usize,
}

impl<T> Drop for Holding<T> {
    fn drop(&mut self) {
        if self.tag != EMPTY {
            let _gone = self.slot.try_with(|slot| slot.let_go(self.tag));
        }
    }
}

impl<T> fmt::Debug for Holding<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holding").finish_non_exhaustive()
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
        f.debug_struct("Scoped").field("is_set", &(self.value.get().addr() != EMPTY)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! { static SLOT: Scoped<String> = const { Scoped::new() } }

    fn now() -> Option<String> {
        SLOT.with(|slot| slot.with(|value| value.cloned()).or_else(|| slot.held().as_deref().cloned()))
    }

    fn hold(name: &str) -> Holding<String> {
        Scoped::hold(&SLOT, Some(name.to_owned()))
    }

    fn within<R>(name: &str, f: impl FnOnce() -> R) -> R {
        let name = name.to_owned();
        SLOT.with(|slot| slot.set(&name, f))
    }

    #[test]
    fn the_last_that_was_put_there_counts() {
        let first = hold("first");
        assert_eq!(now().as_deref(), Some("first"));
        within("closure", || {
            assert_eq!(now().as_deref(), Some("closure"));
            let inner = hold("inner");
            assert_eq!(now().as_deref(), Some("inner"));
            let empty = Scoped::hold(&SLOT, None);
            assert_eq!(now(), None);
            drop(empty);
            drop(inner);
            assert_eq!(now().as_deref(), Some("closure"));
        });
        drop(first);
        assert_eq!(now(), None);
        SLOT.with(|slot| assert_eq!(slot.held.borrow().capacity(), 0));
    }

    #[test]
    fn a_guard_inside_a_closure_leaves_no_memory() {
        within("closure", || drop(hold("inner")));
        SLOT.with(|slot| assert_eq!(slot.held.borrow().capacity(), 0));
    }

    #[test]
    fn guards_may_be_dropped_in_any_order() {
        let (first, second, third) = (hold("first"), hold("second"), hold("third"));
        drop(first);
        assert_eq!(now().as_deref(), Some("third"));
        drop(third);
        assert_eq!(now().as_deref(), Some("second"));
        drop(second);
        assert_eq!(now(), None);
        SLOT.with(|slot| assert_eq!(slot.held.borrow().capacity(), 0));
    }

    #[test]
    fn a_guard_may_leave_the_closure_it_was_made_in() {
        let outer = hold("outer");
        let left = within("closure", || hold("inner"));
        assert_eq!(now().as_deref(), Some("outer"));
        // Nothing of the closure comes back.
        drop(left);
        assert_eq!(now().as_deref(), Some("outer"));
        within("second", || {
            drop(outer);
            assert_eq!(now().as_deref(), Some("second"));
        });
        assert_eq!(now(), None);
        SLOT.with(|slot| assert_eq!(slot.held.borrow().capacity(), 0));
    }

    #[test]
    fn what_is_looked_at_outlives_its_guard() {
        let guard = hold("held");
        let seen = SLOT.with(|slot| slot.held()).unwrap();
        drop(guard);
        assert_eq!(*seen, "held");
        let kept = ManuallyDrop::new(hold("kept"));
        assert_eq!(now().as_deref(), Some("kept"));
        drop(ManuallyDrop::into_inner(kept));
        assert_eq!(now(), None);
    }
}
