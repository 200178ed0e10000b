//! The loop itself: what its thread does, in which order.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use std::task::Waker;
use std::thread::JoinHandle;
use std::time::Duration;

use loop_api::budget::{self, Budget};
use loop_api::shared::{Exception, ExceptionKind};
use loop_api::time::Instant;
use loop_api::turn::Turn;
use loop_api::{EventLoop, Handle, RunError, Shared, context};

use crate::config::Config;
use crate::core::{Core, Running};
use crate::executor::{LocalQueue, MainWaker, WorkerThreads, Workers};
use crate::foreign::{self, ForeignRuntime, poll_interval};
use crate::handle::NativeHandle;
use crate::reactor::{Poller, Waiting};
use crate::turn::{self, TurnState};
use crate::worker_threads::start_workers;

/// An event loop of our own, on the polling crate: one thread, unless the builder says otherwise.
///
/// ```
/// use std::time::Duration;
/// use loop_api::{EventLoop, Handle};
/// use loop_native::NativeLoop;
///
/// let mut native = NativeLoop::new()?;
/// let sleep = native.handle().sleep(Duration::from_millis(1));
/// native.block_on(sleep);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Dropping it is [`shutdown`](EventLoop::shutdown) without a time limit: as with tokio, it waits
/// for blocking jobs that have begun, and for the tasks that worker threads are just polling.
/// Inside another loop, whose thread must not be blocked, it waits for nothing: threads end by
/// themselves.
pub struct NativeLoop {
    core: Core,
    turn_state: TurnState,
    threads: Vec<JoinHandle<()>>,
    ended: bool,
    /// The foreign runtime inside the loop, in which its thread then waits.
    foreign: Option<Rc<ForeignRuntime>>,
    budget: Option<Budget>,
}

impl EventLoop for NativeLoop {
    type Handle = NativeHandle;

    fn new() -> io::Result<Self> {
        Self::build(Config::default())
    }

    fn handle(&self) -> &NativeHandle {
        &self.core.running.handle
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let future = pin!(future);
        self.turn_state.stop();
        if let Some(foreign) = self.foreign.clone() {
            return self.core.drive_foreign(&foreign, future);
        }
        let drive = || budget::lend(self.budget, || self.core.drive(future, self.threads.len()));
        #[cfg(feature = "test-util")]
        let drive = || crate::test_clock::with_loop_clock(drive);
        drive()
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let running = self.core.running.clone();
        let handle = &running.handle;
        let shared = handle.shared();
        // A thread that runs another loop must not wait.
        let may_wait = !context::is_running();
        let timeout = if may_wait { timeout } else { Some(Duration::ZERO) };
        let end = timeout.and_then(|timeout| std::time::Instant::now().checked_add(timeout));
        handle.enter(|| {
            shared.close();
            shared.end_step(|| self.turn_state.stop());
            shared.end_step(|| handle.tasks().close());
            shared.end_step(|| self.core.waiting.close(handle.reactor()));
            shared.end_step(|| {
                let jobs = self.join_jobs(end);
                report_left(shared, jobs, "blocking job(s)", may_wait);
            });
            if let Some(workers) = handle.workers() {
                let threads = std::mem::take(&mut self.threads);
                shared.end_step(|| {
                    // Whether they are busy is not known if they have no time at all.
                    let had_time = end.is_none_or(|end| end > std::time::Instant::now());
                    let busy = workers.stop(threads, end);
                    report_left(shared, busy, "worker thread(s) in the middle of a task", had_time);
                });
            }
            // All futures are gone, so these are empty shells, and so will be what comes later.
            shared.end_step(|| drop(handle.injector().close()));
            shared.end_step(|| drop(running.queue.tasks.take()));
        });
        if let Some(foreign) = self.foreign.take() {
            handle.enter(|| {
                shared.end_step(|| {
                    // Those jobs, too, may wait for timers of this loop, on threads of their own.
                    let jobs = foreign.shutdown(end, || self.core.fire());
                    report_left(shared, jobs, "blocking job(s) of the foreign runtime", may_wait);
                });
            });
        }
        handle.enter(|| shared.end_step(|| handle.timers().close()));
        handle.reactor().release();
        handle.unparker().close();
    }
}

/// Tells of what was not waited for, where it could have been.
fn report_left(shared: &Shared, left: usize, what: &str, may_wait: bool) {
    if left > 0 && may_wait {
        let message = format!("{left} {what} outlived their loop: they are left to themselves");
        shared.report(&Exception::new(ExceptionKind::Blocking, message, None));
    }
}

impl NativeLoop {
    pub(crate) fn build(config: Config) -> io::Result<Self> {
        // With workers, they wait in the poller of the sources; this thread has one of its own, of
        // which only wakes come.
        let own = Arc::new(Poller::new()?);
        let count = config.worker_threads;
        let poller = if count == 0 { own.clone() } else { Arc::new(Poller::new()?) };
        let waiting = Waiting::new(poller.clone());
        let workers = (count > 0).then_some(move |reactor, timers| {
            let threads =
                WorkerThreads { name: config.thread_name, budget: config.budget, hooks: config.hooks };
            Workers::new(count, threads, waiting, config.event_interval, reactor, timers)
        });
        let drives = count == 0;
        let foreign =
            config.host.map(|host| ForeignRuntime::open(&*host, drives.then_some(&own))).transpose()?;
        let runtime_context = foreign.as_ref().map(ForeignRuntime::runtime_context);
        let handle = NativeHandle::new(poller, own.clone(), workers, config.pool.build(), runtime_context);
        if let Some(foreign) = &foreign {
            foreign.belongs_to(&handle);
        }
        let threads = match handle.workers() {
            None => Vec::new(),
            Some(workers) => start_workers(workers, &handle)?,
        };
        #[cfg(feature = "test-util")]
        if config.start_paused {
            loop_api::time::TestClock::pause(handle.stoppable()?)?;
        }
        let main = Arc::new(MainWaker::new(handle.unparker().clone()));
        let core = Core {
            running: Rc::new(Running { queue: LocalQueue::new(handle.unparker().clone()), handle }),
            waiting: Waiting::new(own),
            waker: Waker::from(main.clone()),
            main,
            expired: Vec::new(),
            event_interval: config.event_interval,
            drives,
            spin: (!config.spin.is_zero()).then_some(config.spin),
        };
        Ok(NativeLoop {
            core,
            turn_state: TurnState::default(),
            threads,
            ended: false,
            foreign: foreign.map(Rc::new),
            budget: config.budget,
        })
    }

    /// Waits for the blocking jobs that have begun, until `end`, and gives how many are left. They
    /// may wait for timers of this loop, which are served meanwhile.
    fn join_jobs(&mut self, end: Option<std::time::Instant>) -> usize {
        loop {
            let interval = poll_interval(end);
            match self.handle().pool().shutdown(Some(interval)) {
                Ok(()) => return 0,
                Err(running) if interval.is_zero() => return running,
                Err(_) => {
                    self.core.look(false);
                    if let Some(foreign) = &self.foreign {
                        foreign.look();
                    }
                }
            }
        }
    }
}

impl Drop for NativeLoop {
    fn drop(&mut self) {
        self.shutdown(None);
    }
}

impl fmt::Debug for NativeLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeLoop").field("handle", &self.core.running.handle).finish_non_exhaustive()
    }
}

/// With worker threads, a turn is about this thread's part of the loop: callbacks and the tasks
/// that are not `Send`. I/O, timers and all other tasks go on without it, and do not end it.
impl Turn for NativeLoop {
    fn turn(&mut self, limit: Option<Duration>) -> io::Result<()> {
        if self.foreign.is_some() {
            return Err(foreign::turn_unsupported());
        }
        self.turn_state.turn(&mut self.core, limit)
    }

    fn next_deadline(&self) -> Option<Instant> {
        turn::next_deadline(&self.core)
    }
}

/// What a host waits for: readable when a turn has something to do besides timers.
///
/// ```
/// # #[cfg(unix)] {
/// use std::os::fd::AsFd;
/// use loop_api::EventLoop;
/// use loop_native::NativeLoop;
///
/// let native = NativeLoop::new()?;
/// let _pollable = native.as_fd();
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(unix)]
impl std::os::fd::AsFd for NativeLoop {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.turn_state.watch(&self.core);
        self.core.waiting.poller().as_fd()
    }
}
