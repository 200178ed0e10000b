//! The part of a task that is the same whatever its future: its state, its links, and what can be
//! done to it through them.
#![allow(unsafe_code)]

use std::panic::Location;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use super::state::{State, WakeLast};
use loop_api::loom_shim::UnsafeCell;
use loop_api::task::Id;

/// The part of a cell that does not depend on the future, and stands first in it.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) state: State,
    pub(super) vtable: &'static VTable,
    /// The bits of its id; of a task that is in a set, with the set's number among them.
    id: AtomicU64,
    /// Belongs to the thread that has the lock of that list.
    pub(super) links: UnsafeCell<Links>,
    /// Who awaits the task. Belongs to the join handle or to the completer, as JOIN_WAKER says.
    pub(super) waker: UnsafeCell<Option<Waker>>,
}

impl Header {
    /// Of a new task.
    pub(super) fn new(state: State, vtable: &'static VTable, id: u64) -> Header {
        Header {
            state,
            vtable,
            id: AtomicU64::new(id),
            links: UnsafeCell::new(Links::default()),
            waker: UnsafeCell::new(None),
        }
    }

    /// Which task it is.
    #[inline]
    pub(super) fn id(&self) -> Id {
        Id::from_bits(self.id_bits())
    }

    #[inline]
    pub(super) fn id_bits(&self) -> u64 {
        self.id.load(Ordering::Relaxed)
    }

    /// Names the task, when it is put in its set's list: before any other thread knows of it.
    #[inline]
    pub(super) fn set_id_bits(&self, id: u64) {
        self.id.store(id, Ordering::Relaxed);
    }
}

/// What depends on the future's type. Each takes a task that is alive, of the type the table was
/// made for.
#[derive(Debug)]
pub(super) struct VTable {
    /// Polls on behalf of a `Runnable`, whose reference it consumes; but if true the task was woken
    /// meanwhile, and the reference is for the `Runnable` that is to be made.
    pub(super) poll: unsafe fn(NonNull<Header>) -> bool,
    /// Makes a `Runnable` from a reference that was counted for it, and schedules it. The caller
    /// holds another.
    pub(super) schedule: unsafe fn(NonNull<Header>),
    /// The same with the caller's last reference.
    pub(super) schedule_last: unsafe fn(NonNull<Header>),
    /// As `schedule`, but by `yield_now`.
    pub(super) yield_now: unsafe fn(NonNull<Header>),
    /// Drops the future, which is the caller's (RUNNING), and completes; then releases as many
    /// references as given.
    pub(super) cancel: unsafe fn(NonNull<Header>, usize),
    /// Moves the output of a complete task to a `Result<T, JoinError>`. The output must be the
    /// caller's.
    pub(super) take: unsafe fn(NonNull<Header>, *mut ()),
    /// Drops the output of a complete task. The output must be the caller's.
    pub(super) drop_output: unsafe fn(NonNull<Header>),
    /// Frees the cell, of which no reference may be left.
    pub(super) free: unsafe fn(NonNull<Header>),
    /// Where the task was spawned.
    pub(super) location: unsafe fn(NonNull<Header>) -> &'static Location<'static>,
    /// Whether an abort drops the future on the spot, unless it is being polled.
    pub(super) abort_in_place: bool,
}

/// A task's neighbours in its set. Both are `None` in a task that is in no list, or the only one in
/// its list.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) next: Option<NonNull<Header>>,
    pub(super) previous: Option<NonNull<Header>>,
}

/// # Safety
///
/// The caller holds a reference throughout.
pub(super) unsafe fn wake(task: NonNull<Header>) {
    // SAFETY: alive by contract, and also while `schedule` runs, whatever becomes of the Runnable.
    let header = unsafe { task.as_ref() };
    if header.state.wake() {
        // SAFETY: `wake` counted a reference for the Runnable.
        unsafe { (header.vtable.schedule)(task) }
    }
}

/// # Safety
///
/// The caller gives up a reference.
pub(super) unsafe fn wake_last(task: NonNull<Header>) {
    // SAFETY: alive until the reference is given up, by the state or by one of the branches.
    let header = unsafe { task.as_ref() };
    let vtable = header.vtable;
    match header.state.wake_last() {
        // SAFETY: the reference is the Runnable's now.
        WakeLast::Schedule => unsafe { (vtable.schedule_last)(task) },
        WakeLast::Released(false) => {}
        // SAFETY: it was the last one.
        WakeLast::Released(true) => unsafe { (vtable.free)(task) },
    }
}

/// # Safety
///
/// The caller holds a reference throughout.
pub(super) unsafe fn abort(task: NonNull<Header>) {
    // SAFETY: as in `wake`.
    let header = unsafe { task.as_ref() };
    if header.vtable.abort_in_place {
        if header.state.claim() {
            // SAFETY: claimed.
            unsafe { (header.vtable.cancel)(task, 0) }
        }
    } else if header.state.abort() {
        // SAFETY: `abort` counted a reference for the Runnable.
        unsafe { (header.vtable.schedule)(task) }
    }
}

/// Asks the task to end, and drops its future here unless another thread has it.
///
/// # Safety
///
/// The caller gives up a reference, and may drop the future on this thread.
pub(super) unsafe fn shut(task: NonNull<Header>) {
    // SAFETY: the caller holds a reference; when claimed, the future is ours.
    unsafe {
        let header = task.as_ref();
        if header.state.claim() { (header.vtable.cancel)(task, 1) } else { release(task, 1) }
    }
}

/// Counts a reference.
///
/// # Safety
///
/// The task must be alive.
pub(super) unsafe fn counted(task: NonNull<Header>) -> NonNull<Header> {
    // SAFETY: alive by contract.
    unsafe { task.as_ref() }.state.retain();
    task
}

/// # Safety
///
/// The caller gives up as many references as given.
pub(super) unsafe fn release(task: NonNull<Header>, references: usize) {
    // SAFETY: alive until the references are released.
    let header = unsafe { task.as_ref() };
    let free = header.vtable.free;
    if header.state.release(references) {
        // SAFETY: they were the last.
        unsafe { free(task) }
    }
}
