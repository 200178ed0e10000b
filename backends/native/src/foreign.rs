//! A loop with a foreign runtime inside: its thread waits in that runtime, which waits for the
//! loop's poller and timers in turn.
//!
//! The whole loop is one future of that runtime. What is woken on this thread while the future is
//! not being polled, such as by the foreign runtime's own sockets, takes the way of other threads:
//! into the queue for them, and by the runtime's waker, which makes no system call on its own
//! thread.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use loop_api::host::{Driver, Host, RuntimeContext, Watch};
use loop_api::{Handle, RunError, context, coop};
use loop_toolkit::task::Runnable;

use crate::core::Core;
use crate::handle::NativeHandle;
use crate::reactor::Poller;

/// The foreign runtime inside a loop.
pub(crate) struct ForeignRuntime {
    /// None where worker threads wait in the poller and for timers. Dropped before the runtime that
    /// it belongs to.
    watch: RefCell<Option<Box<dyn Watch>>>,
    driver: Box<dyn Driver>,
    adaptive: AdaptivePoll,
}

/// The adaptive poll: whether to look into the poller before going to sleep in the foreign runtime.
/// Under load there is something already, and the way through that runtime, which costs two system
/// calls more, is saved; where there mostly is not, the look itself would be the cost.
#[derive(Default)]
struct AdaptivePoll {
    /// How many in a row found nothing.
    misses: Cell<u32>,
    /// How many times not to look.
    skip: Cell<u32>,
}

impl AdaptivePoll {
    const MISSES: u32 = 4;
    const SKIPPED: u32 = 100;

    fn wanted(&self) -> bool {
        let skip = self.skip.get();
        self.skip.set(skip.saturating_sub(1));
        skip == 0
    }

    fn found(&self, something: bool) {
        let misses = if something { 0 } else { self.misses.get() + 1 };
        if misses == Self::MISSES {
            self.skip.set(Self::SKIPPED);
        }
        self.misses.set(misses % Self::MISSES);
    }
}

impl ForeignRuntime {
    pub(crate) fn open(host: &dyn Host, poller: Option<&Arc<Poller>>) -> io::Result<ForeignRuntime> {
        let driver = host.open()?;
        let watch = poller.map(|poller| watch(&*driver, poller)).transpose()?;
        Ok(ForeignRuntime { watch: RefCell::new(watch), driver, adaptive: AdaptivePoll::default() })
    }

    pub(crate) fn runtime_context(&self) -> Arc<dyn RuntimeContext> {
        self.driver.runtime_context()
    }

    /// The foreign runtime's own threads belong to this loop from now on.
    pub(crate) fn belongs_to(&self, handle: &NativeHandle) {
        self.driver.on_thread_start(handle.hello());
    }

    /// Has the foreign runtime look at its I/O, timers and tasks, without waiting. Not where this
    /// thread is inside another loop already.
    pub(crate) fn look(&self) {
        if context::is_running() {
            return;
        }
        let mut looked = false;
        let once = poll_fn(|cx| {
            if std::mem::replace(&mut looked, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        self.driver.block_on(pin!(once));
    }

    /// Ends the foreign runtime, and gives how many of its blocking jobs are left at `end`. While
    /// it waits for them it calls `serve` now and then.
    pub(crate) fn shutdown(&self, end: Option<Instant>, mut serve: impl FnMut()) -> usize {
        self.watch.take();
        loop {
            let interval = poll_interval(end);
            let left = self.driver.shutdown(Some(interval));
            if left == 0 || interval.is_zero() || context::is_running() {
                return left;
            }
            serve();
        }
    }

    /// Whether the poller or the clock has something for the loop; if not, they will wake it.
    fn is_ready(&self, cx: &mut Context<'_>, deadline: Option<loop_api::time::Instant>) -> Ready {
        let mut watch = self.watch.borrow_mut();
        let Some(watch) = &mut *watch else { return Ready { events: false, due: false } };
        let due = deadline.is_some_and(|deadline| watch.poll_deadline(cx, deadline).is_ready());
        Ready { events: watch.poll_readable(cx).is_ready(), due }
    }
}

/// How long to wait at most before the loop's own affairs are looked at: the end of a job may go
/// unnoticed for that long.
pub(crate) fn poll_interval(end: Option<Instant>) -> Duration {
    const POLL_INTERVAL: Duration = Duration::from_millis(2);
    end.map_or(POLL_INTERVAL, |end| end.saturating_duration_since(Instant::now()).min(POLL_INTERVAL))
}

struct Ready {
    events: bool,
    due: bool,
}

#[cfg(unix)]
fn watch(driver: &dyn Driver, poller: &Poller) -> io::Result<Box<dyn Watch>> {
    use std::os::fd::AsFd;
    driver.watch(poller.as_fd())
}

#[cfg(not(unix))]
fn watch(_: &dyn Driver, _: &Poller) -> io::Result<Box<dyn Watch>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "on this system a loop on one thread cannot wait inside a foreign runtime: give it worker threads, or take the backend of \
         that runtime",
    ))
}

/// The error of a turn of such a loop.
pub(crate) fn turn_unsupported() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "a loop with a foreign runtime as its part cannot be run a turn at a time, because that runtime cannot: run it by block_on, or \
         build it without the runtime",
    )
}

/// Polls a task of a loop that has a foreign runtime; gives it back if it is to be polled again.
pub(crate) fn poll_task(handle: &NativeHandle, task: Runnable) -> Option<Runnable> {
    let Some(runtime_context) = handle.runtime_context() else { return task.poll() };
    let mut task = Some(task);
    let mut again = None;
    runtime_context.poll(&mut || again = task.take().and_then(Runnable::poll));
    again
}

impl Core {
    pub(crate) fn drive_foreign<F: Future>(
        &mut self,
        foreign: &ForeignRuntime,
        mut future: Pin<&mut F>,
    ) -> Result<F::Output, RunError> {
        let running = self.running.clone();
        let mut output = None;
        self.main.set();
        let mut waker = None;
        let mut round = 0;
        // The foreign runtime's own tasks are in this loop, too.
        running.handle.enter(|| {
            let root = poll_fn(|cx| {
                // It is the same all the time, though `will_wake` may not say so.
                let waker = waker.get_or_insert_with(|| {
                    running.handle.unparker().sleep_in_foreign(cx.waker());
                    cx.waker().clone()
                });
                let cx = &mut Context::from_waker(waker);
                let polled = running.run(|| self.poll_foreign(foreign, future.as_mut(), &mut round, cx));
                polled.map(|value| output = Some(value))
            });
            foreign.driver.block_on(pin!(root));
        });
        output.ok_or(RunError::Stopped)
    }

    /// Runs the loop until it has nothing to do, or until it is the foreign runtime's turn.
    fn poll_foreign<F: Future>(
        &mut self,
        foreign: &ForeignRuntime,
        mut future: Pin<&mut F>,
        round: &mut u32,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let running = self.running.clone();
        let handle = &running.handle;
        let parker = &handle.unparker().parker;
        parker.finish();
        let ready = foreign.is_ready(cx, None);
        self.take_ready(&ready);

        let mut budget = self.event_interval;
        loop {
            self.take_injected();
            if *round == 0 && self.main.take() {
                budget = budget.saturating_sub(1);
                coop::begin_poll();
                let mut polled = Poll::Pending;
                let mut poll = || polled = future.as_mut().poll(&mut Context::from_waker(&self.waker));
                match handle.runtime_context() {
                    Some(runtime_context) => runtime_context.poll(&mut poll),
                    None => poll(),
                }
                if polled.is_ready() {
                    return polled;
                }
                if self.main.is_woken() {
                    *round = self.begin_round();
                }
            }
            self.run_tasks_foreign(&mut budget, round);
            if self.is_busy() {
                if budget > 0 {
                    continue;
                }
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if budget > 0 && self.drives && foreign.adaptive.wanted() {
                budget -= 1;
                let something = self.waiting.look(handle.reactor());
                foreign.adaptive.found(something);
                if something {
                    self.fire();
                    continue;
                }
            }
            if !parker.prepare() {
                continue;
            }
            let deadline = if self.drives { handle.timers().begin_wait_until() } else { None };
            let ready = foreign.is_ready(cx, deadline);
            if ready.events || ready.due {
                parker.finish();
                self.take_ready(&ready);
                cx.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
    }

    /// Wakes all waiters of what has happened.
    fn take_ready(&mut self, ready: &Ready) {
        if ready.events {
            self.waiting.look(self.running.handle.reactor());
        }
        if self.drives {
            self.fire();
        }
    }

    /// Ends early where `run_tasks_until_called` does, and after a round.
    fn run_tasks_foreign(&self, budget: &mut u32, round: &mut u32) {
        let parker = &self.running.handle.unparker().parker;
        let is_round = *round > 0;
        while *budget > 0 {
            let task = self.running.queue.tasks.borrow_mut().pop_front();
            let Some(task) = task else {
                *round = 0;
                return;
            };
            *budget -= 1;
            task.begin_poll();
            if let Some(again) = poll_task(&self.running.handle, task) {
                self.gave_way(again);
            }
            if is_round {
                *round -= 1;
                if *round == 0 {
                    return;
                }
            } else if parker.is_notified() {
                return parker.finish();
            }
        }
    }
}
