use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use loop_api::budget::{self, Budget};
use loop_api::host::{Driver, Host};
use loop_api::shared::{Exception, ExceptionKind};
use loop_api::{EventLoop, Handle, RunError, Shared, context};

use loop_toolkit::{Pool, PoolBuilder, ThreadHooks};

use crate::coop::Counted;
use crate::foreign;
use crate::inner::{Executor, SmolHandle};
use crate::one_thread::Tasks;
use crate::start::start_async_io;
use crate::turns;
use crate::workers::Workers;

/// A loop on async-executor and async-io: see [`loop_api::EventLoop`].
///
/// ```
/// use std::time::Duration;
/// use loop_api::{EventLoop, Handle};
///
/// let mut event_loop = loop_smol::SmolLoop::new()?;
/// let sleep = event_loop.handle().sleep(Duration::from_millis(1));
/// event_loop.block_on(sleep);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// It stays on the thread that made it. Dropping it closes it, and waits for blocking jobs that
/// have begun, and for the tasks that worker threads are just polling;
/// [`shutdown`](EventLoop::shutdown) takes a time limit. Inside another loop, whose thread must not
/// be blocked, it waits for nothing: threads end by themselves.
///
/// A worker thread that is still in a task when the time is over keeps the other tasks until that
/// poll ends, and drops them then: async-executor gives no way to them while a thread runs it. So a
/// poll on a worker must not block until another task is dropped: without a time limit, neither would
/// ever end.
///
/// A socket that outlives the loop keeps the waker of the task that waited for it last, and so that
/// task's memory, though not its future, until it is polled again or dropped: async-io's reactor is
/// the process's, and does not take wakers back.
#[derive(Debug)]
pub struct SmolLoop {
    handle: SmolHandle,
    workers: Option<Workers>,
    /// The foreign runtime inside the loop, in which this thread then waits.
    driver: Option<Rc<dyn Driver>>,
    ended: bool,
    budget: Option<Budget>,
    /// Not `Send`: tasks that are not `Send` are dropped with it.
    thread: PhantomData<*const ()>,
}

/// How a loop is to be made.
///
/// ```
/// use loop_api::{EventLoop, Handle};
///
/// # fn main() -> std::io::Result<()> {
/// let mut event_loop = loop_smol::Builder::new().worker_threads(2).build()?;
/// let handle = event_loop.handle().clone();
/// let name = async { std::thread::current().name().map(str::to_owned) };
/// let name = event_loop.block_on(handle.spawn(name));
/// assert!(name.unwrap().unwrap().starts_with("anyloop-smol-"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Builder {
    worker_threads: Option<usize>,
    host: Option<Arc<dyn Host>>,
    budget: Option<Budget>,
    pool: PoolBuilder,
    hooks: ThreadHooks,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            worker_threads: None,
            host: None,
            budget: None,
            pool: Pool::builder(),
            hooks: ThreadHooks::default(),
        }
    }
}

impl Builder {
    /// A loop on one thread: the one that runs it.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Runs tasks on `n` threads of the loop's own, started when the loop is built; the thread
    /// inside `block_on` runs the main future, the callbacks, and what is spawned with
    /// `spawn_local`.
    pub fn worker_threads(&mut self, n: usize) -> &mut Builder {
        self.worker_threads = Some(n);
        self
    }

    /// How many blocking jobs may run at once; 512 by default, at least one. The rest wait their
    /// turn.
    pub fn max_blocking_threads(&mut self, count: usize) -> &mut Builder {
        self.pool = self.pool.clone().max_threads(count);
        self
    }

    /// How long a thread for blocking jobs is kept that has none; 10 s by default.
    pub fn thread_keep_alive(&mut self, time: Duration) -> &mut Builder {
        self.pool = self.pool.clone().keep_alive(time);
        self
    }

    /// What the names of the threads for blocking jobs begin with; `anyloop-blocking` by default.
    pub fn blocking_thread_name(&mut self, prefix: impl Into<String>) -> &mut Builder {
        self.pool = self.pool.clone().thread_name(prefix);
        self
    }

    /// What each thread that the loop starts calls when it starts and before it ends: workers, and
    /// those for blocking jobs.
    pub fn thread_hooks(&mut self, hooks: ThreadHooks) -> &mut Builder {
        self.pool = self.pool.clone().hooks(hooks.clone());
        self.hooks = hooks;
        self
    }

    /// Makes a foreign runtime part of the loop: see [`loop_api::host`]. The loop's thread waits in
    /// it, and its context is found on every thread of the loop. async-io's reactor is then served
    /// by the worker threads, or, on a loop without them, by async-io's own thread.
    pub fn host(&mut self, host: Arc<dyn Host>) -> &mut Builder {
        self.host = Some(host);
        self
    }

    /// Lends a library's count of what a task may do in one poll to every thread of the loop, as
    /// long as it runs: see [`loop_api::budget`]. Not where the loop has a [`host`](Self::host),
    /// which counts by itself.
    pub fn budget(&mut self, budget: Budget) -> &mut Builder {
        self.budget = Some(budget);
        self
    }

    /// Makes the loop.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for zero threads; any error of starting a thread, most often `WouldBlock`,
    /// also that of async-io, which is started by the first loop of the process, and then any error
    /// of opening its descriptors; with a [`host`](Self::host) any error of opening it.
    pub fn build(&self) -> io::Result<SmolLoop> {
        start_async_io()?;
        let shared = Shared::new("smol");
        let driver = self.host.as_ref().map(|host| host.open()).transpose()?.map(Rc::from);
        let runtime_context = driver.as_ref().map(|driver: &Rc<dyn Driver>| driver.runtime_context());
        let Some(n) = self.worker_threads else {
            let handle = SmolHandle::new(
                shared.of_this_thread(),
                Executor::Own { tasks: Tasks::of_this_thread(), local: None, workers: None },
                self.pool.clone().build(),
                runtime_context,
            );
            if let Some(driver) = &driver {
                driver.on_thread_start(handle.hello());
            }
            return Ok(SmolLoop {
                handle,
                workers: None,
                driver,
                ended: false,
                budget: self.budget,
                thread: PhantomData,
            });
        };
        if n == 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a loop cannot have zero worker threads: ask for one or more, or leave worker_threads out to run on the caller's",
            ));
        }
        let executor = Arc::new(async_executor::Executor::new());
        let tasks = Tasks::of_all_threads(executor.clone());
        let local = Some(Tasks::of_this_thread());
        let pool = self.pool.clone().build();
        let handle =
            SmolHandle::new(shared, Executor::Own { tasks, local, workers: Some(n) }, pool, runtime_context);
        if let Some(driver) = &driver {
            driver.on_thread_start(handle.hello());
        }
        let workers = Workers::start(n, &executor, &handle, self.budget, &self.hooks)?;
        Ok(SmolLoop {
            handle,
            workers: Some(workers),
            driver,
            ended: false,
            budget: self.budget,
            thread: PhantomData,
        })
    }
}

impl EventLoop for SmolLoop {
    type Handle = SmolHandle;

    fn new() -> io::Result<Self> {
        Builder::new().build()
    }

    fn handle(&self) -> &SmolHandle {
        &self.handle
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let executor = self.handle.local_tasks().and_then(Tasks::to_run).ok_or(RunError::Closed)?;
        // Pinned first, so that what calls what below hands on a reference, not a large future.
        let mut future = pin!(Counted::new(future));
        match self.driver.clone() {
            None => {
                let whole = turns::run(&executor, || executor.tick(), |cx| future.as_mut().poll(cx));
                Ok(budget::lend(self.budget, || self.handle.run(whole)))
            }
            Some(driver) => foreign::drive(&*driver, &self.handle, &executor, future),
        }
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        self.ended = true;
        let shared = self.handle.shared();
        // A thread that runs another loop must not wait.
        let may_wait = !context::is_running();
        let timeout = if may_wait { timeout } else { Some(Duration::ZERO) };
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        // What is dropped finds the loop, closed.
        self.handle.enter(|| {
            shared.close();
            if let Some(workers) = self.workers.take() {
                shared.end_step(|| {
                    // Whether they are busy is not known if they have no time at all.
                    let had_time = end.is_none_or(|end| end > Instant::now());
                    let busy = workers.stop(end);
                    report_left(shared, busy, "worker thread(s) in the middle of a task", had_time);
                });
            }
            shared.end_step(|| self.handle.close_tasks());
            shared.end_step(|| {
                let left = match &self.driver {
                    None => self.handle.pool().shutdown(left(end)),
                    Some(driver) => foreign::join_jobs(&**driver, self.handle.pool(), end),
                };
                report_left(shared, left.err().unwrap_or(0), "blocking job(s)", may_wait);
            });
        });
        if let Some(driver) = self.driver.take() {
            // Its tasks' destructors, too, find the loop closed.
            self.handle.enter(|| {
                shared.end_step(|| {
                    let jobs = driver.shutdown(left(end));
                    report_left(shared, jobs, "blocking job(s) of the foreign runtime", may_wait);
                });
            });
        }
    }
}

fn left(end: Option<Instant>) -> Option<Duration> {
    end.map(|end| end.saturating_duration_since(Instant::now()))
}

/// Tells of what was not waited for, where it could have been.
fn report_left(shared: &Shared, left: usize, what: &str, may_wait: bool) {
    if left > 0 && may_wait {
        let message = format!(
            "{left} {what} outlived their loop: give shutdown more time, or let long jobs ask is_cancelled() and return"
        );
        shared.report(&Exception::new(ExceptionKind::Blocking, message, None));
    }
}

impl Drop for SmolLoop {
    fn drop(&mut self) {
        // After a shutdown, whose time limit was the caller's, nothing more is waited for.
        if !self.ended {
            self.close();
        }
    }
}
