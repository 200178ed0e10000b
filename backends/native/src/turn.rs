//! The loop a turn at a time, for a host that has a loop of its own.

use std::cell::Cell;
use std::io;
use std::task::Context;
use std::time::Duration;

use loop_api::callback::Pump;
use loop_api::time::Instant;
use loop_api::turn::Turn;
use loop_api::{EventLoop, Handle, RunError, context};

use crate::current;
use crate::handle::NativeHandle;
use crate::hosted;
use crate::native_loop::NativeLoop;

/// What a loop keeps from turn to turn.
#[derive(Debug, Default)]
pub(crate) struct Turning {
    pump: Option<Pump<NativeHandle>>,
    /// Whether a host has asked for the descriptor, and so waits in it between turns.
    has_host: Cell<bool>,
}

impl Turning {
    /// Somebody runs the loop as a whole from now on.
    pub(crate) fn stop(&mut self) {
        self.pump = None;
    }
}

/// With worker threads, a turn is about this thread's part of the loop: callbacks and the tasks that are not `Send`. I/O, timers and
/// all other tasks go on without it, and do not end it.
impl Turn for NativeLoop {
    fn turn(&mut self, limit: Option<Duration>) -> io::Result<()> {
        let running = self.running.clone();
        if running.handle.shared().is_closed() {
            return Err(io::Error::other(RunError::Closed));
        }
        if self.hosting.is_some() {
            return Err(hosted::no_turns());
        }
        // A run of this loop around the turn, by a host: its callbacks and its stop() are the run's.
        let within_run = running.handle.shared().is_loop_thread();
        let _nested = context::enter_nested();
        let _running = running.handle.shared().running();
        running.handle.unparker().parker.finish();
        current::run(&running, || {
            if within_run {
                self.turning.stop();
            } else if self.turning.pump.is_none() {
                self.turning.pump = Some(Pump::new(running.handle.clone()));
                // It has to be polled once, to be woken from then on.
                self.main.set();
            }
            if self.is_busy() || limit.is_some_and(|limit| limit.is_zero()) {
                self.look(self.turning.has_host.get());
            } else {
                self.park(limit);
            }
            self.take_remote();
            if self.main.take() {
                self.poll_pump();
            }
            // What is ready now; what it makes ready is for the next turn.
            let mut ready = u32::try_from(running.queue.borrow().len()).unwrap_or(u32::MAX);
            self.run_tasks(&mut ready);
        });
        self.rest();
        Ok(())
    }

    fn next_deadline(&self) -> Option<Instant> {
        if self.is_busy() {
            return Some(Instant::now());
        }
        // Where there are workers, they see to the timers.
        if self.drives { self.handle().timers().next() } else { None }
    }
}

impl NativeLoop {
    fn poll_pump(&mut self) {
        let mut cx = Context::from_waker(&self.waker);
        let stopped = self.turning.pump.as_mut().is_some_and(|pump| pump.poll_turn(&mut cx).is_ready());
        if stopped {
            // There is no run that could end.
            self.main.set();
        }
    }

    /// Leaves the descriptor so that whatever happens between turns makes it readable.
    fn rest(&self) {
        if !self.turning.has_host.get() {
            return;
        }
        let unparker = self.handle().unparker();
        if !unparker.parker.prepare() || self.is_busy() {
            unparker.interrupt();
        }
        if self.drives {
            // An earlier timer than the host knows of makes it readable, too.
            self.handle().timers().begin_wait(None);
        }
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
        if !self.turning.has_host.replace(true) {
            self.rest();
        }
        self.waiting.poller().as_fd()
    }
}
