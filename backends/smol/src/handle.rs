use std::cell::OnceCell;
use std::future::{Future, poll_fn, ready};
use std::mem;
use std::panic::{Location, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::Poll;

use async_io::Timer;
use loop_api::blocking;
use loop_api::context::{self, Entered, Scoped};
use loop_api::host::{self, RuntimeContext};
use loop_api::shared::IdleWatch;
use loop_api::task::Id;
use loop_api::time::Instant;
use loop_api::{Handle, LocalError, Metrics, RunError, Shared};
use loop_toolkit::{CatchUnwind, Pool};

use crate::coop::Counted;
use crate::inner::{Executor, Inner, SmolHandle};
use crate::one_thread::Tasks;
use crate::task::{Cancellable, Cancellation, Delivered, JoinHandle};
use crate::time::Sleep;

thread_local! {
    /// While the thread ends it goes before what async-io's `block_on` keeps for a thread, which
    /// was made first.
    static CAN_BLOCK: CanBlock = CanBlock::look();
    static CURRENT: Scoped<SmolHandle> = const { Scoped::new() };
    /// On a thread of the loop's foreign runtime: the loop.
    static HOME: OnceCell<Weak<Inner>> = const { OnceCell::new() };
    /// The loop that this thread runs, or blocks in: not one that is only entered.
    static DRIVES: Scoped<SmolHandle> = const { Scoped::new() };
}

/// Whether async-io's `block_on` works on this thread. At the thread's end it may panic, which in
/// the destructor of a thread-local ends the process.
struct CanBlock(bool);

impl CanBlock {
    fn look() -> CanBlock {
        CanBlock(catch_unwind(|| async_io::block_on(ready(()))).is_ok())
    }
}

impl Drop for CanBlock {
    fn drop(&mut self) {
        self.0 = false;
    }
}

/// The loop that was entered by a guard, or that this thread of a foreign runtime belongs to.
#[cold]
fn held() -> Option<SmolHandle> {
    CURRENT.with(Scoped::held).map(|held| (*held).clone()).or_else(at_home)
}

/// The loop that this thread of a foreign runtime belongs to.
#[cold]
fn at_home() -> Option<SmolHandle> {
    // While the thread ends its slot is gone.
    let inner = HOME.try_with(|home| home.get()?.upgrade()).ok()??;
    Some(SmolHandle { inner })
}

impl SmolHandle {
    /// Calls `f` with the loop that this thread is inside of by a run or by
    /// [`enter`](Handle::enter): not with one that it entered by a guard, or belongs to as a thread
    /// of a foreign runtime.
    #[inline]
    pub fn with_scoped<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        Scoped::look(&CURRENT, f)
    }

    pub(crate) fn runtime_context(&self) -> Option<&dyn RuntimeContext> {
        self.inner.runtime_context.as_deref()
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

    /// As `enter`, without the foreign runtime.
    pub(crate) fn enter_loop<R>(&self, f: impl FnOnce() -> R) -> R {
        CURRENT.with(|slot| slot.enter(self, f))
    }

    /// What the loop's own thread runs; nothing, if the loop is adopted.
    pub(crate) fn local_tasks(&self) -> Option<&Tasks> {
        match &self.inner.tasks {
            Executor::Own { tasks, local, .. } => Some(local.as_ref().unwrap_or(tasks)),
            #[cfg(feature = "global")]
            Executor::Global => None,
        }
    }

    /// Drops all tasks on this thread, which is the loop's. From now on spawning is refused.
    pub(crate) fn close_tasks(&self) {
        match &self.inner.tasks {
            Executor::Own { tasks, local, .. } => {
                tasks.close();
                if let Some(local) = local {
                    local.close();
                }
            }
            #[cfg(feature = "global")]
            Executor::Global => {}
        }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    /// Blocks this thread on a future, with this loop as the current one, and serves async-io's
    /// reactor meanwhile.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        self.enter(|| self.drive(|| async_io::block_on(future)))
    }

    /// Calls `f`, which runs the loop or blocks in it.
    pub(crate) fn drive<R>(&self, f: impl FnOnce() -> R) -> R {
        DRIVES.with(|slot| slot.set(self, f))
    }

    /// Whether what this thread polls is dropped or woken by the end of the loop.
    #[inline]
    pub(crate) fn drives_this_thread(&self) -> bool {
        DRIVES.with(|slot| {
            slot.with(|driven| driven.is_some_and(|driven| Arc::ptr_eq(&driven.inner, &self.inner)))
        })
    }
}

/// `future`, unless it would have to wait where only this thread can run the tasks; elsewhere with
/// an eye on whether any thread runs them.
async fn watched<F: Future>(shared: &Shared, future: F) -> Result<F::Output, RunError> {
    let mut future = pin!(future);
    let mut idle = IdleWatch::new(shared);
    let mut timer = None;
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        shared.may_wait()?;
        let timer = timer.get_or_insert_with(|| idle.look().map(Timer::after));
        while timer.as_mut().is_some_and(|timer| Pin::new(timer).poll(cx).is_ready()) {
            *timer = idle.look().map(Timer::after);
        }
        Poll::Pending
    })
    .await
}

impl Handle for SmolHandle {
    type Task<T: Send> = JoinHandle<T>;
    type LocalTask<T> = JoinHandle<T>;
    type Sleep = Sleep;

    #[inline]
    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        // One call of `f`, which else would be too large to be inlined.
        Scoped::look(&CURRENT, |current| {
            let held = if current.is_none() { held() } else { None };
            f(current.or(held.as_ref()))
        })
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        match self.runtime_context() {
            None => self.enter_loop(f),
            Some(runtime_context) => host::within(runtime_context, || self.enter_loop(f)),
        }
    }

    fn enter_guard(&self) -> Entered<'_> {
        let context = self.runtime_context().map(RuntimeContext::enter);
        Entered::new(self.shared()).holding((Scoped::hold(&CURRENT, Some(self.clone())), context))
    }

    fn refuse(&self) {
        match &self.inner.tasks {
            Executor::Own { tasks, .. } => tasks.refuse(),
            #[cfg(feature = "global")]
            Executor::Global => {}
        }
        self.shared().refuse();
    }

    #[inline]
    fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    #[inline]
    fn spawn_from<F>(&self, caller: &'static Location<'static>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let id = Id::next();
        let future = Counted::new(Delivered::new(CatchUnwind::new(caller, future), id));
        match &self.inner.tasks {
            Executor::Own { tasks, .. } => match tasks.spawn(future) {
                Ok(task) => JoinHandle::of_task(task, id),
                Err(refused) => {
                    // Its panic is for the handler of this loop.
                    self.enter(|| drop(refused));
                    JoinHandle::closed()
                }
            },
            #[cfg(feature = "global")]
            Executor::Global => JoinHandle::of_task(crate::global::spawn(future), id),
        }
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
            self.enter(|| self.shared().end_step(|| drop::<F>(future)));
            Err(error)
        };
        let Some(tasks) = self.local_tasks() else { return refuse(future, LocalError::Unsupported) };
        if self.shared().is_closed() {
            return refuse(future, LocalError::Closed);
        }
        if !self.shared().is_loop_thread() {
            return refuse(future, LocalError::NotLoopThread);
        }
        let cancellation = Cancellation::new();
        let future = Counted::new(Cancellable::new(CatchUnwind::new(caller, future), cancellation.clone()));
        Ok(JoinHandle::of_local(tasks.spawn_local(future)?, cancellation))
    }

    fn spawn_blocking_from<F, T>(&self, caller: &'static Location<'static>, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        JoinHandle::of_job(loop_toolkit::spawn_blocking(&self.inner.pool, self, caller, f))
    }

    #[track_caller]
    fn run_in_executor<F, T>(&self, executor: &dyn blocking::Executor, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        JoinHandle::of_job(loop_toolkit::run_in(executor, self, Location::caller(), f))
    }

    fn metrics(&self) -> Metrics {
        match &self.inner.tasks {
            Executor::Own { workers, .. } => Metrics::of_workers(*workers),
            // How many threads it has, it does not tell.
            #[cfg(feature = "global")]
            Executor::Global => Metrics::default(),
        }
    }

    #[inline]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::until(deadline)
    }

    fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        if self.shared().is_closed() {
            return Err(RunError::Closed);
        }
        let _running = context::enter_beside(|| context::is_here(self.shared()))?;
        // Better than just waiting: this thread serves the reactor while no other does.
        let future = Counted::new(future);
        if CAN_BLOCK.try_with(|can| can.0).unwrap_or(false) {
            return self.run(watched(self.shared(), self.shared().until_closed(future)))?;
        }
        // async-io's own thread serves the reactor.
        self.enter(|| self.drive(|| self.shared().wait_here(future)))
    }
}
