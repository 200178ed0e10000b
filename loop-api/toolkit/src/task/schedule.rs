//! What a task asks of its executor, and what the cell asks of a future.

use std::any::Any;
use std::future::Future;
use std::panic::Location;

use crate::{CatchUnwind, TaskOutput};
use loop_api::Handle;
use loop_api::shared::ExceptionKind;

use super::list::TaskSet;
use super::runnable::Runnable;

/// Where a task goes when it can run. A task keeps one, so it should be small: an `Arc`, or a
/// pointer in a newtype.
pub trait Schedule: Send + Sync + 'static {
    /// Puts the task in a queue; never runs or drops it here. Called from any thread, by what wakes it:
    /// none of the task's locks is held, but one of another crate's may be, such as that of a channel,
    /// which a poll or drop of the task would take, too.
    fn schedule(&self, task: Runnable);

    /// As [`schedule`](Self::schedule), for a task that was woken while it ran: it is called by the
    /// thread that ran it, after its poll. An executor that runs tasks by [`Runnable::poll`] gets
    /// them from there instead.
    fn yield_now(&self, task: Runnable) {
        self.schedule(task);
    }

    /// A shorter way to the queue, where the calling thread is the one that runs it: what is called
    /// with the `Runnable` at once, on this thread, instead of [`schedule`](Self::schedule). The
    /// task then needs no reference counted for the time of the call.
    fn local_schedule(&self) -> Option<fn(Runnable)> {
        None
    }

    /// Calls `f`, which drops what belongs to the task, inside the loop: for a thread that is not
    /// the loop's.
    fn within(&self, f: &mut dyn FnMut()) {
        f();
    }

    /// The set on which the task was spawned; `None` for a task that was spawned on no set.
    fn tasks(&self) -> Option<&TaskSet>;
}

/// A future that may stand in a cell: its panics are in its output. That the output is a `TaskOutput`
/// of the value is what makes a join handle `Send` when its value is.
pub(crate) trait TaskFuture: Future<Output = TaskOutput<Self::Value, Self::Handle>> {
    type Value;
    type Handle: Handle;

    /// Whether an abort drops the future at once, on the thread that aborts.
    const ABORT_IN_PLACE: bool = false;
    /// Whether the thread that runs it may be outside of the loop by the time its output is
    /// dropped.
    const ENDS_OUTSIDE: bool = false;
    /// What its panics are reported as.
    const KIND: ExceptionKind;

    /// Where the task was spawned.
    fn location(&self) -> &'static Location<'static>;

    /// A panic outside of the future's poll as an output.
    fn caught(payload: Box<dyn Any + Send>, location: &'static Location<'static>) -> Self::Output {
        TaskOutput::panicked(payload, Self::KIND, location)
    }
}

impl<F: Future, H: Handle> TaskFuture for CatchUnwind<F, H> {
    type Value = F::Output;
    type Handle = H;
    const KIND: ExceptionKind = ExceptionKind::Task;

    fn location(&self) -> &'static Location<'static> {
        self.location()
    }
}
