use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_lite::future::{or, yield_now};
use loop_api::host::{Driver, Host};
use loop_api::shared::{Exception, ExceptionKind};
use loop_api::{EventLoop, Handle, RunError, Shared};

use crate::coop::{Counted, take_used_up};
use crate::handle::{Executor, SmolHandle};
use crate::hosted;
use crate::one_thread::Tasks;
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
/// It stays on the thread that made it. Dropping it closes it, and waits for blocking jobs that have begun;
/// [`shutdown`](EventLoop::shutdown) takes a time limit.
#[derive(Debug)]
pub struct SmolLoop {
    handle: SmolHandle,
    workers: Option<Workers>,
    /// The foreign part of the loop, in which this thread then waits.
    driver: Option<Rc<dyn Driver>>,
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
/// let name = event_loop.block_on(handle.spawn(async { std::thread::current().name().map(str::to_owned) }));
/// assert!(name.unwrap().unwrap().starts_with("anyloop-smol-"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Builder {
    worker_threads: Option<usize>,
    host: Option<Arc<dyn Host>>,
}

impl Builder {
    /// A loop on one thread: the one that runs it.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Runs tasks on `n` threads of the loop's own, started when the loop is built; the thread inside `block_on` runs the main future,
    /// the callbacks, and what is spawned with `spawn_local`.
    pub fn worker_threads(&mut self, n: usize) -> &mut Builder {
        self.worker_threads = Some(n);
        self
    }

    /// Makes a foreign runtime part of the loop: see [`loop_api::host`]. The loop's thread waits in it, and its context is found on
    /// every thread of the loop. async-io's reactor is then served by the worker threads, or, on a loop without them, by async-io's own
    /// thread.
    pub fn host(&mut self, host: Arc<dyn Host>) -> &mut Builder {
        self.host = Some(host);
        self
    }

    /// Makes the loop.
    ///
    /// # Errors
    ///
    /// What the system said when it was asked for threads; `InvalidInput` for zero of them.
    pub fn build(&self) -> io::Result<SmolLoop> {
        let shared = Shared::new("smol");
        let driver = self.host.as_ref().map(|host| host.open()).transpose()?.map(Rc::from);
        let around = driver.as_ref().map(|driver: &Rc<dyn Driver>| driver.surroundings());
        let Some(n) = self.worker_threads else {
            let handle = SmolHandle::new(
                shared,
                Executor::Own { tasks: Tasks::of_this_thread(), local: None },
                around,
            );
            if let Some(driver) = &driver {
                driver.on_thread_start(handle.hello());
            }
            return Ok(SmolLoop { handle, workers: None, driver, thread: PhantomData });
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
        let handle = SmolHandle::new(shared, Executor::Own { tasks, local }, around);
        if let Some(driver) = &driver {
            driver.on_thread_start(handle.hello());
        }
        let workers = Workers::start(n, &executor, &handle)?;
        Ok(SmolLoop { handle, workers: Some(workers), driver, thread: PhantomData })
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
        let future = Counted::new(future);
        match self.driver.clone() {
            None => Ok(self.handle.run(with_tasks(&executor, future))),
            Some(driver) => hosted::drive(&*driver, &self.handle, &executor, future),
        }
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        self.handle.shared().close();
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        // What the tasks' destructors call finds the loop, closed.
        self.handle.enter(|| {
            if let Some(mut workers) = self.workers.take() {
                workers.stop();
            }
            self.handle.close_tasks();
            let left = match &self.driver {
                None => self.handle.pool().shutdown(timeout),
                Some(driver) => hosted::join_jobs(&**driver, self.handle.pool(), end),
            };
            if let Err(jobs) = left {
                self.handle.shared().report(&left_behind(jobs));
            }
        });
        if let Some(driver) = self.driver.take() {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            // Its tasks' destructors, too, find the loop closed.
            let jobs = self.handle.enter(|| driver.shutdown(left));
            if jobs > 0 {
                self.handle.shared().report(&left_behind(jobs));
            }
        }
    }
}

/// How many tasks run before the main future and I/O have their turn.
pub(crate) const TASKS_PER_TURN: usize = 200;

/// Runs tasks on this thread until `future` is done. `Executor::run` does the same by way of a second queue, for threads to steal from. On
/// one thread that only costs, and what is left in it when a run ends goes behind what was spawned later.
async fn with_tasks<T>(executor: &async_executor::Executor<'static>, future: impl Future<Output = T>) -> T {
    let tasks = async {
        loop {
            for _ in 0..TASKS_PER_TURN {
                executor.tick().await;
                if take_used_up() {
                    break;
                }
            }
            yield_now().await;
        }
    };
    or(future, tasks).await
}

fn left_behind(jobs: usize) -> Exception {
    let message = format!(
        "{jobs} blocking job(s) outlived their loop: give shutdown more time, or let long jobs ask is_cancelled() and return"
    );
    Exception::new(ExceptionKind::Blocking, message, None)
}

impl Drop for SmolLoop {
    fn drop(&mut self) {
        // After a shutdown, whose time limit was the caller's, nothing more is waited for.
        if !self.handle.shared().is_closed() {
            self.close();
        }
    }
}
