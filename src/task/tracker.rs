//! Counting tasks, to wait until all are done.

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use super::{JoinHandle, LocalJoinHandle};
use crate::runtime::Handle;

/// Counts tasks, so that a program can wait for all of them when it ends: tokio-util's type of this
/// name, on any loop. Unlike a [`JoinSet`](super::JoinSet) it keeps no outputs, and its tasks are
/// forgotten as they end.
///
/// tokio-util's own `CancellationToken` needs no runtime, and tells the tasks to end on every loop;
/// its `TaskTracker` counts futures (`track_future`) on every loop too, but spawns on tokio alone.
///
/// Clones count the same tasks.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::task::TaskTracker;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// let (tracker, sum) = (TaskTracker::new(), Arc::new(AtomicU32::new(0)));
/// for n in 1..=3 {
///     let sum = sum.clone();
///     tracker.spawn(async move {
///         anyloop::task::yield_now().await;
///         sum.fetch_add(n, Ordering::Relaxed);
///     });
/// }
/// tracker.close(); // no more are to come
/// tracker.wait().await;
/// assert_eq!(sum.load(Ordering::Relaxed), 6);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct TaskTracker {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tasks: usize,
    closed: bool,
    /// How often it was closed with no task left: a wait that saw fewer is over.
    emptied: u64,
    last_waiter: u64,
    waiters: Vec<(u64, Waker)>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes those who wait if it is closed and empty then.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let woken = if state.closed && state.tasks == 0 {
            state.emptied += 1;
            mem::take(&mut state.waiters)
        } else {
            Vec::new()
        };
        drop(state);
        for (_, waker) in woken {
            waker.wake();
        }
    }
}

impl TaskTracker {
    /// It counts nothing yet, and is open.
    pub fn new() -> TaskTracker {
        TaskTracker::default()
    }

    /// Waits until the tracker is closed and no task is left, at once. Cancel safe.
    pub async fn wait(&self) {
        let mut waiter = Waiter { shared: &self.shared, id: 0, emptied: self.shared.lock().emptied };
        poll_fn(|cx| waiter.poll(cx)).await;
    }

    /// From now on [`wait`](Self::wait) ends when no task is left; more can be spawned all the
    /// same. True if it was open.
    pub fn close(&self) -> bool {
        let mut was_open = false;
        self.shared.change(|state| was_open = !mem::replace(&mut state.closed, true));
        was_open
    }

    /// Takes [`close`](Self::close) back. True if it was closed.
    pub fn reopen(&self) -> bool {
        mem::replace(&mut self.shared.lock().closed, false)
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.shared.lock().tasks
    }

    /// Whether no task is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both count the same tasks.
    pub fn ptr_eq(left: &TaskTracker, right: &TaskTracker) -> bool {
        Arc::ptr_eq(&left.shared, &right.shared)
    }

    /// Counts as a task for as long as it lives, as do its clones.
    ///
    /// ```
    /// let tracker = anyloop::task::TaskTracker::new();
    /// let token = tracker.token();
    /// assert_eq!(tracker.len(), 1);
    /// drop(token);
    /// assert!(tracker.is_empty());
    /// ```
    pub fn token(&self) -> TaskTrackerToken {
        self.shared.change(|state| state.tasks += 1);
        TaskTrackerToken { tracker: self.clone() }
    }

    /// Counts a future until it is dropped, whatever polls it.
    pub fn track_future<F: Future>(&self, future: F) -> TrackedFuture<F> {
        TrackedFuture { future, token: self.token() }
    }

    /// Starts a task on the loop that the caller runs in, and counts it: as
    /// [`task::spawn`](super::spawn).
    ///
    /// # Panics
    ///
    /// Without a loop; [`spawn_on`](Self::spawn_on) needs none.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        super::spawn(self.track_future(future))
    }

    /// Starts a task on the loop of `handle`, and counts it.
    #[track_caller]
    pub fn spawn_on<F>(&self, future: F, handle: &Handle) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        handle.spawn(self.track_future(future))
    }

    /// Starts a task that stays on this thread, and counts it: as
    /// [`task::spawn_local`](super::spawn_local).
    ///
    /// # Panics
    ///
    /// On a thread that is not a loop's.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> LocalJoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        super::spawn_local(self.track_future(future))
    }

    /// Runs `f` on a thread where it may block, and counts it: as
    /// [`task::spawn_blocking`](super::spawn_blocking).
    ///
    /// # Panics
    ///
    /// Without a loop; [`spawn_blocking_on`](Self::spawn_blocking_on) needs none.
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let token = self.token();
        super::spawn_blocking(move || {
            let _token = token;
            f()
        })
    }

    /// [`spawn_blocking`](Self::spawn_blocking) on the loop of `handle`.
    #[track_caller]
    pub fn spawn_blocking_on<F, T>(&self, f: F, handle: &Handle) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let token = self.token();
        handle.spawn_blocking(move || {
            let _token = token;
            f()
        })
    }
}

impl fmt::Debug for TaskTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("TaskTracker").field("len", &state.tasks).field("is_closed", &state.closed).finish()
    }
}

struct Waiter<'a> {
    shared: &'a Shared,
    /// Zero for one who does not wait yet.
    id: u64,
    emptied: u64,
}

impl Waiter<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Cloned and dropped without the lock: the waker may run any code.
        let waker = cx.waker().clone();
        let mut state = self.shared.lock();
        if state.emptied != self.emptied || (state.closed && state.tasks == 0) {
            return Poll::Ready(());
        }
        let displaced = match state.waiters.iter_mut().find(|(id, _)| *id == self.id) {
            Some((_, old)) => Some(mem::replace(old, waker)),
            None => {
                state.last_waiter += 1;
                self.id = state.last_waiter;
                state.waiters.push((self.id, waker));
                None
            }
        };
        drop(state);
        drop(displaced);
        Poll::Pending
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let at = state.waiters.iter().position(|(id, _)| *id == self.id);
        let left = at.map(|at| state.waiters.swap_remove(at));
        drop(state);
        drop(left);
    }
}

/// Counts as a task of a [`TaskTracker`] for as long as it lives.
#[derive(Debug)]
#[must_use = "it counts as a task only while it lives"]
pub struct TaskTrackerToken {
    tracker: TaskTracker,
}

impl TaskTrackerToken {
    /// What counts it.
    pub fn task_tracker(&self) -> &TaskTracker {
        &self.tracker
    }
}

impl Clone for TaskTrackerToken {
    fn clone(&self) -> TaskTrackerToken {
        self.tracker.token()
    }
}

impl Drop for TaskTrackerToken {
    fn drop(&mut self) {
        self.tracker.shared.change(|state| state.tasks -= 1);
    }
}

pin_project! {
    /// A future that a [`TaskTracker`] counts until it is dropped.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TrackedFuture<F> {
        #[pin]
        future: F,
        // Dropped after it.
        token: TaskTrackerToken,
    }
}

impl<F: Future> Future for TrackedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}
