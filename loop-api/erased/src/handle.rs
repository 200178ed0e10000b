//! Tasks and time of an erased loop.

use std::fmt;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::SystemTime;

use super::task::{self, Entered, LocalEntered, LocalTask, Output, Task};
use super::{CURRENT, ErasedHandle};
use loop_api::blocking::Executor;
use loop_api::context::{self, Scoped};
use loop_api::error::{LocalError, RunError};
use loop_api::shared::Shared;
use loop_api::time::{self, Instant};
use loop_api::{Handle, Metrics};
use loop_toolkit::catch_blocking;

type BoxJob = Box<dyn FnOnce() -> Output + Send>;
type Caller = &'static Location<'static>;

/// [`Handle`] without types of its own.
pub(super) trait DynHandle: fmt::Debug + Send + Sync {
    fn enter(&self, f: &mut dyn FnMut());
    fn enter_guard(&self) -> context::Entered<'_>;
    fn shared(&self) -> &Shared;
    fn spawn(&self, caller: Caller, future: Entered) -> Box<dyn task::DynTask>;
    fn try_spawn_local(
        &self,
        caller: Caller,
        future: LocalEntered,
    ) -> Result<Box<dyn task::DynLocalTask>, LocalError>;
    fn spawn_blocking(&self, caller: Caller, job: BoxJob) -> Box<dyn task::DynTask>;
    fn run_in_executor(&self, executor: &dyn Executor, job: BoxJob) -> Box<dyn task::DynTask>;
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn time::Sleep>>;
    fn now(&self) -> Instant;
    fn wall_clock(&self) -> SystemTime;
    fn random_u64(&self) -> u64;
    fn test_clock(&self) -> io::Result<&dyn time::TestClock>;
    fn metrics(&self) -> Metrics;
    fn refuse(&self);
    fn try_block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) -> Result<(), RunError>;
}

impl<H: Handle> DynHandle for H {
    fn enter(&self, f: &mut dyn FnMut()) {
        Handle::enter(self, f);
    }

    fn enter_guard(&self) -> context::Entered<'_> {
        Handle::enter_guard(self)
    }

    fn shared(&self) -> &Shared {
        Handle::shared(self)
    }

    fn spawn(&self, caller: Caller, future: Entered) -> Box<dyn task::DynTask> {
        Box::new(self.spawn_from(caller, future))
    }

    fn try_spawn_local(
        &self,
        caller: Caller,
        future: LocalEntered,
    ) -> Result<Box<dyn task::DynLocalTask>, LocalError> {
        Ok(Box::new(self.try_spawn_local_from(caller, future)?))
    }

    fn spawn_blocking(&self, caller: Caller, job: BoxJob) -> Box<dyn task::DynTask> {
        Box::new(self.spawn_blocking_from(caller, job))
    }

    fn run_in_executor(&self, executor: &dyn Executor, job: BoxJob) -> Box<dyn task::DynTask> {
        Box::new(Handle::run_in_executor(self, executor, job))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn time::Sleep>> {
        Box::pin(Handle::sleep_until(self, deadline))
    }

    fn now(&self) -> Instant {
        Handle::now(self)
    }

    fn wall_clock(&self) -> SystemTime {
        Handle::wall_clock(self)
    }

    fn random_u64(&self) -> u64 {
        Handle::random_u64(self)
    }

    fn test_clock(&self) -> io::Result<&dyn time::TestClock> {
        Handle::test_clock(self)
    }

    fn metrics(&self) -> Metrics {
        Handle::metrics(self)
    }

    fn refuse(&self) {
        Handle::refuse(self);
    }

    fn try_block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) -> Result<(), RunError> {
        Handle::try_block_on(self, future)
    }
}

/// What was entered by a guard.
#[cold]
fn held() -> Option<Rc<ErasedHandle>> {
    // Fails only while the thread ends.
    CURRENT.try_with(Scoped::held).ok().flatten()
}

impl ErasedHandle {
    /// Calls `f` with the loop that this thread is inside of by a run, a task or
    /// [`enter`](Handle::enter): not with one that it entered by a guard.
    #[inline]
    pub fn with_scoped<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        Scoped::look(&CURRENT, f)
    }
}

impl Handle for ErasedHandle {
    type Task<T: Send> = Task<T>;
    type LocalTask<T> = LocalTask<T>;
    type Sleep = Sleep;

    #[inline]
    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        Scoped::look(&CURRENT, |current| {
            let held = if current.is_none() { held() } else { None };
            f(current.or(held.as_deref()))
        })
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        let mut f = Some(f);
        let mut result = None;
        self.scope(|| self.inner.handle.enter(&mut || result = f.take().map(|f| self.scope(f))));
        match result {
            Some(result) => result,
            None => unreachable!("Handle::enter calls what it is given"),
        }
    }

    fn enter_guard(&self) -> context::Entered<'_> {
        // Dropped in the reverse order: what is ours was entered last.
        let inner = self.inner.handle.enter_guard();
        let slot = Scoped::hold(&CURRENT, Some(self.clone()));
        context::Entered::new(self.inner.handle.shared()).holding((slot, inner))
    }

    fn shared(&self) -> &Shared {
        self.inner.handle.shared()
    }

    fn refuse(&self) {
        self.inner.handle.refuse();
    }

    fn spawn_from<F>(&self, caller: &'static Location<'static>, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let future = Entered::new(self.clone(), future, caller);
        Task::new(self.inner.handle.spawn(caller, future))
    }

    fn try_spawn_local_from<F>(
        &self,
        caller: &'static Location<'static>,
        future: F,
    ) -> Result<LocalTask<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let future = LocalEntered::new(self.clone(), future, caller);
        self.inner.handle.try_spawn_local(caller, future).map(LocalTask::new)
    }

    fn spawn_blocking_from<F, T>(&self, caller: &'static Location<'static>, f: F) -> Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Task::new(self.inner.handle.spawn_blocking(caller, self.job(f, caller)))
    }

    #[track_caller]
    fn run_in_executor<F, T>(&self, executor: &dyn Executor, f: F) -> Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Task::new(self.inner.handle.run_in_executor(executor, self.job(f, Location::caller())))
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep { inner: self.inner.handle.sleep_until(deadline) }
    }

    fn now(&self) -> Instant {
        self.inner.handle.now()
    }

    fn wall_clock(&self) -> SystemTime {
        self.inner.handle.wall_clock()
    }

    fn random_u64(&self) -> u64 {
        self.inner.handle.random_u64()
    }

    fn test_clock(&self) -> io::Result<&dyn time::TestClock> {
        self.inner.handle.test_clock()
    }

    fn metrics(&self) -> Metrics {
        self.inner.handle.metrics()
    }

    fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        let mut output = None;
        let run = async { output = Some(self.poll_within(future).await) };
        self.scope(|| self.inner.handle.try_block_on(pin!(run)))?;
        match output {
            Some(output) => Ok(output),
            None => unreachable!("Handle::try_block_on gives an error or runs the future to its end"),
        }
    }
}

impl ErasedHandle {
    /// A blocking job with this handle current in it.
    fn job<F, T>(&self, f: F, location: &'static Location<'static>) -> BoxJob
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let handle = self.clone();
        Box::new(move || {
            let caught = handle.scope(|| catch_blocking(f, location));
            task::output(caught, handle)
        })
    }
}

/// A wait for a moment, on an erased loop.
#[derive(Debug)]
pub struct Sleep {
    inner: Pin<Box<dyn time::Sleep>>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.inner.as_mut().poll(cx)
    }
}

impl time::Sleep for Sleep {
    fn deadline(&self) -> Instant {
        self.inner.deadline()
    }

    fn is_elapsed(&self) -> bool {
        self.inner.is_elapsed()
    }

    fn now(&self) -> Instant {
        self.inner.now()
    }

    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.inner.as_mut().reset(deadline);
    }
}
