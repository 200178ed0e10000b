//! Tasks that end together.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::children::Children;
use super::{Abort, Task};
use crate::error::JoinError;
use crate::handle::Handle;
use crate::promise::{DeferredError, Promise, promise};

/// A group of tasks that end together, as asyncio's TaskGroup and AnyIO's have it:
/// [`scope`](Self::scope) ends when its body and all its tasks have; the first error or panic
/// aborts the rest. It is cloned into tasks that add tasks. Dropping a clone does nothing; dropping
/// the scope's future aborts the tasks.
///
/// ```
/// use loop_api::{Handle, task::TaskGroup};
///
/// async fn example<H: Handle>(handle: H) {
///     let group = TaskGroup::<H, u32, String>::scope(&handle, |group| async move {
///         group.spawn(async { Ok(1) }).unwrap();
///         group.spawn(async { Ok(2) }).unwrap();
///         "body"
///     });
///     assert_eq!(group.await.unwrap(), ("body", vec![1, 2]));
/// }
/// ```
pub struct TaskGroup<H: Handle, T: Send + 'static, E: Send + 'static> {
    handle: H,
    inner: Arc<Mutex<Inner<H, T, E>>>,
}

/// What aborts a task of `H`.
type AbortOf<H, T> = <<H as Handle>::Task<T> as Task<T>>::Abort;
type Arrived<H, T, E> = Vec<(usize, <H as Handle>::Task<Result<T, E>>)>;

struct Inner<H: Handle, T: Send + 'static, E: Send + 'static> {
    /// How many tasks were spawned: the next one's place among the outputs.
    spawned: usize,
    /// Tasks, with their places, which the scope has not taken yet.
    arrived: Arrived<H, T, E>,
    aborts: Vec<AbortOf<H, Result<T, E>>>,
    /// No task may be added any more: the scope has ended, or is about to.
    closed: bool,
    /// The scope's, to be told of a task that was added.
    waker: Option<Waker>,
}

/// Why a group failed: every error and panic that its tasks ended with before they could be
/// aborted. Never empty.
#[derive(Debug)]
#[non_exhaustive]
pub struct GroupError<E> {
    /// In the order in which they came; the body's own error among them.
    pub errors: Vec<Failure<E>>,
}

/// How one task of a group failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure<E> {
    /// It, or the body, gave an error.
    Error(E),
    /// It panicked, or was aborted from outside the group.
    Join(JoinError),
}

/// The group takes no more tasks: it has ended, or is ending because a task failed. The future has
/// been dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupClosed;

/// Why [`TaskGroup::start`] has nothing to give.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum StartError {
    /// See [`GroupClosed`].
    GroupClosed,
    /// The task ended before it said that it is ready.
    NotReady(DeferredError),
}

impl<H: Handle, T: Send + 'static, E: Send + 'static> TaskGroup<H, T, E> {
    /// Runs `body` with a new group, waits for all its tasks, and gives the body's output and the
    /// tasks', these in the order of spawning.
    ///
    /// When the body or a task fails, the others are aborted, and so is the body; their ends are
    /// waited for. Dropping the future aborts the tasks.
    ///
    /// # Errors
    ///
    /// [`GroupError`], with everything that failed.
    pub async fn scope<B, F>(handle: &H, body: B) -> Result<(F::Output, Vec<T>), GroupError<E>>
    where
        B: FnOnce(Self) -> F,
        F: Future,
    {
        Self::try_scope(handle, |group| {
            let body = body(group);
            async { Ok(body.await) }
        })
        .await
    }

    /// As [`scope`](Self::scope), for a body that may fail itself.
    ///
    /// # Errors
    ///
    /// [`GroupError`], with everything that failed.
    pub async fn try_scope<B, F, R>(handle: &H, body: B) -> Result<(R, Vec<T>), GroupError<E>>
    where
        B: FnOnce(Self) -> F,
        F: Future<Output = Result<R, E>>,
    {
        let group = TaskGroup { handle: handle.clone(), inner: Arc::new(Mutex::new(Inner::new())) };
        // Dropping the future must abort the tasks; so must leaving it by an error.
        let _ending = Ending(&group.inner);
        let body = body(group.clone());
        let mut progress = Progress::<H, _, _, _>::new();
        {
            let mut body = pin!(body);
            poll_fn(|cx| progress.poll_until_first_error(&group.inner, body.as_mut(), cx)).await;
        }
        if let (Some(value), []) = (progress.value.take(), &progress.errors[..]) {
            progress.outputs.sort_by_key(|(index, _)| *index);
            return Ok((value, progress.outputs.into_iter().map(|(_, output)| output).collect()));
        }
        end(&group.inner);
        poll_fn(|cx| progress.poll_leftovers(&group.inner, cx)).await;
        Err(GroupError { errors: progress.errors })
    }

    /// Adds a task to the group.
    ///
    /// # Errors
    ///
    /// [`GroupClosed`] when the scope has ended or is ending; the future is dropped.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Result<(), GroupClosed>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let place = {
            let mut inner = self.lock();
            if inner.closed {
                return Err(GroupClosed);
            }
            // Taken before the task runs: one that it adds comes behind it.
            inner.spawned += 1;
            inner.spawned - 1
        };
        let task = self.handle.spawn(future);
        let abort = task.abort_handle();
        let mut inner = self.lock();
        if inner.closed {
            // It ended in between.
            drop(inner);
            abort.abort();
            return Err(GroupClosed);
        }
        inner.aborts.push(abort);
        inner.arrived.push((place, task));
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// Adds a task and waits until it settles the promise that it is given: until a server listens,
    /// say.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the group is closed, or the task ends without settling it.
    pub async fn start<R, F>(&self, task: impl FnOnce(Promise<R>) -> F) -> Result<R, StartError>
    where
        R: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let (ready, started) = promise();
        self.spawn(task(ready)).map_err(|GroupClosed| StartError::GroupClosed)?;
        started.await.map_err(StartError::NotReady)
    }

    fn lock(&self) -> MutexGuard<'_, Inner<H, T, E>> {
        lock(&self.inner)
    }
}

fn lock<I>(inner: &Mutex<I>) -> MutexGuard<'_, I> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<H: Handle, T: Send + 'static, E: Send + 'static> Inner<H, T, E> {
    fn new() -> Self {
        Inner { spawned: 0, arrived: Vec::new(), aborts: Vec::new(), closed: false, waker: None }
    }
}

/// Takes no more tasks, and aborts those that are there.
fn end<H: Handle, T: Send + 'static, E: Send + 'static>(inner: &Mutex<Inner<H, T, E>>) {
    let aborts = {
        let mut inner = lock(inner);
        inner.closed = true;
        std::mem::take(&mut inner.aborts)
    };
    aborts.iter().for_each(Abort::abort);
}

/// Ends the group when the scope's future is dropped or done.
struct Ending<'a, H: Handle, T: Send + 'static, E: Send + 'static>(&'a Mutex<Inner<H, T, E>>);

impl<H: Handle, T: Send + 'static, E: Send + 'static> Drop for Ending<'_, H, T, E> {
    fn drop(&mut self) {
        end(self.0);
        // The handles go with the scope: clones of the group may live on.
        let mut inner = lock(self.0);
        let left = (std::mem::take(&mut inner.arrived), inner.waker.take());
        drop(inner);
        drop(left);
    }
}

/// What a scope has so far.
struct Progress<H: Handle, R, T: Send + 'static, E: Send + 'static> {
    children: Children<H::Task<Result<T, E>>>,
    /// The place of each child among the outputs, by the child's index.
    places: Vec<usize>,
    value: Option<R>,
    outputs: Vec<(usize, T)>,
    errors: Vec<Failure<E>>,
}

impl<H: Handle, R, T: Send + 'static, E: Send + 'static> Progress<H, R, T, E> {
    fn new() -> Self {
        Progress {
            children: Children::new(),
            places: Vec::new(),
            value: None,
            outputs: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Takes over the tasks that were added.
    fn take_arrived(&mut self, inner: &Mutex<Inner<H, T, E>>) {
        let arrived = std::mem::take(&mut lock(inner).arrived);
        for (place, task) in arrived {
            self.children.push(task);
            self.places.push(place);
        }
    }

    /// Ready when the body and all tasks are done, or one of them failed.
    fn poll_until_first_error(
        &mut self,
        inner: &Mutex<Inner<H, T, E>>,
        body: std::pin::Pin<&mut impl Future<Output = Result<R, E>>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.value.is_none() {
            match body.poll(cx) {
                Poll::Ready(Ok(value)) => self.value = Some(value),
                Poll::Ready(Err(error)) => {
                    self.errors.push(Failure::Error(error));
                    return Poll::Ready(());
                }
                Poll::Pending => {}
            }
        }
        loop {
            self.take_arrived(inner);
            match self.children.poll_next(cx) {
                Poll::Ready(Some((index, Ok(Ok(output))))) => self.outputs.push((self.places[index], output)),
                Poll::Ready(Some((_, Ok(Err(error))))) => self.errors.push(Failure::Error(error)),
                Poll::Ready(Some((_, Err(error)))) => self.errors.push(Failure::Join(error)),
                waiting @ (Poll::Ready(None) | Poll::Pending) => {
                    let waker = cx.waker().clone();
                    let mut inner = lock(inner);
                    if !inner.arrived.is_empty() && !self.children.gave_way() {
                        continue;
                    }
                    if waiting.is_ready() && self.value.is_some() {
                        // Under the same lock, so that no task is added that is not waited for.
                        inner.closed = true;
                        return Poll::Ready(());
                    }
                    let before = inner.waker.replace(waker);
                    drop(inner);
                    drop(before);
                    return Poll::Pending;
                }
            }
            if !self.errors.is_empty() {
                return Poll::Ready(());
            }
        }
    }

    /// Ready when all tasks are gone; those that failed before they could be aborted add their
    /// errors.
    fn poll_leftovers(&mut self, inner: &Mutex<Inner<H, T, E>>, cx: &mut Context<'_>) -> Poll<()> {
        self.take_arrived(inner);
        loop {
            match std::task::ready!(self.children.poll_next(cx)) {
                Some((_, Ok(Err(error)))) => self.errors.push(Failure::Error(error)),
                Some((_, Err(error @ JoinError::Panicked(_)))) => self.errors.push(Failure::Join(error)),
                Some(_) => {}
                None => return Poll::Ready(()),
            }
        }
    }
}

impl<H: Handle, T: Send + 'static, E: Send + 'static> Clone for TaskGroup<H, T, E> {
    fn clone(&self) -> Self {
        TaskGroup { handle: self.handle.clone(), inner: self.inner.clone() }
    }
}

impl<H: Handle, T: Send + 'static, E: Send + 'static> fmt::Debug for TaskGroup<H, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("TaskGroup").field("spawned", &inner.spawned).field("closed", &inner.closed).finish()
    }
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of a group's tasks failed", self.errors.len())?;
        for (n, error) in self.errors.iter().enumerate() {
            write!(f, "{} {error}", if n == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for GroupError<E> {}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Error(error) => error.fmt(f),
            Failure::Join(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for GroupClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the task group takes no more tasks: its scope has ended, or is ending because a task failed",
        )
    }
}

impl std::error::Error for GroupClosed {}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::GroupClosed => GroupClosed.fmt(f),
            StartError::NotReady(_) => f.write_str("the task ended before it said that it is ready"),
        }
    }
}

impl std::error::Error for StartError {}
