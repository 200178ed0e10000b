//! Tasks that end together.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::Task;
use super::children::Children;
use crate::error::JoinError;
use crate::handle::Handle;
use crate::promise::{DeferredError, Promise, promise};

/// A group of tasks that end together, as asyncio's TaskGroup and AnyIO's have it:
/// [`scope`](Self::scope) ends when its body and all its tasks have; the first error or panic
/// aborts the rest. It is cloned into tasks that add tasks. Dropping a clone does nothing; dropping
/// the scope's future aborts the tasks.
///
/// A group may live as long as a program: of a task that has ended it keeps the output alone, and
/// nothing where that is `()`.
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

type Arrived<H, T, E> = Vec<(usize, <H as Handle>::Task<Result<T, E>>)>;

struct Inner<H: Handle, T: Send + 'static, E: Send + 'static> {
    /// How many tasks were spawned: the next one's place among the outputs.
    spawned: usize,
    /// Tasks, with their places, which the scope has not taken yet.
    arrived: Arrived<H, T, E>,
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
        // Dropping the future must abort the tasks; so must leaving it by an error. The body goes
        // before.
        let mut progress = Progress::<H, _, _, _>::new(&group.inner);
        let body = body(group.clone());
        {
            let mut body = pin!(body);
            poll_fn(|cx| progress.poll_until_first_error(body.as_mut(), cx)).await;
        }
        if let (Some(value), []) = (progress.value.take(), &progress.errors[..]) {
            return Ok((value, progress.outputs.take()));
        }
        progress.end();
        poll_fn(|cx| progress.poll_leftovers(cx)).await;
        Err(GroupError { errors: std::mem::take(&mut progress.errors) })
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
        let mut inner = self.lock();
        if inner.closed {
            // It ended in between.
            drop(inner);
            task.abort();
            return Err(GroupClosed);
        }
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
        Inner { spawned: 0, arrived: Vec::new(), closed: false, waker: None }
    }
}

/// The outputs of tasks, by their places. Where an output needs no memory, it gets none.
struct Outputs<T> {
    /// Of each output, unless they are all alike.
    places: Vec<usize>,
    outputs: Vec<T>,
}

impl<T> Outputs<T> {
    fn push(&mut self, place: usize, output: T) {
        if size_of::<T>() > 0 {
            self.places.push(place);
        }
        self.outputs.push(output);
    }

    /// In the order of their places.
    fn take(&mut self) -> Vec<T> {
        let outputs = std::mem::take(&mut self.outputs);
        if size_of::<T>() == 0 {
            return outputs;
        }
        let mut placed: Vec<_> = std::mem::take(&mut self.places).into_iter().zip(outputs).collect();
        placed.sort_by_key(|(place, _)| *place);
        placed.into_iter().map(|(_, output)| output).collect()
    }
}

/// What a scope has so far. Its drop ends the group, when the scope's future is dropped or done.
struct Progress<'a, H: Handle, R, T: Send + 'static, E: Send + 'static> {
    inner: &'a Mutex<Inner<H, T, E>>,
    children: Children<H::Task<Result<T, E>>>,
    /// The place among the outputs of each child that is not done, by the child's index.
    places: Vec<usize>,
    value: Option<R>,
    outputs: Outputs<T>,
    errors: Vec<Failure<E>>,
}

impl<H: Handle, R, T: Send + 'static, E: Send + 'static> Drop for Progress<'_, H, R, T, E> {
    fn drop(&mut self) {
        self.end();
        // Clones of the group may live on, and need not wake the scope any more.
        let waker = lock(self.inner).waker.take();
        drop(waker);
    }
}

impl<'a, H: Handle, R, T: Send + 'static, E: Send + 'static> Progress<'a, H, R, T, E> {
    fn new(inner: &'a Mutex<Inner<H, T, E>>) -> Self {
        Progress {
            inner,
            children: Children::new(),
            places: Vec::new(),
            value: None,
            outputs: Outputs { places: Vec::new(), outputs: Vec::new() },
            errors: Vec::new(),
        }
    }

    /// Takes over the tasks that were added.
    fn take_arrived(&mut self) {
        let arrived = std::mem::take(&mut lock(self.inner).arrived);
        for (place, task) in arrived {
            let index = self.children.push_in_vacant(task);
            if index == self.places.len() {
                self.places.push(place);
            } else {
                self.places[index] = place;
            }
        }
    }

    /// Takes no more tasks, and aborts those that are there.
    fn end(&mut self) {
        lock(self.inner).closed = true;
        self.take_arrived();
        self.children.iter().for_each(Task::abort);
    }

    /// Ready when the body and all tasks are done, or one of them failed.
    fn poll_until_first_error(
        &mut self,
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
            self.take_arrived();
            match self.children.poll_next(cx) {
                Poll::Ready(Some((index, Ok(Ok(output))))) => {
                    self.outputs.push(self.places[index], output);
                    self.children.vacate(index);
                }
                Poll::Ready(Some((_, Ok(Err(error))))) => self.errors.push(Failure::Error(error)),
                Poll::Ready(Some((_, Err(error)))) => self.errors.push(Failure::Join(error)),
                waiting @ (Poll::Ready(None) | Poll::Pending) => {
                    let waker = cx.waker().clone();
                    let mut inner = lock(self.inner);
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
    fn poll_leftovers(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match std::task::ready!(self.children.poll_next(cx)) {
                Some((_, Ok(Err(error)))) => self.errors.push(Failure::Error(error)),
                Some((_, Err(error @ JoinError::Panicked(..)))) => self.errors.push(Failure::Join(error)),
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

#[cfg(all(test, not(anyloop_loom)))]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::event_loop::EventLoop;
    use crate::test_loop::{TestHandle, TestLoop};

    type Group<T> = TaskGroup<TestHandle, T, ()>;

    #[test]
    fn a_group_keeps_nothing_of_tasks_that_have_ended() {
        let mut event_loop = TestLoop::new().unwrap();
        let handle = event_loop.handle().clone();
        let group = Group { handle, inner: Arc::new(Mutex::new(Inner::new())) };
        let mut progress = Progress::<_, (), (), ()>::new(&group.inner);
        let mut body = pin!(pending::<Result<(), ()>>());
        event_loop.block_on(async {
            group.spawn(pending()).unwrap();
            for round in 1..=1000 {
                group.spawn(async { Ok(()) }).unwrap();
                poll_fn(|cx| {
                    assert!(progress.poll_until_first_error(body.as_mut(), cx).is_pending());
                    if progress.outputs.outputs.len() < round { Poll::Pending } else { Poll::Ready(()) }
                })
                .await;
            }
        });
        assert_eq!((progress.children.len(), progress.places.len()), (2, 2));
        assert_eq!(progress.outputs.places.capacity() + lock(&group.inner).arrived.capacity(), 0);
        assert_eq!(progress.outputs.take().len(), 1000);
    }

    #[test]
    fn outputs_are_in_the_order_of_spawning_though_places_are_taken_again() {
        let mut event_loop = TestLoop::new().unwrap();
        let handle = event_loop.handle().clone();
        let outputs = event_loop.block_on(Group::scope(&handle, |group| async move {
            for n in 0..30 {
                let wait = async move {
                    for _ in 0..n % 4 {
                        yield_once().await;
                    }
                    Ok(n)
                };
                group.spawn(wait).unwrap();
                yield_once().await;
            }
        }));
        assert_eq!(outputs.unwrap().1, (0..30).collect::<Vec<_>>());
    }

    async fn yield_once() {
        let mut yielded = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
