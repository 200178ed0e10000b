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
use std::time::Duration;

use loop_api::{EventLoop, Handle, RunError};

use crate::current::{self, Running};
use crate::handle::NativeHandle;
use crate::reactor::Waiting;
use crate::sys::Poller;
use crate::turn::Turning;
use crate::wake::MainWaker;
use crate::wheel::Expired;

/// So many tasks run before I/O and timers are looked at, where there are that many.
const EVENT_INTERVAL: u32 = 61;

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
pub struct NativeLoop {
    /// Not `Send`: the tasks that stay on the loop's thread keep the loop there.
    pub(crate) running: Rc<Running>,
    pub(crate) waiting: Waiting,
    pub(crate) main: Arc<MainWaker>,
    /// Wakes `main`.
    pub(crate) waker: Waker,
    pub(crate) turning: Turning,
    expired: Vec<Expired<Waker>>,
    event_interval: u32,
}

impl EventLoop for NativeLoop {
    type Handle = NativeHandle;

    fn new() -> io::Result<Self> {
        let poller = Arc::new(Poller::new()?);
        let handle = NativeHandle::new(&poller);
        let main = Arc::new(MainWaker::new(handle.unparker().clone()));
        let waker = Waker::from(main.clone());
        Ok(NativeLoop {
            running: Rc::new(Running { handle, queue: RefCell::new(VecDeque::new()) }),
            waiting: Waiting::new(poller),
            main,
            waker,
            turning: Turning::default(),
            expired: Vec::new(),
            event_interval: EVENT_INTERVAL,
        })
    }

    fn handle(&self) -> &NativeHandle {
        &self.running.handle
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let mut future = pin!(future);
        self.turning.stop();
        let running = self.running.clone();
        running.handle.unparker().parker.finish();
        current::run(&running, || {
            self.main.set();
            let mut budget = self.event_interval;
            loop {
                self.take_remote();
                if self.main.take() {
                    budget = budget.saturating_sub(1);
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
        let _ = timeout;
        let running = self.running.clone();
        let handle = &running.handle;
        if !handle.shared().close() {
            return;
        }
        self.turning.stop();
        current::enter(handle, || {
            handle.tasks().close();
            drop(handle.remote().close());
            drop(running.queue.take());
            handle.timers().close();
            self.waiting.close(handle.reactor());
        });
        handle.unparker().close();
    }
}

impl NativeLoop {
    /// Whether nothing can ever wake the main future, which is pending. True only where that is certain.
    fn is_dead(&self) -> bool {
        let handle = &self.running.handle;
        // Two of our own, one of them in the waker; and the pump's.
        let pumps = handle.shared().callback_wakers(&self.waker);
        if pumps == 0 || Arc::strong_count(&self.main) != 2 + pumps {
            return false;
        }
        // Ours, the pump's, and that of `try_block_on`, which has marked the loop as running: it lent neither from us.
        if handle.count() != 3 || !handle.shared().is_loop_thread() {
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
            task.run();
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
        let handle = &self.running.handle;
        if at_wakes || !handle.reactor().is_empty() {
            self.waiting.wait(Some(Duration::ZERO));
            self.waiting.dispatch(handle.reactor());
        }
        handle.timers().fire(&mut self.expired);
    }

    /// Waits for I/O, a timer or a wake, for at most `limit`.
    pub(crate) fn park(&mut self, limit: Option<Duration>) {
        let handle = &self.running.handle;
        let parker = &handle.unparker().parker;
        if !parker.prepare() {
            return;
        }
        let timeout = handle.timers().begin_wait(limit);
        self.waiting.wait(timeout);
        parker.finish();
        self.waiting.dispatch(handle.reactor());
        handle.timers().fire(&mut self.expired);
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
