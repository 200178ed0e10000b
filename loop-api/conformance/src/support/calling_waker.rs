//! Wakers that run code of a test where a waker may run any code.
#![allow(unsafe_code)]

use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Wake, Waker};

/// When a [`calling_waker`] calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WakerCalls {
    /// Each time that it is cloned.
    InClone,
    /// When its last clone is dropped.
    InDrop,
}

/// A waker that wakes nothing, and calls `call` when it is cloned or dropped.
pub fn calling_waker(when: WakerCalls, call: impl Fn() + Send + Sync + 'static) -> Waker {
    match when {
        WakerCalls::InDrop => Waker::from(Arc::new(InDrop(call))),
        WakerCalls::InClone => {
            let data = Arc::into_raw(Arc::new(InClone(Box::new(call))));
            // SAFETY: each waker with this vtable has one reference of the Arc, whose content is
            // Send and Sync; the functions of the vtable count them.
            unsafe { Waker::from_raw(RawWaker::new(data.cast(), &VTABLE)) }
        }
    }
}

struct InDrop<F: Fn()>(F);

impl<F: Fn() + Send + Sync> Wake for InDrop<F> {
    fn wake(self: Arc<Self>) {}
}

impl<F: Fn()> Drop for InDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

struct InClone(Box<dyn Fn() + Send + Sync>);

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, release, |_| (), release);

/// # Safety
///
/// `data` is that of a waker with this vtable.
unsafe fn clone(data: *const ()) -> RawWaker {
    let data = data.cast::<InClone>();
    // SAFETY: the waker that is cloned has a reference, which it keeps during this call.
    unsafe {
        ((*data).0)();
        Arc::increment_strong_count(data);
    }
    RawWaker::new(data.cast(), &VTABLE)
}

/// # Safety
///
/// `data` is that of a waker with this vtable, which is not used again.
unsafe fn release(data: *const ()) {
    // SAFETY: the reference is that of the waker.
    unsafe { Arc::decrement_strong_count(data.cast::<InClone>()) }
}
