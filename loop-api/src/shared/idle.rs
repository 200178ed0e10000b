//! Threads that block on a loop which no thread runs: they would wait forever, without a report.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Exception, ExceptionKind, Shared};
use crate::context;
use crate::error::RunError;

/// How long a loop may stand still before one who waits for it elsewhere says so.
const GRACE: Duration = if cfg!(test) { Duration::from_millis(20) } else { Duration::from_secs(1) };

/// The longest time between two looks.
const RARELY: Duration = Duration::from_secs(60);

impl Shared {
    /// Says that the loop is run by this thread alone, on which it is made, and has no threads that
    /// would serve it otherwise. A `block_on` of its handle that has to wait on this thread then
    /// gives [`RunError::NotRunning`], and one on another thread reports a loop that stands still.
    pub fn of_this_thread(self) -> Shared {
        self.home.store(context::thread_id().get(), Ordering::Relaxed);
        self
    }

    /// Whether no thread could run the loop while this one, which alone can, waits.
    ///
    /// # Errors
    ///
    /// [`RunError::NotRunning`], if so.
    pub fn may_wait(&self) -> Result<(), RunError> {
        let here = self.home.load(Ordering::Relaxed) == context::thread_id().get();
        if here && !self.is_running() { Err(RunError::NotRunning) } else { Ok(()) }
    }
}

/// Looks from time to time, for a thread that blocks on a loop, whether any thread runs the loop,
/// and reports once if none does. It may be that one is about to: so it is no error.
#[derive(Debug)]
pub struct IdleWatch<'a> {
    shared: &'a Shared,
    /// How often the loop had been run at the last look, and whether it stood still.
    seen: Option<(u64, bool)>,
    pause: Duration,
}

impl<'a> IdleWatch<'a> {
    /// For a thread that is about to wait.
    pub fn new(shared: &'a Shared) -> Self {
        IdleWatch { shared, seen: None, pause: GRACE }
    }

    /// After how long to look again; `None` for not at all.
    pub fn look(&mut self) -> Option<Duration> {
        let shared = self.shared;
        // Turn by turn a loop stands still for as long as its host has nothing for it.
        if shared.home.load(Ordering::Relaxed) == 0 || shared.by_turns.load(Ordering::Relaxed) {
            return None;
        }
        let now = (shared.runs.load(Ordering::Relaxed), !shared.is_running() && !shared.is_closed());
        let before = self.seen.replace(now);
        if before == Some(now) && now.1 {
            shared.report(&Exception::new(
                ExceptionKind::Blocking,
                "a thread is inside Handle::block_on of an event loop that no thread runs, and waits until one does: \
                 run it meanwhile (Runtime::block_on or run_forever, on the thread that made it), or call block_on on the Runtime itself",
                None,
            ));
            return None;
        }
        let pause = self.pause;
        // A loop that has just stopped is looked at again soon.
        self.pause = if now.1 { GRACE } else { (pause * 2).min(RARELY) };
        Some(pause)
    }
}
