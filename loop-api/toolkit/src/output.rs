//! What became of a task: its output or its panic.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use loop_api::Handle;
use loop_api::error::{JoinError, Panic};
use loop_api::shared::{self, Exception, ExceptionKind};
use loop_api::task::Id;

/// Boxed where it is kept: outputs are moved a few times on their way, and few of them are panics.
pub(crate) struct UnhandledPanic<H> {
    panic: Panic,
    kind: ExceptionKind,
    location: &'static Location<'static>,
    /// The loop it happened in: it may be dropped somewhere else.
    handle: Option<H>,
}

/// A task's output or its panic. A panic that is dropped before it was taken goes to the loop's
/// exception handler, and so does one that comes from the drop of an output that was not taken:
/// dropping this does not panic.
pub struct TaskOutput<T, H: Handle> {
    /// `None` once taken.
    result: Option<Result<T, Box<UnhandledPanic<H>>>>,
}

impl<T, H: Handle> TaskOutput<T, H> {
    pub(crate) fn new(result: Result<T, Box<UnhandledPanic<H>>>) -> Self {
        TaskOutput { result: Some(result) }
    }

    /// The output of something that panicked.
    #[cold]
    pub(crate) fn panicked(
        payload: Box<dyn Any + Send>,
        kind: ExceptionKind,
        location: &'static Location<'static>,
    ) -> Self {
        let handle = H::try_current();
        TaskOutput::new(Err(Box::new(UnhandledPanic { panic: Panic::new(payload), kind, location, handle })))
    }

    /// Whether it is a panic that has not been taken.
    pub fn is_panic(&self) -> bool {
        matches!(self.result, Some(Err(_)))
    }

    /// The output, for the one who awaited the task; an error has the task's `id`.
    pub fn into_result(mut self, id: impl FnOnce() -> Id) -> Result<T, JoinError> {
        match self.result.take() {
            Some(Ok(value)) => Ok(value),
            Some(Err(unhandled)) => Err(JoinError::Panicked(unhandled.panic, id())),
            // Only this method takes it, and it takes self.
            None => Err(JoinError::Cancelled(id())),
        }
    }
}

impl<T, H: Handle> TaskOutput<T, H> {
    /// Drops it as what is not awaited: its panic, or that of the output's own drop, goes to the
    /// exception handler.
    pub(crate) fn discard(&mut self, kind: ExceptionKind, location: Option<&'static Location<'static>>) {
        match self.result.take() {
            Some(Ok(value)) if mem::needs_drop::<T>() => {
                if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
                    tell::<H>(None, &Exception::panicked(kind, Panic::new(payload), location));
                }
            }
            Some(Ok(_)) | None => {}
            Some(Err(unhandled)) => {
                let UnhandledPanic { panic, kind, location, handle } = *unhandled;
                tell(handle, &Exception::panicked(kind, panic, Some(location)));
            }
        }
    }
}

#[cold]
fn tell<H: Handle>(handle: Option<H>, exception: &Exception) {
    match handle {
        Some(handle) => handle.shared().report(exception),
        None => H::with_current(|handle| shared::report(handle.map(Handle::shared), exception)),
    }
}

impl<T, H: Handle> Drop for TaskOutput<T, H> {
    fn drop(&mut self) {
        self.discard(ExceptionKind::Task, None);
    }
}

impl<T, H: Handle> std::fmt::Debug for TaskOutput<T, H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaskOutput").finish_non_exhaustive()
    }
}
