//! The handle of a callback.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use super::job::{Job, JobState};
use super::queue::Timer;
use crate::time::Instant;

/// A callback that was queued: what [`call_soon`](crate::Handle::call_soon) and the calls like it
/// give. Dropping it changes nothing.
#[derive(Clone)]
pub struct CallbackHandle {
    job: Arc<dyn Job>,
    timer: Option<Timer>,
}

impl CallbackHandle {
    pub(crate) fn soon(job: Arc<dyn Job>) -> Self {
        CallbackHandle { job, timer: None }
    }

    pub(crate) fn later(job: Arc<dyn Job>, timer: Timer) -> Self {
        CallbackHandle { job, timer: Some(timer) }
    }

    /// Drops the callback unrun; idempotent. Gives whether this prevented it from running: false
    /// when it has run, runs now, or was cancelled before. It may be called from anywhere, from the
    /// callback itself also, and any number of times.
    pub fn cancel(&self) -> bool {
        let cancelled = self.job.cancel();
        if cancelled {
            if let Some(timer) = &self.timer {
                timer.forget();
            }
        }
        cancelled
    }

    /// Whether it was cancelled, or dropped with its loop, before it ran.
    pub fn is_cancelled(&self) -> bool {
        self.job.state() == JobState::Cancelled
    }

    /// Whether it still waits to be run.
    pub fn is_pending(&self) -> bool {
        self.job.is_waiting()
    }

    /// When it is due, for a callback of `call_later` or `call_at`.
    pub fn deadline(&self) -> Option<Instant> {
        self.timer.as_ref().map(Timer::deadline)
    }

    /// The type of the closure, which names the function it stands in.
    pub fn name(&self) -> &'static str {
        self.job.name()
    }

    /// Where it was queued.
    pub fn location(&self) -> &'static Location<'static> {
        self.job.location()
    }
}

impl fmt::Debug for CallbackHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("CallbackHandle");
        out.field("name", &self.name())
            .field("location", &format_args!("{}", self.location()))
            .field("state", &self.job.state());
        if let Some(deadline) = self.deadline() {
            out.field("deadline", &deadline);
        }
        out.finish()
    }
}
