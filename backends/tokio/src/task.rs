//! tokio's `JoinHandle` in the coat that gives every backend the same rules.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use loop_api::error::Panic;
use loop_api::task::Abort;
use loop_api::toolkit::Caught;
use loop_api::{JoinError, task};

use crate::handle::TokioHandle;

/// A task on tokio: see [`loop_api::task::Task`]. Dropping it detaches.
#[must_use = "dropping a task's handle detaches the task; call `cancel` to end it"]
pub struct Task<T> {
    /// `None` if the loop was closed already: as wide as the bare handle.
    join: Option<tokio::task::JoinHandle<Caught<T, TokioHandle>>>,
}

impl<T> Task<T> {
    pub(crate) fn new(join: tokio::task::JoinHandle<Caught<T, TokioHandle>>) -> Self {
        Task { join: Some(join) }
    }

    /// What spawning on a closed loop gives.
    pub(crate) fn closed() -> Self {
        Task { join: None }
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(join) = &mut self.join else { return Poll::Ready(Err(JoinError::Closed)) };
        Poll::Ready(match ready!(Pin::new(join).poll(cx)) {
            Ok(caught) => caught.into_result(),
            Err(error) => Err(convert(error)),
        })
    }
}

/// A panic that `Guarded` did not see came from dropping the future.
#[cold]
fn convert(error: tokio::task::JoinError) -> JoinError {
    match error.try_into_panic() {
        Ok(payload) => JoinError::Panicked(Panic::new(payload)),
        Err(_) => JoinError::Cancelled,
    }
}

impl<T> task::Task<T> for Task<T> {
    type Abort = AbortHandle;

    fn abort(&self) {
        if let Some(join) = &self.join {
            join.abort();
        }
    }

    fn abort_handle(&self) -> AbortHandle {
        AbortHandle { abort: self.join.as_ref().map(tokio::task::JoinHandle::abort_handle) }
    }

    fn is_finished(&self) -> bool {
        self.join.as_ref().is_none_or(tokio::task::JoinHandle::is_finished)
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.join.as_ref().map(tokio::task::JoinHandle::id))
            .field("finished", &task::Task::is_finished(self))
            .finish()
    }
}

/// Aborts a task from elsewhere.
#[derive(Clone, Debug)]
pub struct AbortHandle {
    abort: Option<tokio::task::AbortHandle>,
}

impl Abort for AbortHandle {
    fn abort(&self) {
        if let Some(abort) = &self.abort {
            abort.abort();
        }
    }

    fn is_finished(&self) -> bool {
        self.abort.as_ref().is_none_or(tokio::task::AbortHandle::is_finished)
    }
}
