//! The loop seen from other threads and from tasks.

use std::cell::OnceCell;
use std::fmt;
use std::future::Future;
use std::mem;
use std::num::NonZeroU64;
use std::panic::Location;
use std::sync::{Arc, Weak};

use loop_api::blocking::Executor;
use loop_api::context::{self, Entered, Scoped};
use loop_api::host::{self, RuntimeContext};
use loop_api::time::Instant;
use loop_api::{Handle, LocalError, Metrics, Shared};
use loop_toolkit::task::{JoinHandle, Runnable, Schedule, TaskSet};
use loop_toolkit::{CatchUnwind, Pool};

use crate::executor::{Injector, Unparker, Workers, local as queue, worker};
use crate::reactor::{Poller, Reactor};
use crate::timers::{Interrupt, NativeSleep, Timers};

thread_local! {
    /// The loop that the code on this thread belongs to.
    static CURRENT: Scoped<NativeHandle> = const { Scoped::new() };
    /// On a thread of the loop's foreign runtime: the loop.
    static HOME: OnceCell<Weak<Inner>> = const { OnceCell::new() };
}

/// What all handles of a loop share.
#[derive(Debug)]
struct Inner {
    shared: Shared,
    /// The thread that made the loop, on which alone the loop is run and dropped.
    home: NonZeroU64,
    tasks: TaskSet,
    reactor: Arc<Reactor>,
    timers: Arc<Timers>,
    /// The thread that runs the loop.
    unparker: Arc<Unparker>,
    injector: Injector<Runnable>,
    workers: Option<Arc<Workers>>,
    /// Its threads start with the first job.
    pool: Pool,
    /// The context of the foreign runtime, for every thread of the loop, if there is one.
    runtime_context: Option<Arc<dyn RuntimeContext>>,
}

/// A native loop seen from anywhere.
///
/// ```
/// use loop_api::{EventLoop, Handle};
/// use loop_native::NativeLoop;
///
/// let mut native = NativeLoop::new()?;
/// let handle = native.handle().clone();
/// let seven = native.block_on(async move { handle.spawn(async { 7 }).await });
/// assert_eq!(seven.unwrap(), 7);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct NativeHandle {
    inner: Arc<Inner>,
}

impl NativeHandle {
    /// `poller` is the one that sources are registered with; `own` the one that the loop's own
    /// thread sleeps in. `workers` says how the threads are made that share the tasks, if there are
    /// any.
    pub(crate) fn new(
        poller: Arc<Poller>,
        own: Arc<Poller>,
        workers: Option<impl FnOnce(Arc<Reactor>, Arc<Timers>) -> Workers>,
        pool: Pool,
        runtime_context: Option<Arc<dyn RuntimeContext>>,
    ) -> Self {
        let reactor = Arc::new(Reactor::new(poller));
        let unparker = Arc::new(Unparker::new(own));
        let interrupt: Arc<dyn Interrupt> =
            if workers.is_some() { reactor.clone() } else { unparker.clone() };
        let timers = Arc::new(Timers::new(workers.is_none(), interrupt));
        let workers = workers.map(|make| Arc::new(make(reactor.clone(), timers.clone())));
        let shared = Shared::new("native");
        let inner = Inner {
            shared: if workers.is_none() { shared.of_this_thread() } else { shared },
            home: context::thread_id(),
            tasks: TaskSet::new(),
            reactor,
            timers,
            unparker,
            injector: Injector::new(),
            workers,
            pool,
            runtime_context,
        };
        NativeHandle { inner: Arc::new(inner) }
    }

    /// Calls `f` with the loop that this thread is inside of by a run or by
    /// [`enter`](Handle::enter): not with one that it entered by a guard, or belongs to as a thread
    /// of a foreign runtime.
    #[inline]
    pub fn with_scoped<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        Scoped::look(&CURRENT, f)
    }

    /// Calls `f` inside this loop, which it does not run.
    pub(crate) fn enter_loop<R>(&self, f: impl FnOnce() -> R) -> R {
        CURRENT.with(|slot| slot.enter(self, f))
    }

    /// What makes a thread one of this loop's, for the threads of its foreign runtime. It does not
    /// keep the loop.
    pub(crate) fn hello(&self) -> Box<dyn Fn() + Send + Sync> {
        let inner = Arc::downgrade(&self.inner);
        Box::new(move || {
            let Some(alive) = inner.upgrade() else { return };
            HOME.with(|home| home.set(inner.clone())).ok();
            // For as long as the thread lives.
            mem::forget(context::mark(&alive.shared));
        })
    }

    /// How many handles there are, those inside tasks counted.
    pub(crate) fn count(&self) -> usize {
        Arc::strong_count(&self.inner)
    }

    pub(crate) fn tasks(&self) -> &TaskSet {
        &self.inner.tasks
    }

    pub(crate) fn reactor(&self) -> &Arc<Reactor> {
        &self.inner.reactor
    }

    pub(crate) fn timers(&self) -> &Arc<Timers> {
        &self.inner.timers
    }

    pub(crate) fn unparker(&self) -> &Arc<Unparker> {
        &self.inner.unparker
    }

    pub(crate) fn injector(&self) -> &Injector<Runnable> {
        &self.inner.injector
    }

    /// The threads on which blocking is allowed.
    pub fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    pub(crate) fn runtime_context(&self) -> Option<&dyn RuntimeContext> {
        self.inner.runtime_context.as_deref()
    }

    pub(crate) fn workers(&self) -> Option<&Arc<Workers>> {
        self.inner.workers.as_ref()
    }
}

/// The loop that was entered by a guard, or that this thread of a foreign runtime belongs to.
#[cold]
fn held() -> Option<NativeHandle> {
    CURRENT.with(Scoped::held).map(|held| (*held).clone()).or_else(at_home)
}

/// The loop that this thread of a foreign runtime belongs to.
#[cold]
fn at_home() -> Option<NativeHandle> {
    // While the thread ends its slot is gone.
    let inner = HOME.try_with(|home| home.get()?.upgrade()).ok()??;
    Some(NativeHandle { inner })
}

/// Where a task that is `Send` goes that can run.
struct ToLoop(NativeHandle);

impl Schedule for ToLoop {
    fn schedule(&self, task: Runnable) {
        match &self.0.inner.workers {
            Some(workers) => worker::schedule(workers, task),
            None => to_thread(&self.0, task),
        }
    }

    #[inline]
    fn local_schedule(&self) -> Option<fn(Runnable)> {
        match &self.0.inner.workers {
            Some(workers) => worker::local_schedule(workers),
            None => queue::local_schedule(&self.0.inner.unparker),
        }
    }

    fn within(&self, f: &mut dyn FnMut()) {
        self.0.enter(f);
    }

    fn tasks(&self) -> Option<&TaskSet> {
        Some(&self.0.inner.tasks)
    }
}

/// Where a task goes that stays on the loop's thread.
struct ToThread(NativeHandle);

fn to_thread(handle: &NativeHandle, task: Runnable) {
    if let Some(task) = queue::push(&handle.inner.unparker, task) {
        handle.inner.injector.push(task);
        handle.inner.unparker.unpark();
    }
}

impl Schedule for ToThread {
    fn schedule(&self, task: Runnable) {
        to_thread(&self.0, task);
    }

    #[inline]
    fn local_schedule(&self) -> Option<fn(Runnable)> {
        queue::local_schedule(&self.0.inner.unparker)
    }

    fn within(&self, f: &mut dyn FnMut()) {
        self.0.enter(f);
    }

    fn tasks(&self) -> Option<&TaskSet> {
        Some(&self.0.inner.tasks)
    }
}

impl Handle for NativeHandle {
    type Task<T: Send> = JoinHandle<T>;
    type LocalTask<T> = JoinHandle<T>;
    type Sleep = NativeSleep;

    #[inline]
    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        // One call of `f`, which else would be too large to be inlined.
        Scoped::look(&CURRENT, |current| {
            let held = if current.is_none() { held() } else { None };
            f(current.or(held.as_ref()))
        })
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        match &self.inner.runtime_context {
            None => self.enter_loop(f),
            Some(runtime_context) => host::within(&**runtime_context, || self.enter_loop(f)),
        }
    }

    fn enter_guard(&self) -> Entered<'_> {
        let context = self.inner.runtime_context.as_deref().map(RuntimeContext::enter);
        Entered::new(self.shared()).holding((Scoped::hold(&CURRENT, Some(self.clone())), context))
    }

    fn refuse(&self) {
        self.inner.tasks.refuse();
        self.inner.shared.refuse();
    }

    #[inline]
    fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    fn spawn_from<F>(&self, caller: &'static Location<'static>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let future = CatchUnwind::<F, Self>::new(caller, future);
        let (task, join) = self.inner.tasks.spawn(future, ToLoop(self.clone()));
        match (task, &self.inner.workers) {
            (Some(task), Some(workers)) => worker::schedule(workers, task),
            (Some(task), None) => to_thread(self, task),
            (None, _) => {}
        }
        join
    }

    fn try_spawn_local_from<F>(
        &self,
        caller: &'static Location<'static>,
        future: F,
    ) -> Result<JoinHandle<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let refuse = |future, error| {
            self.enter(|| self.inner.shared.end_step(|| drop::<F>(future)));
            Err(error)
        };
        if self.inner.shared.is_closed() {
            return refuse(future, LocalError::Closed);
        }
        // The second is not about safety: it is a promise that outside of a run, when nothing could
        // run the task, it is refused.
        if self.inner.home != context::thread_id() || !self.inner.shared.is_loop_thread() {
            return refuse(future, LocalError::NotLoopThread);
        }
        let future = CatchUnwind::<F, Self>::new(caller, future);
        local::spawn(self, future)
    }

    fn spawn_blocking_from<F, T>(&self, caller: &'static Location<'static>, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        loop_toolkit::spawn_blocking(&self.inner.pool, self, caller, f)
    }

    #[track_caller]
    fn run_in_executor<F, T>(&self, executor: &dyn Executor, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        loop_toolkit::run_in(executor, self, Location::caller(), f)
    }

    #[cfg(feature = "test-util")]
    fn now(&self) -> Instant {
        self.timers().now()
    }

    #[cfg(feature = "test-util")]
    fn test_clock(&self) -> std::io::Result<&dyn loop_api::time::TestClock> {
        Ok(self.stoppable()?)
    }

    fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::of_workers(self.inner.workers.as_ref().map(|workers| workers.count()));
        metrics.num_alive_tasks = Some(self.inner.tasks.len());
        metrics
    }

    fn sleep_until(&self, deadline: Instant) -> NativeSleep {
        NativeSleep::new(self.inner.timers.clone(), deadline)
    }
}

mod local {
    //! Tasks that stay on the loop's thread: the one unsafe call of the executor.
    #![allow(unsafe_code)]

    use super::*;

    pub(super) fn spawn<F>(
        handle: &NativeHandle,
        future: CatchUnwind<F, NativeHandle>,
    ) -> Result<JoinHandle<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let schedule = ToThread(handle.clone());
        // SAFETY: the caller has seen that this is the thread that made the loop. A `NativeLoop` is
        // not Send, so it is this thread that runs all tasks in its queues, and that closes the
        // set: `NativeLoop::shutdown`, which its drop calls, does so before the queue for other
        // threads begins to refuse tasks and so to drop them there.
        let (task, join) = unsafe { handle.inner.tasks.spawn_unchecked(future, schedule) };
        let task = task.ok_or(LocalError::Closed)?;
        to_thread(handle, task);
        Ok(join)
    }
}

impl fmt::Debug for NativeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeHandle").field("shared", &self.inner.shared).finish_non_exhaustive()
    }
}
