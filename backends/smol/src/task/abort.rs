//! Aborting a task from anywhere.

use std::fmt;
use std::sync::Arc;

use loop_api::task::{Abort, Id};
use loop_toolkit::task as job;

/// What can be aborted by any holder.
pub(crate) trait Abortable: Send + Sync {
    fn abort(&self);
    fn is_finished(&self) -> bool;
    fn id(&self) -> Id;
}

/// Aborts a task from anywhere. See [`loop_api::task::Abort`].
///
/// Dropping it does nothing to the task.
#[derive(Clone)]
pub struct AbortHandle {
    pub(super) target: Target,
}

#[derive(Clone)]
pub(super) enum Target {
    Task(Arc<dyn Abortable>),
    Job(job::AbortHandle),
    /// There never was a task.
    Nothing(Id),
}

impl AbortHandle {
    pub(super) fn new<A: Abortable + 'static>(task: Arc<A>) -> Self {
        AbortHandle { target: Target::Task(task) }
    }
}

impl Abort for AbortHandle {
    fn abort(&self) {
        match &self.target {
            Target::Task(task) => task.abort(),
            Target::Job(job) => job.abort(),
            Target::Nothing(_) => {}
        }
    }

    fn is_finished(&self) -> bool {
        match &self.target {
            Target::Task(task) => task.is_finished(),
            Target::Job(job) => job.is_finished(),
            Target::Nothing(_) => true,
        }
    }

    fn id(&self) -> Id {
        match &self.target {
            Target::Task(task) => task.id(),
            Target::Job(job) => job.id(),
            Target::Nothing(id) => *id,
        }
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("finished", &self.is_finished()).finish()
    }
}
