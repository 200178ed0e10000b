//! Tasks that stay on a thread, waited for and ended together: tokio's name for it.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{AbortHandle, LocalJoinHandle, TaskTracker, TrackedFuture};
use crate::runtime::{Id, Runtime};

/// Tasks that stay on this thread, waited for and ended together. It is thin: the loop's thread can
/// [`spawn_local`](super::spawn_local) by itself, and tasks of the set run whenever the loop does,
/// not only while the set is polled, as tokio's.
///
/// Awaited, by `&mut` or by value, it waits until its tasks have ended. Dropped, it asks those that
/// are left to end. What is spawned by the free [`spawn_local`](super::spawn_local) does not belong
/// to it.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::task::LocalSet;
/// use std::{cell::Cell, rc::Rc};
///
/// let (set, sum) = (LocalSet::new(), Rc::new(Cell::new(0)));
/// for n in 1..=3 {
///     let sum = sum.clone();
///     set.spawn_local(async move { sum.set(sum.get() + n) });
/// }
/// let kept = sum.clone();
/// assert_eq!(set.run_until(async { anyloop::task::spawn_local(async move { kept.get() }).await }).await?, 6);
/// set.await;
/// assert_eq!(sum.get(), 6);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[must_use = "dropping the set ends its tasks"]
pub struct LocalSet {
    tasks: RefCell<Vec<AbortHandle>>,
    tracker: TaskTracker,
    id: Id,
    /// What awaits the set, from its first poll.
    wait: Option<Pin<Box<dyn Future<Output = ()>>>>,
    not_send: PhantomData<*const ()>,
}

impl LocalSet {
    /// No tasks.
    pub fn new() -> LocalSet {
        let tracker = TaskTracker::new();
        tracker.close();
        LocalSet { tasks: RefCell::default(), tracker, id: Id::next(), wait: None, not_send: PhantomData }
    }

    /// Starts a task that stays on this thread, and adds it.
    ///
    /// # Panics
    ///
    /// Outside of the loop's thread, as [`task::spawn_local`](super::spawn_local): where tokio
    /// keeps the task until the set is run, call this within `block_on`.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> LocalJoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task: LocalJoinHandle<F::Output> =
            super::spawn_local::<TrackedFuture<F>>(self.tracker.track_future(future));
        let mut tasks = self.tasks.borrow_mut();
        if tasks.len() == tasks.capacity() {
            tasks.retain(|task| !task.is_finished());
        }
        tasks.push(task.abort_handle());
        task
    }

    /// A number for the set, which no loop and no other set has.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Runs `future`, while the set's tasks run beside it. Cancel safe if `future` is.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        future.await
    }

    /// [`Runtime::block_on`], by tokio's name.
    ///
    /// # Panics
    ///
    /// As `Runtime::block_on`.
    #[track_caller]
    pub fn block_on<F: Future>(&self, runtime: &mut Runtime, future: F) -> F::Output {
        runtime.block_on(future)
    }

    /// Does nothing: on the loop's thread [`task::spawn_local`](super::spawn_local) works without
    /// it. It is here so that tokio's programs port.
    pub fn enter(&self) -> LocalEnterGuard {
        LocalEnterGuard { not_send: PhantomData }
    }
}

impl Default for LocalSet {
    fn default() -> Self {
        LocalSet::new()
    }
}

impl Future for LocalSet {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let tracker = &this.tracker;
        let wait = this.wait.get_or_insert_with(|| {
            let tracker = tracker.clone();
            Box::pin(async move { tracker.wait().await })
        });
        let done = wait.as_mut().poll(cx);
        if done.is_ready() {
            this.wait = None;
        }
        done
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        self.tasks.get_mut().iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet").field("len", &self.tracker.len()).finish_non_exhaustive()
    }
}

/// What [`LocalSet::enter`] gives.
#[derive(Debug)]
#[must_use = "as tokio's"]
pub struct LocalEnterGuard {
    not_send: PhantomData<*const ()>,
}
