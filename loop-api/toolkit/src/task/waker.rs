//! The task's waker: a reference to the cell.
#![allow(unsafe_code)]

use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::header::{self, Header};

/// One for all tasks, whatever their type, so that `will_wake` tells the truth.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// A waker that does not count as a reference.
///
/// # Safety
///
/// `header` must be alive for as long as the result.
pub(super) unsafe fn borrowed(header: NonNull<Header>) -> ManuallyDrop<Waker> {
    // SAFETY: the functions of the vtable keep the contract of RawWaker: they count references
    // atomically and the cell may be woken from any thread. That this one is not counted is made
    // good by ManuallyDrop and by the caller.
    ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(header.as_ptr().cast_const().cast(), &VTABLE)) })
}

/// The task that a waker wakes, if it is one of ours. It borrows the waker's reference.
pub(super) fn task_of(waker: &Waker) -> Option<NonNull<Header>> {
    if is_of_task(waker) { NonNull::new(waker.data().cast::<Header>().cast_mut()) } else { None }
}

/// Whether a waker is that of a task of a [`TaskSet`](super::TaskSet): cloning it runs no other code, and
/// nor does dropping it while the task is polled, so that both may be done under a lock.
///
/// ```
/// assert!(!loop_toolkit::task::is_of_task(std::task::Waker::noop()));
/// ```
#[inline]
pub fn is_of_task(waker: &Waker) -> bool {
    std::ptr::eq(waker.vtable(), &VTABLE)
}

fn task(data: *const ()) -> NonNull<Header> {
    // SAFETY: every RawWaker with this vtable is made by `borrowed` or `clone`, from a NonNull.
    unsafe { NonNull::new_unchecked(data.cast::<Header>().cast_mut()) }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: a waker that is cloned is alive, and so is its task.
    unsafe { task(data).as_ref() }.state.retain();
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the waker's reference, which is given up.
    unsafe { header::wake_last(task(data)) }
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker holds a reference throughout.
    unsafe { header::wake(task(data)) }
}

unsafe fn drop(data: *const ()) {
    // SAFETY: the waker's reference, which is not used after this.
    unsafe { header::release(task(data), 1) }
}
