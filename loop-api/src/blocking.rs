//! Blocking jobs on an executor of the user's choice.

use std::fmt;

use crate::error::Refused;

/// Where blocking jobs run: a backend's pool, or what an application puts in its place.
pub trait Executor: Send + Sync + 'static {
    /// Has [`job.run()`](Job::run) called, soon, on a thread that may block. It must not be called
    /// in here.
    ///
    /// # Errors
    ///
    /// [`Refused`]; the job is dropped, and the one who awaits it is told the same.
    fn execute(&self, job: Job) -> Result<(), Refused>;

    /// How many jobs it runs at once, if there is a limit.
    fn max_threads(&self) -> Option<usize> {
        None
    }
}

/// A blocking job that has not begun. Dropping it cancels it.
#[must_use = "dropping a job cancels it: `run` it on a thread that may block"]
pub struct Job(Box<dyn FnOnce() + Send>);

impl Job {
    /// For backends: `run` does the job, and its drop cancels it.
    pub fn new(run: impl FnOnce() + Send + 'static) -> Job {
        Job(Box::new(run))
    }

    /// Runs the closure to its end; at once done if the job was aborted.
    pub fn run(self) {
        (self.0)();
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}
