//! The loop a turn at a time, for a host that has a loop of its own.

use std::cell::Cell;
use std::io;
use std::task::Context;
use std::time::Duration;

use loop_api::callback::Pump;
use loop_api::time::Instant;
use loop_api::{Handle, RunError, context};

use crate::core::Core;
use crate::handle::NativeHandle;

/// What a loop keeps from turn to turn.
#[derive(Debug, Default)]
pub(crate) struct TurnState {
    pump: Option<Pump<NativeHandle>>,
    /// Whether a host has asked for the descriptor, and so waits in it between turns.
    has_host: Cell<bool>,
}

impl TurnState {
    /// The loop is run as a whole from now on.
    pub(crate) fn stop(&mut self) {
        self.pump = None;
    }

    /// A host waits in the descriptor from now on.
    #[cfg(unix)]
    pub(crate) fn watch(&self, core: &Core) {
        if !self.has_host.replace(true) {
            self.rest(core);
        }
    }

    /// Runs one turn.
    pub(crate) fn turn(&mut self, core: &mut Core, limit: Option<Duration>) -> io::Result<()> {
        let running = core.running.clone();
        if running.handle.shared().is_closed() {
            return Err(io::Error::other(RunError::Closed));
        }
        // A run of this loop around the turn, by a host: its callbacks and its stop() are the
        // run's.
        let within_run = running.handle.shared().is_loop_thread();
        let _nested = context::enter_nested();
        let _running = running.handle.shared().turning();
        running.handle.unparker().parker.finish();
        running.run(|| {
            if within_run {
                self.stop();
            } else if self.pump.is_none() {
                self.pump = Some(Pump::new(running.handle.clone()));
                // It has to be polled once, to be woken from then on.
                core.main.set();
            }
            if core.is_busy() || limit.is_some_and(|limit| limit.is_zero()) {
                core.look(self.has_host.get());
            } else {
                core.park(limit);
            }
            core.take_injected();
            if core.main.take() {
                self.poll_pump(core);
            }
            // What is ready now; what it makes ready is for the next turn.
            let mut ready = u32::try_from(running.queue.tasks.borrow().len()).unwrap_or(u32::MAX);
            core.run_tasks(&mut ready);
        });
        self.rest(core);
        Ok(())
    }

    fn poll_pump(&mut self, core: &Core) {
        let mut cx = Context::from_waker(&core.waker);
        let stopped = self.pump.as_mut().is_some_and(|pump| pump.poll_turn(&mut cx).is_ready());
        if stopped {
            // There is no run that could end.
            core.main.set();
        }
    }

    /// Leaves the descriptor so that anything that happens between turns makes it readable.
    fn rest(&self, core: &Core) {
        if !self.has_host.get() {
            return;
        }
        let unparker = core.running.handle.unparker();
        if !unparker.parker.prepare() || core.is_busy() {
            unparker.interrupt();
        }
        if core.drives {
            // An earlier timer than the host knows of makes it readable, too.
            core.running.handle.timers().begin_wait(None);
        }
    }
}

/// When the next timer is due; now, if something can run.
pub(crate) fn next_deadline(core: &Core) -> Option<Instant> {
    if core.is_busy() {
        return Some(Instant::now());
    }
    // Where there are workers, they see to the timers.
    if core.drives { core.running.handle.timers().next() } else { None }
}
