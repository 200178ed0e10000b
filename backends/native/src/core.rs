//! What the loop's thread does, in which order.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{self, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loop_api::{Handle, RunError, budget, coop};
use loop_toolkit::task::Runnable;

use crate::executor::{LocalQueue, MainWaker};
use crate::handle::NativeHandle;
use crate::reactor::Waiting;
use crate::timers::Expired;

/// The loop as its own thread has it.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) handle: NativeHandle,
    pub(crate) queue: LocalQueue,
}

impl Running {
    /// Calls `f` inside the loop, which this thread runs.
    pub(crate) fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.handle.enter_loop(|| self.queue.run(f))
    }
}

/// The part of a loop that its thread runs.
pub(crate) struct Core {
    /// Not `Send`: the tasks that stay on the loop's thread keep the loop there.
    pub(crate) running: Rc<Running>,
    pub(crate) waiting: Waiting,
    pub(crate) main: Arc<MainWaker>,
    /// Wakes `main`.
    pub(crate) waker: Waker,
    pub(crate) expired: Vec<Expired<Waker>>,
    pub(crate) event_interval: u32,
    /// Whether this thread waits for I/O and timers, because there are no workers that do.
    pub(crate) drives: bool,
    /// How long to look for work before a wait; never zero.
    pub(crate) spin: Option<Duration>,
}

impl Core {
    /// Runs the loop until `future` is done. `workers` are the threads beside this one.
    pub(crate) fn drive<F: Future>(
        &mut self,
        mut future: Pin<&mut F>,
        workers: usize,
    ) -> Result<F::Output, RunError> {
        let running = self.running.clone();
        running.handle.unparker().parker.finish();
        running.run(|| {
            self.main.set();
            let mut budget = self.event_interval;
            loop {
                self.take_injected();
                if self.main.take() {
                    budget = budget.saturating_sub(1);
                    coop::begin_poll();
                    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&self.waker)) {
                        return Ok(output);
                    }
                    if self.main.is_woken() {
                        self.run_round(&mut budget);
                        continue;
                    }
                }
                self.run_tasks_until_called(&mut budget);
                if self.is_busy() {
                    if budget > 0 {
                        continue;
                    }
                    self.look(false);
                } else if self.is_deadlocked(workers) {
                    return Err(RunError::Deadlock);
                } else {
                    self.park(None);
                }
                budget = self.event_interval;
            }
        })
    }

    /// Whether nothing can ever wake the main future, which is pending. True only where that is
    /// certain.
    fn is_deadlocked(&self, workers: usize) -> bool {
        let handle = &self.running.handle;
        // Ours, the pump's, and that of `try_block_on`, which has marked the loop as running: it
        // borrowed neither from us. And the workers'.
        if handle.count() != 3 + workers || !handle.shared().is_loop_thread() {
            return false;
        }
        // Two of our own, one of them in the waker; and the pump's.
        let pumps = handle.shared().callback_wakers(&self.waker);
        if pumps == 0 || Arc::strong_count(&self.main) != 2 + pumps {
            return false;
        }
        // A thread that let go of a waker or a handle may have used it before: see what that did.
        atomic::fence(Ordering::Acquire);
        handle.timers().is_empty()
            && handle.reactor().is_empty()
            && handle.tasks().is_empty()
            && !handle.shared().has_callbacks()
            && !self.is_busy()
    }

    #[inline]
    pub(crate) fn take_injected(&self) {
        let injector = self.running.handle.injector();
        if !injector.is_empty() {
            injector.take(&mut self.running.queue.tasks.borrow_mut());
        }
    }

    /// Runs tasks until there are none, or the budget is used up.
    pub(crate) fn run_tasks(&self, budget: &mut u32) {
        while *budget > 0 && self.run_next() {
            *budget -= 1;
        }
    }

    /// The same, but ends early when another thread has woken something, which does not wait behind
    /// all that is queued here, and when it is the main future's turn.
    fn run_tasks_until_called(&self, budget: &mut u32) {
        let parker = &self.running.handle.unparker().parker;
        while *budget > 0 && self.run_next() {
            *budget -= 1;
            if parker.is_notified() {
                return parker.finish();
            }
        }
    }

    /// The main future gave way: runs each task that is ready now once, and looks at I/O and timers
    /// if these are many.
    #[cold]
    fn run_round(&mut self, budget: &mut u32) {
        budget::begin_poll();
        let mut left = self.begin_round();
        loop {
            if *budget == 0 {
                self.look(false);
                *budget = self.event_interval;
            }
            if left == 0 || !self.run_next() {
                return;
            }
            (left, *budget) = (left - 1, *budget - 1);
        }
    }

    /// The main future gave way: how many tasks go before it.
    pub(crate) fn begin_round(&self) -> u32 {
        self.take_injected();
        u32::try_from(self.running.queue.tasks.borrow().len()).unwrap_or(u32::MAX)
    }

    /// Runs the first task. False if there is none.
    #[inline(always)]
    fn run_next(&self) -> bool {
        let task = self.running.queue.tasks.borrow_mut().pop_front();
        let Some(task) = task else { return false };
        task.begin_poll();
        if let Some(again) = task.poll() {
            self.gave_way(again);
        }
        true
    }

    /// A task gave way: it goes behind the others, and behind the main future if that was woken.
    #[inline]
    pub(crate) fn gave_way(&self, task: Runnable) {
        // Perhaps because the budget that is lent to this thread is used up.
        budget::begin_poll();
        self.running.queue.tasks.borrow_mut().push_back(task);
        if self.main.is_woken() {
            self.call();
        }
    }

    /// Ends a run of tasks.
    #[cold]
    fn call(&self) {
        // This thread does not sleep.
        let _sleeps = self.running.handle.unparker().parker.unpark();
    }

    /// Whether something can run now.
    #[inline]
    pub(crate) fn is_busy(&self) -> bool {
        self.main.is_woken()
            || !self.running.queue.tasks.borrow().is_empty()
            || !self.running.handle.injector().is_empty()
    }

    /// Looks at I/O and timers without waiting; `at_wakes` also if the poller can only tell of
    /// wakes, which a host saw.
    pub(crate) fn look(&mut self, at_wakes: bool) {
        if at_wakes || self.drives && !self.running.handle.reactor().is_empty() {
            self.waiting.wait(Some(Duration::ZERO));
        }
        self.dispatch();
    }

    /// Waits for I/O, a timer or a wake, for at most `limit`.
    pub(crate) fn park(&mut self, mut limit: Option<Duration>) {
        #[cfg(feature = "test-util")]
        if self.drives && self.running.handle.timers().clock().is_paused() {
            return self.park_paused(limit);
        }
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

    /// [`park`](Self::park) with a clock that a test has stopped: where there is nothing but sleeps
    /// to wait for, the clock goes on to the next deadline.
    #[cfg(feature = "test-util")]
    fn park_paused(&mut self, limit: Option<Duration>) {
        /// How long to wait for a blocking job, whose end may wake no task.
        const POLL_INTERVAL: Duration = Duration::from_millis(1);
        let running = self.running.clone();
        let (handle, timers) = (&running.handle, running.handle.timers());
        if !handle.unparker().parker.prepare() {
            return;
        }
        timers.begin_wait(limit);
        let (next, has_jobs) = (timers.next(), handle.pool().is_busy());
        let timeout = match next {
            Some(_) if has_jobs => Some(limit.map_or(POLL_INTERVAL, |limit| limit.min(POLL_INTERVAL))),
            Some(_) => Some(Duration::ZERO),
            None => limit,
        };
        self.waiting.wait(timeout);
        handle.unparker().parker.finish();
        self.waiting.dispatch(handle.reactor());
        if let Some(next) = next {
            if !has_jobs && !self.is_busy() && timers.now() < next {
                timers.clock().advance_to(next);
            }
        }
        self.fire();
    }

    /// Wakes all waiters of what has happened.
    pub(crate) fn dispatch(&mut self) {
        // Once a turn, in case a budget was used up in a poll that woke another task than its own.
        budget::begin_poll();
        if self.drives {
            self.waiting.dispatch(self.running.handle.reactor());
            self.fire();
        }
    }

    /// Wakes the sleeps that are due.
    pub(crate) fn fire(&mut self) {
        self.running.handle.timers().fire(&mut self.expired);
    }

    /// Looks for I/O and wakes until there is something, a timer is due, or the time is over. True
    /// if there is something; else the time it took is taken from `limit`.
    #[cold]
    fn spin(&mut self, limit: &mut Option<Duration>) -> bool {
        let (Some(spin), true) = (self.spin, self.drives) else { return false };
        let spin = limit.map_or(spin, |limit| limit.min(spin));
        let running = self.running.clone();
        let handle = &running.handle;
        // When the first timer is due, the wait that follows is none.
        let spin = handle.timers().begin_wait(Some(spin)).unwrap_or(spin);
        let start = std::time::Instant::now();
        loop {
            self.waiting.wait(Some(Duration::ZERO));
            // No wake writes to the poller as long as this thread has not said that it sleeps.
            let woken = self.is_busy() || handle.unparker().parker.is_notified();
            if woken || !self.waiting.is_empty() || handle.timers().is_disturbed() {
                self.dispatch();
                return true;
            }
            let took = start.elapsed();
            if took >= spin {
                *limit = limit.map(|limit| limit.saturating_sub(took));
                return false;
            }
            std::hint::spin_loop();
        }
    }
}
