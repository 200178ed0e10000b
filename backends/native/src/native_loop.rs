//! The loop itself: what its thread does, in which order.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{self, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;

use loop_api::shared::{Exception, ExceptionKind};
use loop_api::{EventLoop, Handle, RunError};

use crate::builder::Builder;
use crate::current::{self, Running};
use crate::handle::NativeHandle;
use crate::hosted::Hosting;
use crate::reactor::Waiting;
use crate::sys::Poller;
use crate::turn::Turning;
use crate::wake::MainWaker;
use crate::wheel::Expired;
use crate::workers::Workers;

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
/// Dropping it is [`shutdown`](EventLoop::shutdown) without a time limit: as with tokio, it waits for blocking jobs that have begun.
pub struct NativeLoop {
    /// Not `Send`: the tasks that stay on the loop's thread keep the loop there.
    pub(crate) running: Rc<Running>,
    pub(crate) waiting: Waiting,
    pub(crate) main: Arc<MainWaker>,
    /// Wakes `main`.
    pub(crate) waker: Waker,
    pub(crate) turning: Turning,
    expired: Vec<Expired<Waker>>,
    pub(crate) event_interval: u32,
    /// Whether this thread waits for I/O and timers, because there are no workers who do.
    pub(crate) drives: bool,
    threads: Vec<JoinHandle<()>>,
    /// How long to look for work before a wait; never zero.
    pub(crate) spin: Option<Duration>,
    /// The foreign part of the loop, in which this thread then waits.
    pub(crate) hosting: Option<Rc<Hosting>>,
}

impl EventLoop for NativeLoop {
    type Handle = NativeHandle;

    fn new() -> io::Result<Self> {
        Self::builder().build()
    }

    fn handle(&self) -> &NativeHandle {
        &self.running.handle
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let mut future = pin!(future);
        self.turning.stop();
        if let Some(hosting) = self.hosting.clone() {
            return self.drive_hosted(&hosting, future);
        }
        let running = self.running.clone();
        running.handle.unparker().parker.finish();
        current::run(&running, || {
            self.main.set();
            let mut budget = self.event_interval;
            loop {
                self.take_remote();
                if self.main.take() {
                    budget = budget.saturating_sub(1);
                    current::begin_poll();
                    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&self.waker)) {
                        return Ok(output);
                    }
                }
                self.run_tasks(&mut budget);
                if self.is_busy() {
                    if budget > 0 {
                        continue;
                    }
                    self.look(false);
                } else if self.is_dead() {
                    return Err(RunError::Deadlock);
                } else {
                    self.park(None);
                }
                budget = self.event_interval;
            }
        })
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        let running = self.running.clone();
        let handle = &running.handle;
        if !handle.shared().close() {
            return;
        }
        self.turning.stop();
        let end = timeout.and_then(|timeout| std::time::Instant::now().checked_add(timeout));
        handle.enter(|| {
            handle.tasks().close();
            self.join_jobs(end);
            if let Some(workers) = handle.workers() {
                workers.stop(handle, std::mem::take(&mut self.threads));
            }
            // All futures are gone, so these are empty shells, and so will be what comes later.
            drop(handle.remote().close());
            drop(running.queue.take());
            handle.timers().close();
            self.waiting.close(handle.reactor());
        });
        handle.unparker().close();
        if let Some(hosting) = self.hosting.take() {
            current::enter(handle, || hosting.shutdown(handle.shared(), end));
        }
    }
}

impl NativeLoop {
    pub(crate) fn build(builder: Builder) -> io::Result<Self> {
        // With workers, they wait in the poller of the sources; this thread has one of its own, of which only wakes come.
        let own = Arc::new(Poller::new()?);
        let (poller, workers) = match builder.worker_threads {
            0 => (own.clone(), None),
            count => {
                let poller = Arc::new(Poller::new()?);
                let waiting = Waiting::new(poller.clone());
                (poller, Some(Workers::new(count, waiting, builder.event_interval)))
            }
        };
        let drives = builder.worker_threads == 0;
        let hosting = builder.host.map(|host| Hosting::open(&*host, drives.then_some(&own))).transpose()?;
        let around = hosting.as_ref().map(Hosting::surroundings);
        let handle = NativeHandle::new(poller, own.clone(), workers, builder.pool.build(), around);
        let threads = Workers::start(&handle, &builder.thread_name)?;
        let main = Arc::new(MainWaker::new(handle.unparker().clone()));
        Ok(NativeLoop {
            running: Rc::new(Running { handle, queue: RefCell::new(VecDeque::new()) }),
            waiting: Waiting::new(own),
            waker: Waker::from(main.clone()),
            main,
            turning: Turning::default(),
            expired: Vec::new(),
            event_interval: builder.event_interval,
            drives,
            threads,
            spin: (!builder.spin.is_zero()).then_some(builder.spin),
            hosting: hosting.map(Rc::new),
        })
    }

    /// Whether nothing can ever wake the main future, which is pending. True only where that is certain.
    fn is_dead(&self) -> bool {
        let handle = &self.running.handle;
        // Ours, the pump's, and that of `try_block_on`, which has marked the loop as running: it borrowed neither from us. And the workers'.
        if handle.count() != 3 + self.threads.len() || !handle.shared().is_loop_thread() {
            return false;
        }
        // Two of our own, one of them in the waker; and the pump's.
        let pumps = handle.shared().callback_wakers(&self.waker);
        if pumps == 0 || Arc::strong_count(&self.main) != 2 + pumps {
            return false;
        }
        // Whoever let go of a waker or a handle may have used it before: see what that did.
        atomic::fence(Ordering::Acquire);
        handle.timers().is_empty()
            && handle.reactor().is_empty()
            && handle.tasks().is_empty()
            && !handle.shared().has_callbacks()
            && !self.is_busy()
    }

    /// Waits for the blocking jobs that have begun. Those may block on sockets and timers of this loop, which are served meanwhile.
    fn join_jobs(&mut self, end: Option<std::time::Instant>) {
        /// How long the end of a job may go unnoticed.
        const GLANCE: Duration = Duration::from_millis(2);
        loop {
            let left = end.map(|end| end.saturating_duration_since(std::time::Instant::now()));
            let glance = left.map_or(GLANCE, |left| left.min(GLANCE));
            match self.handle().pool().shutdown(Some(glance)) {
                Ok(()) => return,
                Err(running) if glance.is_zero() => {
                    let message =
                        format!("{running} blocking jobs outlived their loop: they are left to themselves");
                    self.handle().shared().report(&Exception::new(ExceptionKind::Blocking, message, None));
                    return;
                }
                Err(_) => {
                    self.look(false);
                    if let Some(hosting) = &self.hosting {
                        hosting.look();
                    }
                }
            }
        }
    }

    pub(crate) fn take_remote(&self) {
        let remote = self.running.handle.remote();
        if !remote.is_empty() {
            remote.take(&mut self.running.queue.borrow_mut());
        }
    }

    /// Runs tasks until there are none, or the budget is used up.
    pub(crate) fn run_tasks(&self, budget: &mut u32) {
        while *budget > 0 {
            let task = self.running.queue.borrow_mut().pop_front();
            let Some(task) = task else { break };
            *budget -= 1;
            current::begin_poll();
            if let Some(again) = task.poll() {
                self.running.queue.borrow_mut().push_back(again);
            }
        }
    }

    /// Whether something can run now.
    pub(crate) fn is_busy(&self) -> bool {
        self.main.is_woken()
            || !self.running.queue.borrow().is_empty()
            || !self.running.handle.remote().is_empty()
    }

    /// Looks at I/O and timers without waiting; `at_wakes` also if the poller can only tell of wakes, which a host saw.
    pub(crate) fn look(&mut self, at_wakes: bool) {
        if at_wakes || self.drives && !self.handle().reactor().is_empty() {
            self.waiting.wait(Some(Duration::ZERO));
        }
        self.dispatch();
    }

    /// Waits for I/O, a timer or a wake, for at most `limit`.
    pub(crate) fn park(&mut self, mut limit: Option<Duration>) {
        if self.spin.is_some() && self.spin(&mut limit) {
            return;
        }
        let running = &self.running;
        let parker = &running.handle.unparker().parker;
        if !parker.prepare() {
            return;
        }
        let timeout = if self.drives { running.handle.timers().begin_wait(limit) } else { limit };
        self.waiting.wait(timeout);
        parker.finish();
        self.dispatch();
    }

    /// Wakes those who wait for what has happened.
    pub(crate) fn dispatch(&mut self) {
        if self.drives {
            self.waiting.dispatch(self.running.handle.reactor());
            self.fire();
        }
    }

    /// Wakes the sleeps that are due.
    pub(crate) fn fire(&mut self) {
        self.running.handle.timers().fire(&mut self.expired);
    }
}

impl Drop for NativeLoop {
    fn drop(&mut self) {
        self.shutdown(None);
    }
}

impl fmt::Debug for NativeLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeLoop").field("handle", &self.running.handle).finish_non_exhaustive()
    }
}
