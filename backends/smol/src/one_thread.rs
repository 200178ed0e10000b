//! Tasks that never leave the loop's thread, on an executor that takes tasks from all threads. One
//! executor for both kinds keeps the order in which they were spawned.
//!
//! # Invariant
//!
//! On a loop with an `owner`, the executor is run and dropped on that thread only. async-executor
//! touches a future nowhere else than where it is run or dropped (its `LocalExecutor` is built on
//! the same fact), so a future that is spawned on the owner's thread stays there. `Executor::spawn`
//! asks for `Send` all the same; [`Pinned`] says it.
#![allow(unsafe_code)]

use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll};

use async_executor::Executor;
use async_task::FallibleTask;
use loop_api::{LocalError, context};
use pin_project_lite::pin_project;

/// The loop's executor, until the loop is closed.
#[derive(Debug)]
pub(crate) struct Tasks {
    executor: RwLock<Option<Arc<Executor<'static>>>>,
    /// Whether it takes no more, though what it has is not dropped yet.
    refuses: AtomicBool,
    /// The thread that alone runs and drops the executor; `None` where worker threads do.
    owner: Option<NonZeroU64>,
}

impl Tasks {
    /// For a loop that is run by this thread.
    pub(crate) fn of_this_thread() -> Tasks {
        let executor = RwLock::new(Some(Arc::default()));
        Tasks { executor, refuses: AtomicBool::new(false), owner: Some(context::thread_id()) }
    }

    /// For a loop that is run by many threads.
    pub(crate) fn of_all_threads(executor: Arc<Executor<'static>>) -> Tasks {
        Tasks { executor: RwLock::new(Some(executor)), refuses: AtomicBool::new(false), owner: None }
    }

    /// Spawns a future, or gives it back if the loop is closed.
    #[inline]
    pub(crate) fn spawn<F, T>(&self, future: F) -> Result<async_task::Task<T>, F>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        // `spawn` runs no code of the user's, so nothing comes back for this lock. A future that is
        // refused is dropped without it.
        let executor = self.executor.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &*executor {
            Some(executor) if !self.refuses.load(Ordering::Relaxed) => Ok(executor.spawn(future)),
            _ => Err(future),
        }
    }

    /// Spawns a future that stays on this thread.
    pub(crate) fn spawn_local<F, T>(&self, future: F) -> Result<LocalTask<T>, LocalError>
    where
        F: Future<Output = T> + 'static,
        T: 'static,
    {
        let owner = self.owner.ok_or(LocalError::Unsupported)?;
        if owner != context::thread_id() {
            return Err(LocalError::NotLoopThread);
        }
        // Here the thread is the owner's, which is what makes the promise of `Pinned` true.
        let task = self.spawn(Pinned { inner: future }).map_err(|_refused| LocalError::Closed)?;
        Ok(LocalTask { task: task.fallible(), output: PhantomData })
    }

    /// The executor, for the owner's thread to run.
    ///
    /// # Panics
    ///
    /// On another thread, which no caller can bring about: the loop is not `Send`.
    pub(crate) fn to_run(&self) -> Option<Arc<Executor<'static>>> {
        assert!(self.owner.is_none_or(|owner| owner == context::thread_id()), "the loop has left its thread");
        self.executor.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// From now on `spawn` is refused; what is there stays until `close`.
    pub(crate) fn refuse(&self) {
        self.refuses.store(true, Ordering::Relaxed);
    }

    /// Drops all tasks on this thread. From now on `spawn` is refused, also by the tasks' own
    /// destructors.
    pub(crate) fn close(&self) {
        assert!(self.owner.is_none_or(|owner| owner == context::thread_id()), "the loop has left its thread");
        let executor = self.executor.write().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        drop(executor);
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        // Only a loop that was forgotten, and so never closed, comes here with its tasks. Those
        // that belong to another thread cannot be dropped on this one.
        if self.owner.is_some_and(|owner| owner != context::thread_id()) {
            let executor = self.executor.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
            mem::forget(executor.take());
        }
    }
}

pin_project! {
    /// A future on the executor of its own thread, or the output it left there.
    struct Pinned<F> {
        #[pin]
        inner: F,
    }
}

// SAFETY: `Pinned` is private to this module, which makes one in two places: around a future in
// `Tasks::spawn_local`, after it has made sure that this is the owner's thread, and around that
// future's output, in the poll below. The future is polled and dropped by the executor alone, so by
// the module's invariant on the owner's thread. The output is dropped there too, by the executor,
// or taken by the `LocalTask`, which is `Send` only if the output is.
unsafe impl<F> Send for Pinned<F> {}

impl<F: Future> Future for Pinned<F> {
    type Output = Pinned<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx).map(|inner| Pinned { inner })
    }
}

/// The handle of a task that stays on the loop's thread. The handle itself can leave it if `T` can.
pub(crate) struct LocalTask<T> {
    task: FallibleTask<Pinned<T>>,
    /// For the auto traits: `FallibleTask` is `Send` because `Pinned` is.
    output: PhantomData<T>,
}

impl<T> LocalTask<T> {
    /// Lets the task run on; an output that is there already is dropped.
    pub(crate) fn detach(self) {
        self.task.detach();
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<T> Unpin for LocalTask<T> {}

impl<T> Future for LocalTask<T> {
    /// `None` if the task was dropped before it was done.
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(cx).map(|output| output.map(|pinned| pinned.inner))
    }
}
