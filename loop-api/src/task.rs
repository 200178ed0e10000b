//! Tasks: what `spawn` gives back, and many of them together.
//!
//! [`wait`], [`as_completed`], [`join_all`] and [`staggered`] wait for many futures, tasks or not;
//! a [`TaskGroup`] ends together; [`task_local!`](crate::task_local) declares values that belong to
//! a task.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::JoinError;

mod children;
mod group;
mod id;
mod join;
mod local;
mod wait;
mod woken;

pub use group::{Failure, GroupClosed, GroupError, StartError, TaskGroup};
#[doc(hidden)]
pub use id::set_foreign_id;
pub use id::{EnteredTask, Id, id, try_id};
pub use join::{join_all, join_map, try_join_all};
pub use local::{AccessError, LocalKey, Scope};
pub use wait::{AsCompleted, Wait, Waited, as_completed, staggered, wait};
#[doc(hidden)]
pub use woken::{Member, Woken};

/// The handle of a spawned task: the backend's own, in a wrapper that gives all backends the same
/// rules.
///
/// - Awaiting it gives the task's output, or the [`JoinError`] that ended it.
/// - Dropping it detaches: the loop owns the task, which runs on.
/// - A panic reaches the caller that awaits as [`JoinError::Panicked`]; if the task is not awaited,
///   it reaches the loop's exception handler. It never ends the loop or another task.
/// - When the loop is dropped first, the task is dropped with it and awaiting gives
///   [`JoinError::Cancelled`].
///
/// Cancel safety: awaiting by `&mut` loses nothing when the await is dropped.
///
/// ```
/// use loop_api::{Handle, task::{Abort, Task}};
///
/// async fn example<H: Handle>(handle: H) {
///     let endless = handle.spawn(std::future::pending::<()>());
///     let abort = endless.abort_handle();
///     assert!(endless.cancel().await.unwrap_err().is_cancelled());
///     assert!(abort.is_finished());
///
///     let panics = handle.spawn(async { panic!("alone") });
///     assert!(panics.await.unwrap_err().is_panic());
/// }
/// ```
pub trait Task<T>: Future<Output = Result<T, JoinError>> + Unpin {
    /// What [`abort_handle`](Self::abort_handle) gives.
    type Abort: Abort;

    /// Asks the task to end at its next suspension; a task that is done already keeps its output.
    /// It returns at once, and awaiting the task tells when its future is gone. A task that was
    /// never polled never will be. Idempotent.
    fn abort(&self);

    /// A handle that can abort the task from elsewhere, and does not keep its output alive.
    fn abort_handle(&self) -> Self::Abort;

    /// Whether the task has ended, in whatever way. After `abort` it becomes true only once the
    /// future is gone.
    fn is_finished(&self) -> bool;

    /// Which task it is: what [`id()`] gives inside it.
    fn id(&self) -> Id;

    /// Asks the task to end, and waits until its future is gone. If the output came first it is
    /// given, and so is a panic; otherwise [`JoinError::Cancelled`].
    ///
    /// The request is made at once, not at the first poll. Dropping what this returns does not take
    /// it back.
    fn cancel(self) -> Cancel<Self>
    where
        Self: Sized,
    {
        self.abort();
        Cancel { task: self }
    }
}

/// Aborts a task from elsewhere: see [`Task::abort_handle`].
pub trait Abort: Clone + Send + Sync + 'static {
    /// As [`Task::abort`].
    fn abort(&self);

    /// As [`Task::is_finished`].
    fn is_finished(&self) -> bool;

    /// As [`Task::id`].
    fn id(&self) -> Id;
}

/// Waits for a task that was asked to end: see [`Task::cancel`].
#[derive(Debug)]
#[must_use = "the task has been asked to end; `.await` this to know when its future is gone"]
pub struct Cancel<J> {
    task: J,
}

impl<J: Future + Unpin> Future for Cancel<J> {
    type Output = J::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(cx)
    }
}
