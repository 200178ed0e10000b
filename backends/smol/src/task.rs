//! async-task's handle in a wrapper that gives it the rules of [`loop_api::task::Task`].

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use async_task::FallibleTask;
use loop_api::JoinError;
use loop_api::task::{Abort, Id, Task};
use loop_toolkit::task as job;

use crate::inner::TaskOutput;
use crate::one_thread::LocalTask;

mod abort;
mod cancellation;
mod rescue;
mod shared;

pub use abort::AbortHandle;
use abort::Target;
pub(crate) use cancellation::{Cancellable, Cancellation, Delivered};
use shared::SharedTask;

type Share<T> = fn(FallibleTask<TaskOutput<T>>, Id) -> Arc<dyn SharedTask<TaskOutput<T>> + Send + Sync>;

/// The handle of a task: what `spawn`, `spawn_local` and `spawn_blocking` give. See
/// [`loop_api::task::Task`].
///
/// Dropping it detaches the task. Awaiting it by `&mut` is cancel safe.
pub struct JoinHandle<T> {
    /// Locked only for `abort` and what goes with it, which take the handle by `&`: awaiting has it
    /// by `&mut`.
    slot: Mutex<Slot<T>>,
    id: Id,
}

enum Slot<T> {
    /// Nothing was asked for beside the output.
    Own(FallibleTask<TaskOutput<T>>, Share<T>),
    Shared(Arc<dyn SharedTask<TaskOutput<T>> + Send + Sync>),
    Local(LocalTask<Option<TaskOutput<T>>>, Arc<Cancellation>),
    Blocking(job::JoinHandle<T>),
    Closed,
    Done,
}

impl<T> JoinHandle<T> {
    #[inline]
    fn new(slot: Slot<T>, id: Id) -> Self {
        JoinHandle { slot: Mutex::new(slot), id }
    }

    #[inline]
    pub(crate) fn of_task(task: async_task::Task<TaskOutput<T>>, id: Id) -> Self
    where
        T: Send + 'static,
    {
        Self::new(Slot::Own(task.fallible(), shared::share::<TaskOutput<T>>), id)
    }

    pub(crate) fn of_local(task: LocalTask<Option<TaskOutput<T>>>, cancellation: Arc<Cancellation>) -> Self {
        let id = cancellation.id;
        Self::new(Slot::Local(task, cancellation), id)
    }

    pub(crate) fn of_job(job: job::JoinHandle<T>) -> Self {
        let id = job.id();
        Self::new(Slot::Blocking(job), id)
    }

    pub(crate) fn closed() -> Self {
        Self::new(Slot::Closed, Id::next())
    }

    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// What a task gave; nothing, if it was cancelled.
#[inline]
fn finish<T>(output: Option<TaskOutput<T>>, id: Id) -> Result<T, JoinError> {
    match output {
        Some(caught) => caught.into_result(|| id),
        None => Err(JoinError::Cancelled(id)),
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let id = self.id;
        let slot = self.slot.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        match slot {
            Slot::Own(task, _) => Pin::new(task).poll(cx).map(|output| finish(output, id)),
            other => other.poll_less_common(cx, id),
        }
    }
}

impl<T> Slot<T> {
    /// Out of the way of the common case.
    #[cold]
    fn poll_less_common(&mut self, cx: &mut Context<'_>, id: Id) -> Poll<Result<T, JoinError>> {
        let output = match self {
            Slot::Own(task, _) => ready!(Pin::new(task).poll(cx)),
            Slot::Shared(task) => ready!(task.poll(cx)),
            Slot::Local(task, _) => ready!(Pin::new(task).poll(cx)).flatten(),
            Slot::Blocking(job) => return Pin::new(job).poll(cx),
            Slot::Closed => return Poll::Ready(Err(JoinError::Closed(id))),
            Slot::Done => None,
        };
        Poll::Ready(finish(output, id))
    }

    #[cold]
    fn detach_less_common(self) {
        match self {
            Slot::Own(task, _) => task.detach(),
            Slot::Shared(task) => task.detach(),
            Slot::Local(task, _) => task.detach(),
            // A job's own handle detaches.
            Slot::Blocking(_) | Slot::Closed | Slot::Done => {}
        }
    }
}

impl<T> Task<T> for JoinHandle<T> {
    type Abort = AbortHandle;

    fn abort(&self) {
        self.abort_handle().abort();
    }

    fn abort_handle(&self) -> AbortHandle {
        let mut slot = self.lock();
        match mem::replace(&mut *slot, Slot::Done) {
            Slot::Own(task, share) => *slot = Slot::Shared(share(task, self.id)),
            other => *slot = other,
        }
        match &*slot {
            Slot::Shared(task) => task.clone().abort_handle(),
            Slot::Local(_, cancellation) => AbortHandle::new(cancellation.clone()),
            Slot::Blocking(job) => AbortHandle { target: Target::Job(job.abort_handle()) },
            Slot::Own(..) | Slot::Closed | Slot::Done => AbortHandle { target: Target::Nothing(self.id) },
        }
    }

    fn is_finished(&self) -> bool {
        let shared = match &*self.lock() {
            Slot::Own(task, _) => return task.is_finished(),
            Slot::Local(task, _) => return task.is_finished(),
            Slot::Blocking(job) => return job.is_finished(),
            Slot::Closed | Slot::Done => return true,
            Slot::Shared(task) => task.clone(),
        };
        shared.is_finished()
    }

    fn id(&self) -> Id {
        self.id
    }
}

impl<T> Drop for JoinHandle<T> {
    #[inline]
    fn drop(&mut self) {
        let slot = self.slot.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        // async-task cancels what is dropped.
        match mem::replace(slot, Slot::Done) {
            Slot::Own(task, _) => task.detach(),
            other => other.detach_less_common(),
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("finished", &self.is_finished()).finish()
    }
}
