//! Blocking jobs: what one is, who runs them, and the pool of threads that most backends run them
//! on.

use std::cell::RefCell;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::task::{self, AbortHandle, JoinHandle, Runnable, Schedule, TaskFuture, TaskSet};
use crate::{TaskOutput, catch_blocking};
use loop_api::Handle;
use loop_api::blocking::{Executor, Job};
use loop_api::shared::ExceptionKind;

mod pool;
#[cfg(all(test, not(anyloop_loom)))]
mod tests;

pub use pool::{Pool, PoolBuilder};

thread_local! {
    static CURRENT: RefCell<Option<AbortHandle>> = const { RefCell::new(None) };
}

/// Whether the blocking job that calls this was asked to end. A job that takes long should look now
/// and then, and return early.
///
/// Outside of a job it is false, and also in a job of a backend that runs them on a pool of its
/// own.
///
/// ```
/// assert!(!loop_toolkit::is_cancelled());
/// ```
pub fn is_cancelled() -> bool {
    CURRENT.with_borrow(|job| job.as_ref().is_some_and(AbortHandle::is_aborted))
}

/// A closure as a job of `handle`'s loop, which is current while it runs, and the handle that
/// awaits it.
pub(crate) fn job<F, T, H>(handle: &H, caller: &'static Location<'static>, f: F) -> (Runnable, JoinHandle<T>)
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
    H: Handle,
{
    let work = Work { f: Some(f), handle: handle.clone(), location: caller };
    task::spawn_unowned(work, NoSchedule(handle.clone()))
}

/// Runs `f` as a blocking job of `handle`'s loop on `executor`, started at `caller`: what
/// [`Handle::run_in_executor`] does.
///
/// A job that is aborted before it began does not run, and its closure is dropped by the call that
/// aborts it. One that has begun runs to its end, and awaiting it waits for that; it can ask
/// [`is_cancelled`].
pub fn run_in<F, T, H>(
    executor: &dyn Executor,
    handle: &H,
    caller: &'static Location<'static>,
    f: F,
) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
    H: Handle,
{
    let (runnable, join) = job(handle, caller, f);
    // A runnable that is dropped cancels its job, and so does a `Job` that owns one.
    match executor.execute(Job::new(move || runnable.run())) {
        Ok(()) => join,
        Err(refused) => JoinHandle::refused(refused),
    }
}

/// What a backend's `spawn_blocking_from` does: as [`run_in`], on the executor that was set for the
/// loop, or else on the backend's pool.
pub fn spawn_blocking<F, T, H>(
    pool: &Pool,
    handle: &H,
    caller: &'static Location<'static>,
    f: F,
) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
    H: Handle,
{
    match handle.shared().default_executor() {
        Some(executor) if !handle.shared().is_closed() => run_in(&*executor, handle, caller, f),
        _ => pool.spawn_blocking_from(handle, caller, f),
    }
}

/// A job as a future that is ready at its first poll.
struct Work<F, H> {
    f: Option<F>,
    handle: H,
    location: &'static Location<'static>,
}

// Nothing in it is pinned.
impl<F, H> Unpin for Work<F, H> {}

impl<F: FnOnce() -> T, T, H: Handle> Future for Work<F, H> {
    type Output = TaskOutput<T, H>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<TaskOutput<T, H>> {
        /// Puts back what was current before: a job may run inside another one.
        struct Restore(Option<AbortHandle>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        // A task is not polled again once it was ready.
        let Some(f) = self.f.take() else { return Poll::Pending };
        let _restore = Restore(CURRENT.replace(AbortHandle::of(cx.waker())));
        Poll::Ready(self.handle.enter(|| catch_blocking(f, self.location)))
    }
}

impl<F: FnOnce() -> T, T, H: Handle> TaskFuture for Work<F, H> {
    type Value = T;
    type Handle = H;
    const KIND: ExceptionKind = ExceptionKind::Blocking;
    // Cancelling a job in a queue need not wait for a thread.
    const ABORT_IN_PLACE: bool = true;
    const ENDS_OUTSIDE: bool = true;

    fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

/// A job is scheduled once, by the caller that makes it, and never again.
struct NoSchedule<H>(H);

impl<H: Handle> Schedule for NoSchedule<H> {
    fn schedule(&self, task: Runnable) {
        drop(task);
    }

    fn within(&self, f: &mut dyn FnMut()) {
        self.0.enter(f);
    }

    fn tasks(&self) -> Option<&TaskSet> {
        None
    }
}
