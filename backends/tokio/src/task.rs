//! tokio's `JoinHandle` in the wrapper that gives every backend the same rules.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use loop_api::context::number_of;
use loop_api::task::{Abort, Id};
use loop_api::{JoinError, Refused, task};
use loop_toolkit::TaskOutput;

use crate::contained;
use crate::inner::TokioHandle;

/// A task on tokio: see [`loop_api::task::Task`]. Dropping it detaches.
#[must_use = "dropping a task's handle detaches the task; call `cancel` to end it"]
pub struct Task<T> {
    join: Join<T>,
}

enum Join<T> {
    Tokio(tokio::task::JoinHandle<TaskOutput<T, TokioHandle>>),
    /// A blocking job on an executor of the user's choice.
    Executor(loop_toolkit::task::JoinHandle<T>),
    /// The loop was closed already, or there is no thread for the job.
    Refused(Refused, Id),
}

impl<T> Task<T> {
    pub(crate) fn new(join: tokio::task::JoinHandle<TaskOutput<T, TokioHandle>>) -> Self {
        Task { join: Join::Tokio(join) }
    }

    pub(crate) fn executor_job(join: loop_toolkit::task::JoinHandle<T>) -> Self {
        Task { join: Join::Executor(join) }
    }

    /// What spawning on a closed loop gives.
    pub(crate) fn closed() -> Self {
        Self::refused(Refused::Closed)
    }

    pub(crate) fn refused(refused: Refused) -> Self {
        Task { join: Join::Refused(refused, Id::next()) }
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match &mut self.join {
            Join::Tokio(join) => match ready!(Pin::new(&mut *join).poll(cx)) {
                Ok(caught) => caught.into_result(|| ours(join.id())),
                Err(error) => Err(convert(error)),
            },
            Join::Executor(join) => return Pin::new(join).poll(cx),
            Join::Refused(refused, id) => Err(refused.into_join_error(*id)),
        })
    }
}

#[cold]
fn convert(error: tokio::task::JoinError) -> JoinError {
    let id = ours(error.id());
    match error.try_into_panic() {
        Ok(payload) => contained::open(payload, id),
        Err(_) => JoinError::Cancelled(id),
    }
}

/// tokio's id of a task as ours.
fn ours(id: tokio::task::Id) -> Id {
    Id::foreign(number_of(&id))
}

/// The task of tokio's that calls this.
pub(crate) fn current_id() -> Option<Id> {
    tokio::task::try_id().map(ours)
}

impl<T> task::Task<T> for Task<T> {
    type Abort = AbortHandle;

    fn abort(&self) {
        match &self.join {
            Join::Tokio(join) => join.abort(),
            Join::Executor(join) => join.abort(),
            Join::Refused(..) => {}
        }
    }

    fn abort_handle(&self) -> AbortHandle {
        AbortHandle(match &self.join {
            Join::Tokio(join) => Aborts::Tokio(join.abort_handle()),
            Join::Executor(join) => Aborts::Executor(join.abort_handle()),
            Join::Refused(_, id) => Aborts::Nothing(*id),
        })
    }

    fn is_finished(&self) -> bool {
        match &self.join {
            Join::Tokio(join) => join.is_finished(),
            Join::Executor(join) => join.is_finished(),
            Join::Refused(..) => true,
        }
    }

    fn id(&self) -> Id {
        match &self.join {
            Join::Tokio(join) => ours(join.id()),
            Join::Executor(join) => join.id(),
            Join::Refused(_, id) => *id,
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &task::Task::id(self))
            .field("finished", &task::Task::is_finished(self))
            .finish_non_exhaustive()
    }
}

/// Aborts a task from anywhere.
#[derive(Clone, Debug)]
pub struct AbortHandle(Aborts);

#[derive(Clone, Debug)]
enum Aborts {
    Tokio(tokio::task::AbortHandle),
    Executor(loop_toolkit::task::AbortHandle),
    /// There never was a task.
    Nothing(Id),
}

impl Abort for AbortHandle {
    fn abort(&self) {
        match &self.0 {
            Aborts::Tokio(abort) => abort.abort(),
            Aborts::Executor(abort) => abort.abort(),
            Aborts::Nothing(_) => {}
        }
    }

    fn is_finished(&self) -> bool {
        match &self.0 {
            Aborts::Tokio(abort) => abort.is_finished(),
            Aborts::Executor(abort) => abort.is_finished(),
            Aborts::Nothing(_) => true,
        }
    }

    fn id(&self) -> Id {
        match &self.0 {
            Aborts::Tokio(abort) => ours(abort.id()),
            Aborts::Executor(abort) => abort.id(),
            Aborts::Nothing(id) => *id,
        }
    }
}
