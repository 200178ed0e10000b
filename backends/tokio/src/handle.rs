//! The loop seen from other threads and from tasks.

use std::future::{Future, poll_fn};
use std::panic::{Location, resume_unwind};
use std::pin::pin;
use std::thread;

use loop_api::blocking::Executor;
use loop_api::context::Entered;
use loop_api::time::Instant;
use loop_api::{Handle, LocalError, Metrics, Refused, Shared};
use loop_toolkit::CatchUnwind;
use tokio::runtime;

use crate::contained::{Contained, Unrun};
use crate::current;
use crate::inner::{Kind, TokioHandle};
use crate::local;
use crate::no_thread::{self, Ticket};
use crate::task::Task;
use crate::time::Sleep;

/// The loop of a runtime that the program runs itself; of one that is run by a
/// [`TokioLoop`](crate::TokioLoop), that loop. Twice the same runtime gives the same loop.
///
/// The first adoption of a runtime spawns one task on it, by which the loop learns that the runtime
/// has ended.
///
/// What an adopted runtime was built without is missing: without `enable_time` sleeping panics there
/// as it does with tokio itself, and without `enable_io` making a socket is an error of the kind
/// `Unsupported` (after the panic hook has been called, as it is tokio's panic that is caught).
///
/// ```
/// use loop_api::Handle;
///
/// let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
/// let handle = loop_tokio::adopt(runtime.handle().clone());
/// assert!(handle.shared().is_adopted());
/// assert_eq!(handle.block_on(handle.spawn(async { 7 })).unwrap(), 7);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn adopt(runtime: runtime::Handle) -> TokioHandle {
    current::find_or_adopt(&runtime)
}

/// From now on a tokio runtime that is entered inside a loop of another backend is known to be the
/// inner one. Making or adopting a tokio loop does it by itself: for a facade that may meet a tokio
/// runtime before that.
pub fn watch() {
    current::watch_workers();
}

impl TokioHandle {
    /// Calls `f` with the loop of the tokio runtime that was entered last on this thread, also
    /// inside a `block_on` of another one.
    pub fn with_entered<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        current::with_ambient(f)
    }

    /// Calls `f` with the loop whose run this thread is in, and no [`enter`](Handle::enter) inside
    /// it.
    #[inline]
    pub fn with_scoped<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        current::with_scoped(f)
    }

    /// Drops what is not spawned, inside the loop. A panic of that is for the exception handler,
    /// not for the caller.
    #[cold]
    fn drop_refused<T>(&self, refused: T) {
        self.enter(|| self.inner.shared.end_step(|| drop(refused)));
    }

    /// Calls `f` where tokio finds this runtime: as it is, on the threads that run it, and
    /// otherwise by entering it.
    #[inline]
    pub(crate) fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        if current::is_inside(self) {
            f()
        } else {
            let _entered = current::enter_runtime(&self.inner.runtime);
            f()
        }
    }

    /// tokio's sleep of this runtime.
    #[inline]
    pub(crate) fn sleep_until_there(&self, deadline: tokio::time::Instant) -> tokio::time::Sleep {
        if current::is_inside(self) {
            return tokio::time::sleep_until(deadline);
        }
        self.sleep_until_from_outside(deadline)
    }

    #[inline(never)]
    fn sleep_until_from_outside(&self, deadline: tokio::time::Instant) -> tokio::time::Sleep {
        match current::enter_runtime(&self.inner.runtime) {
            Some(_entered) => tokio::time::sleep_until(deadline),
            None => self.sleep_by_another_thread(deadline),
        }
    }

    /// This thread is at its end, where tokio has no context any more.
    #[cold]
    fn sleep_by_another_thread(&self, deadline: tokio::time::Instant) -> tokio::time::Sleep {
        let runtime = self.inner.runtime.clone();
        let made = thread::spawn(move || {
            let _entered = runtime.enter();
            tokio::time::sleep_until(deadline)
        });
        made.join().unwrap_or_else(|payload| resume_unwind(payload))
    }

    /// Polls `future` where tokio finds this runtime, on any thread.
    pub(crate) async fn poll_within<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| self.within(|| future.as_mut().poll(cx))).await
    }
}

impl Handle for TokioHandle {
    type Task<T: Send> = Task<T>;
    type LocalTask<T> = Task<T>;
    type Sleep = Sleep;

    #[inline]
    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        current::with(f)
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        let _entered = current::enter_runtime(&self.inner.runtime);
        current::enter(self, f)
    }

    fn enter_guard(&self) -> Entered<'_> {
        current::enter_guard(self, current::enter_runtime(&self.inner.runtime))
    }

    #[inline]
    fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    fn spawn_from<F>(&self, caller: &'static Location<'static>, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        if self.is_closed() {
            self.drop_refused(future);
            return Task::closed();
        }
        Task::new(self.inner.runtime.spawn(Contained::new(CatchUnwind::new(caller, future))))
    }

    /// # Errors
    ///
    /// [`LocalError::Unsupported`] on an adopted runtime: tokio does not tell whether it could. On
    /// a multi-thread runtime such futures stay on the thread inside `block_on`, and only from
    /// there can they be spawned.
    fn try_spawn_local_from<F>(
        &self,
        caller: &'static Location<'static>,
        future: F,
    ) -> Result<Task<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let refused = if self.is_closed() {
            Some(LocalError::Closed)
        } else if self.inner.kind == Kind::Adopted {
            Some(LocalError::Unsupported)
        } else if !self.inner.shared.is_loop_thread() {
            Some(LocalError::NotLoopThread)
        } else {
            None
        };
        if let Some(error) = refused {
            self.drop_refused(future);
            return Err(error);
        }
        let future = Contained::new(CatchUnwind::new(caller, future));
        if self.inner.kind == Kind::Local {
            return Ok(Task::new(self.within(|| tokio::task::spawn_local(future))));
        }
        local::spawn(future).map(Task::new).ok_or(LocalError::NotLoopThread)
    }

    /// Where tokio finds no thread at all for the job it panics, which is caught: the task gives
    /// [`NoThread`](loop_api::JoinError::NoThread). The panic hook has been called by then, and the
    /// closure is dropped only when tokio's pool has a thread again, or ends. (With the feature
    /// `test-util` a job of tokio's keeps its runtime, and such a closure stays after the end.)
    fn spawn_blocking_from<F, T>(&self, caller: &'static Location<'static>, f: F) -> Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        if self.is_closed() {
            self.drop_refused(f);
            return Task::closed();
        }
        if let Some(executor) = self.inner.shared.default_executor() {
            return Task::executor_job(loop_toolkit::run_in(&*executor, self, caller, f));
        }
        let ticket = Ticket::new();
        let unrun = Unrun::new(f, caller);
        let job = move || {
            if ticket.is_good() {
                return unrun.run();
            }
            // It is not awaited, and no panic is reported.
            drop(unrun);
            resume_unwind(Box::new("refused"))
        };
        match no_thread::caught(|| self.inner.runtime.spawn_blocking(job)) {
            Ok(task) => Task::new(task),
            Err(error) => {
                ticket.refuse();
                Task::refused(Refused::NoThread(error.kind()))
            }
        }
    }

    #[track_caller]
    fn run_in_executor<F, T>(&self, executor: &dyn Executor, f: F) -> Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Task::executor_job(loop_toolkit::run_in(executor, self, Location::caller(), f))
    }

    #[inline]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::new(self, deadline)
    }

    /// tokio's clock: the system's, but for a runtime whose time is paused for a test.
    #[inline]
    #[cfg(feature = "test-util")]
    fn test_clock(&self) -> std::io::Result<&dyn loop_api::time::TestClock> {
        Ok(self.stoppable()?)
    }

    fn metrics(&self) -> Metrics {
        let of_tokio = self.inner.runtime.metrics();
        let is_multi_thread = self.inner.runtime.runtime_flavor() == runtime::RuntimeFlavor::MultiThread;
        let mut metrics = Metrics::of_workers(is_multi_thread.then(|| of_tokio.num_workers()));
        metrics.num_alive_tasks = Some(of_tokio.num_alive_tasks());
        metrics.global_queue_depth = Some(of_tokio.global_queue_depth());
        metrics
    }

    fn now(&self) -> Instant {
        Instant::from_std(tokio::time::Instant::now().into_std())
    }
}
