//! What spawning gives back.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use loop_api::JoinError;
use loop_api::task::{Abort, Cancel, Id, Task};

use super::early::{Early, EarlyAbort};
use crate::any::dispatch::apart;
use crate::any::{self, each, opaque};

/// A spawned task. Awaiting it gives the task's output, or the [`JoinError`] that ended it;
/// dropping it detaches the task, which runs on.
///
/// Cancel safe: awaited by `&mut`, it loses nothing when the wait is dropped. A panic of the task
/// is [`JoinError::Panicked`], with its payload; if the handle is dropped unread, the panic goes to
/// the loop's exception handler. When the loop is dropped first, the task is dropped with it and
/// awaiting gives [`JoinError::Cancelled`]; on a loop that was closed already,
/// [`JoinError::Closed`].
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let task = anyloop::task::spawn(std::future::pending::<()>());
/// assert!(!task.is_finished());
/// // Asks the task to end, and waits until its future is gone.
/// assert!(task.cancel().await.unwrap_err().is_cancelled());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct JoinHandle<T>(pub(crate) any::Task<T>);

opaque!([<T>] JoinHandle<T>, Task);
impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// Asks the task to end at its next suspension; a task that is done already keeps its output.
    /// Idempotent. It returns at once: to wait until the future is gone, await the handle, or use
    /// [`cancel`](Self::cancel). A blocking job that has begun runs on.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let task = anyloop::task::spawn(std::future::pending::<()>());
    /// task.abort();
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort(&self) {
        each!(Task; &self.0, task => task.abort());
    }

    /// Asks the task to end, and waits until its future is gone. If the output came first it is
    /// given.
    ///
    /// The task is asked at once, not when this is first polled, and dropping what this gives does
    /// not take that back.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let task = anyloop::task::spawn(async { 7 });
    /// anyloop::task::yield_now().await;
    /// match task.cancel().await {
    ///     Ok(output) => assert_eq!(output, 7), // it was done before
    ///     Err(error) => assert!(error.is_cancelled()),
    /// }
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn cancel(self) -> Cancel<Self> {
        Task::cancel(self)
    }

    /// Whether the task has ended, in any way. After an abort this becomes true only when the
    /// future is gone.
    pub fn is_finished(&self) -> bool {
        each!(Task; &self.0, task => task.is_finished())
    }

    /// Which task it is: what [`task::id()`](super::id()) gives inside it.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let task = anyloop::task::spawn(async { anyloop::task::id() });
    /// let id = task.id();
    /// assert_eq!(task.await?, id);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn id(&self) -> Id {
        each!(Task; &self.0, task => task.id())
    }

    /// A handle that can abort the task from anywhere, any number of times, and does not keep its
    /// output.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let task = anyloop::task::spawn(std::future::pending::<()>());
    /// let abort = task.abort_handle();
    /// abort.clone().abort();
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// assert!(abort.is_finished());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle::of_loop(each!(Task => Abort as wrap; &self.0, task => wrap(task.abort_handle())))
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            // In its place: it is so little that a call of its own would be felt.
            #[cfg(feature = "native")]
            any::Task::Native(task) => Pin::new(task).poll(cx),
            #[allow(unreachable_patterns)]
            other => each!(Task; other, task => apart(task, cx, |task, cx| Pin::new(task).poll(cx))),
        }
    }
}

impl<T> Task<T> for JoinHandle<T> {
    type Abort = AbortHandle;

    fn abort(&self) {
        JoinHandle::abort(self);
    }

    fn abort_handle(&self) -> AbortHandle {
        JoinHandle::abort_handle(self)
    }

    fn is_finished(&self) -> bool {
        JoinHandle::is_finished(self)
    }

    fn id(&self) -> Id {
        JoinHandle::id(self)
    }
}

/// A task that was spawned with [`spawn_local`](super::spawn_local), seen from the loop's thread.
/// All that holds for [`JoinHandle`] holds for it, but it is not `Send`, and its output need not
/// be.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use std::rc::Rc;
///
/// let task = anyloop::task::spawn_local(async { Rc::new(1) });
/// assert_eq!(*task.await?, 1);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct LocalJoinHandle<T> {
    task: LocalTask<T>,
    // Whether it could be sent would depend on the backend.
    not_send: PhantomData<*const ()>,
}

enum LocalTask<T> {
    OfLoop(any::LocalTask<T>),
    /// Of a `LocalSet`, spawned before a loop ran.
    Early(Rc<Early<T>>),
}

/// Calls a method of either kind.
macro_rules! either {
    ($handle:expr, $task:ident => $of_loop:expr, $early:ident => $of_early:expr) => {
        match $handle {
            LocalTask::OfLoop(task) => each!(LocalTask; task, $task => $of_loop),
            LocalTask::Early($early) => $of_early,
        }
    };
}

impl<T> LocalJoinHandle<T> {
    pub(crate) fn new(task: any::LocalTask<T>) -> Self {
        LocalJoinHandle { task: LocalTask::OfLoop(task), not_send: PhantomData }
    }

    /// What the loop gave.
    pub(super) fn into_task_of_loop(self) -> any::LocalTask<T> {
        match self.task {
            LocalTask::OfLoop(task) => task,
            LocalTask::Early(_) => unreachable!("it was spawned on a loop"),
        }
    }

    pub(super) fn early(task: Rc<Early<T>>) -> Self {
        LocalJoinHandle { task: LocalTask::Early(task), not_send: PhantomData }
    }

    /// As [`JoinHandle::abort`].
    pub fn abort(&self) {
        either!(&self.task, task => task.abort(), early => early.abort.abort());
    }

    /// As [`JoinHandle::cancel`].
    pub fn cancel(self) -> Cancel<Self> {
        Task::cancel(self)
    }

    /// As [`JoinHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        either!(&self.task, task => task.is_finished(), early => early.abort.is_finished())
    }

    /// As [`JoinHandle::id`].
    pub fn id(&self) -> Id {
        either!(&self.task, task => task.id(), early => early.abort.id)
    }

    /// As [`JoinHandle::abort_handle`]; it works from other threads also.
    pub fn abort_handle(&self) -> AbortHandle {
        match &self.task {
            LocalTask::OfLoop(task) => AbortHandle::of_loop(
                each!(LocalTask => Abort as wrap; task, task => wrap(task.abort_handle())),
            ),
            LocalTask::Early(early) => AbortHandle(Target::Early(early.abort.clone())),
        }
    }
}

impl<T> Future for LocalJoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        either!(&mut self.task, task => Pin::new(task).poll(cx), early => early.poll(cx))
    }
}

impl<T> Task<T> for LocalJoinHandle<T> {
    type Abort = AbortHandle;

    fn abort(&self) {
        LocalJoinHandle::abort(self);
    }

    fn abort_handle(&self) -> AbortHandle {
        LocalJoinHandle::abort_handle(self)
    }

    fn is_finished(&self) -> bool {
        LocalJoinHandle::is_finished(self)
    }

    fn id(&self) -> Id {
        LocalJoinHandle::id(self)
    }
}

impl<T> fmt::Debug for LocalJoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        either!(&self.task, task => fmt::Debug::fmt(task, f), early => {
            f.debug_struct("LocalJoinHandle").field("finished", &early.abort.is_finished()).finish()
        })
    }
}

impl<T> UnwindSafe for LocalJoinHandle<T> {}
impl<T> RefUnwindSafe for LocalJoinHandle<T> {}

/// Aborts a task from anywhere, and does not keep its output alive: see
/// [`JoinHandle::abort_handle`]. Dropping it does nothing.
pub struct AbortHandle(Target);

enum Target {
    OfLoop(any::Abort),
    Early(Arc<EarlyAbort>),
}

impl AbortHandle {
    fn of_loop(task: any::Abort) -> AbortHandle {
        AbortHandle(Target::OfLoop(task))
    }

    /// As [`JoinHandle::abort`].
    pub fn abort(&self) {
        match &self.0 {
            Target::OfLoop(task) => each!(Abort; task, task => task.abort()),
            Target::Early(early) => early.abort(),
        }
    }

    /// As [`JoinHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Target::OfLoop(task) => each!(Abort; task, task => task.is_finished()),
            Target::Early(early) => early.is_finished(),
        }
    }

    /// As [`JoinHandle::id`].
    pub fn id(&self) -> Id {
        match &self.0 {
            Target::OfLoop(task) => each!(Abort; task, task => task.id()),
            Target::Early(early) => early.id,
        }
    }
}

impl Clone for AbortHandle {
    fn clone(&self) -> AbortHandle {
        AbortHandle(match &self.0 {
            Target::OfLoop(task) => {
                Target::OfLoop(each!(Abort => Abort as wrap; task, task => wrap(task.clone())))
            }
            Target::Early(early) => Target::Early(early.clone()),
        })
    }
}

impl Abort for AbortHandle {
    fn abort(&self) {
        AbortHandle::abort(self);
    }

    fn is_finished(&self) -> bool {
        AbortHandle::is_finished(self)
    }

    fn id(&self) -> Id {
        AbortHandle::id(self)
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("is_finished", &self.is_finished()).finish()
    }
}

impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}
