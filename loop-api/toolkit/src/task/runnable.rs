//! A task that can be polled.
#![allow(unsafe_code)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::ptr::NonNull;

use super::header::{self, Header};
use super::state::Start;
use loop_api::task::Id;

/// A task that waits for its turn: there is one exactly while the task is scheduled.
///
/// Dropping it cancels the task: the future is dropped there.
#[must_use = "dropping a runnable cancels its task: `run` it, or keep it until you can"]
pub struct Runnable(pub(super) NonNull<Header>);

// SAFETY: for a task made by `spawn` the future and its output are Send. For one made by
// `spawn_unchecked` its caller answers that it is run and dropped on the right thread.
unsafe impl Send for Runnable {}
// SAFETY: nothing can be done with a shared reference to it.
unsafe impl Sync for Runnable {}

impl Runnable {
    /// # Safety
    ///
    /// The caller gives up a reference, and NOTIFIED is set for this Runnable, or the task was just
    /// made.
    pub(super) unsafe fn from_header(task: NonNull<Header>) -> Self {
        Runnable(task)
    }

    /// Polls the task, or drops its future if it was aborted. If it was woken meanwhile it goes to
    /// [`Schedule::yield_now`](super::Schedule::yield_now).
    pub fn run(self) {
        // SAFETY: a Runnable holds a reference.
        let _entered = unsafe { self.0.as_ref() }.id().enter();
        if let Some(again) = self.poll() {
            let task = ManuallyDrop::new(again).0;
            // SAFETY: one reference is for the Runnable; the other keeps the scheduler alive until
            // it is done.
            unsafe {
                let header = task.as_ref();
                header.state.retain();
                (header.vtable.yield_now)(task);
                header::release(task, 1);
            }
        }
    }

    /// Says that a poll of this task begins, on this thread: as
    /// [`coop::begin_poll`](loop_api::coop::begin_poll), before [`poll`](Self::poll).
    #[inline]
    pub fn begin_poll(&self) {
        // SAFETY: a Runnable holds a reference.
        Id::begin_poll(unsafe { self.0.as_ref() }.id_bits());
    }

    /// Where the task was spawned.
    #[inline]
    pub fn spawned_at(&self) -> &'static Location<'static> {
        // SAFETY: a Runnable holds a reference.
        unsafe { (self.0.as_ref().vtable.location)(self.0) }
    }

    /// As [`run`](Self::run), but a task that was woken meanwhile is given back, to be queued
    /// again: for an executor that knows its own queue. It calls [`begin_poll`](Self::begin_poll)
    /// before, by which the task knows its id, and `coop::begin_poll` before it polls what is no
    /// task.
    #[inline]
    #[must_use = "a task that is given back has to be queued again; dropping it cancels it"]
    pub fn poll(self) -> Option<Runnable> {
        let task = ManuallyDrop::new(self).0;
        // SAFETY: a Runnable holds a reference, and `poll` consumes it or gives it back.
        unsafe { if (task.as_ref().vtable.poll)(task) { Some(Runnable(task)) } else { None } }
    }
}

impl Drop for Runnable {
    fn drop(&mut self) {
        // SAFETY: a Runnable holds a reference, which is given up here. Unless Gone, the future is
        // ours.
        unsafe {
            let header = self.0.as_ref();
            match header.state.start(true) {
                Start::Gone => header::release(self.0, 1),
                Start::Poll | Start::Cancel => (header.vtable.cancel)(self.0, 1),
            }
        }
    }
}

impl fmt::Debug for Runnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runnable").finish_non_exhaustive()
    }
}
