//! Making tasks: a cell, the `Runnable` that is its first turn, and the handle that awaits it.
#![allow(unsafe_code)]

use super::cell;
use super::join::JoinHandle;
use super::list::TaskSet;
use super::runnable::Runnable;
use super::schedule::{Schedule, TaskFuture};
use crate::CatchUnwind;
use loop_api::Handle;
use loop_api::loom_shim::inject;
use loop_api::task::Id;

impl TaskSet {
    /// Makes a task, which the caller schedules: `schedule.schedule(runnable)`, or a shorter way to
    /// the same place.
    ///
    /// `schedule` is kept in the task, so it should be small: an `Arc`. Its
    /// [`tasks`](Schedule::tasks) must be this set. On a closed set there is no `Runnable`, the
    /// future is dropped, and the handle gives [`JoinError::Closed`](loop_api::JoinError::Closed).
    pub fn spawn<F, H, S>(
        &self,
        future: CatchUnwind<F, H>,
        schedule: S,
    ) -> (Option<Runnable>, JoinHandle<F::Output>)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
        H: Handle,
        S: Schedule,
    {
        // SAFETY: the future is Send, and so is its output.
        unsafe { self.spawn_unchecked(future, schedule) }
    }

    /// [`spawn`](Self::spawn) for a future that is not `Send`.
    ///
    /// # Safety
    ///
    /// If the future or its output is not `Send`, then until [`close`](Self::close) has returned
    /// the task's `Runnable`s must be run and dropped on the calling thread only; `close` must be
    /// called on that thread, and so must be the drop of a set that is not closed.
    pub unsafe fn spawn_unchecked<F, H, S>(
        &self,
        future: CatchUnwind<F, H>,
        schedule: S,
    ) -> (Option<Runnable>, JoinHandle<F::Output>)
    where
        F: Future + 'static,
        F::Output: 'static,
        H: Handle,
        S: Schedule,
    {
        let open_before = inject("spawn looks for a close before it has the lock") && !self.is_closed();
        let task = cell::allocate(future, schedule, 3, 0);
        let mut list = self.lock();
        if list.closed && !open_before {
            drop(list);
            let closed = JoinHandle::closed();
            // SAFETY: no other thread knows of the task.
            unsafe {
                task.as_ref().set_id_bits(closed.id().bits());
                cell::discard::<CatchUnwind<F, H>, S>(task);
            }
            return (None, closed);
        }
        // SAFETY: the task is alive, in no list, and one of its references is for this one.
        unsafe { list.push(task) };
        drop(list);
        // SAFETY: the two other references are for these, the task is scheduled, and F::Output is
        // what it gives.
        unsafe { (Some(Runnable::from_header(task)), JoinHandle::from_header(task)) }
    }
}

/// Makes a task that is in no set. If nothing is left that could wake it, its future is dropped.
pub(crate) fn spawn_unowned<F, S>(future: F, schedule: S) -> (Runnable, JoinHandle<F::Value>)
where
    F: TaskFuture + Send + 'static,
    F::Value: Send + 'static,
    S: Schedule,
{
    let task = cell::allocate(future, schedule, 2, Id::next().bits());
    // SAFETY: the task's two references are for these, and it gives F::Value.
    unsafe { (Runnable::from_header(task), JoinHandle::from_header(task)) }
}
