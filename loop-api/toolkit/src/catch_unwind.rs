//! A task's future in the wrapper that catches its panic.

use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use loop_api::Handle;
use loop_api::shared::{Exception, ExceptionKind, polls_are_timed};
use loop_api::time::measured_now;

use crate::output::TaskOutput;

pin_project! {
    /// A task's future whose panic becomes its output. `H` is the handle by which a poll finds its
    /// loop.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct CatchUnwind<F, H> {
        #[pin]
        future: F,
        location: &'static Location<'static>,
        handle: PhantomData<fn() -> H>,
    }
}

impl<F: Future, H: Handle> CatchUnwind<F, H> {
    /// Wraps a future that was spawned at `caller`.
    pub fn new(caller: &'static Location<'static>, future: F) -> Self {
        CatchUnwind { future, location: caller, handle: PhantomData }
    }

    /// Where it was spawned.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl<F: Future, H: Handle> Future for CatchUnwind<F, H> {
    type Output = TaskOutput<F::Output, H>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if polls_are_timed() {
            return poll_timed::<F, H>(this.future, this.location, cx);
        }
        poll_caught(this.future, this.location, cx)
    }
}

/// Polls a task's future, and gives its output or its panic: what [`CatchUnwind`] does, for a future
/// that is already pinned.
pub fn poll_caught<F: Future + ?Sized, H: Handle>(
    future: Pin<&mut F>,
    location: &'static Location<'static>,
    cx: &mut Context<'_>,
) -> Poll<TaskOutput<F::Output, H>> {
    // The future is not touched again after a panic, but for being dropped.
    let polled = catch_unwind(AssertUnwindSafe(|| future.poll(cx)));
    Poll::Ready(match polled {
        Ok(poll) => TaskOutput::new(Ok(ready!(poll))),
        Err(payload) => TaskOutput::panicked(payload, ExceptionKind::Task, location),
    })
}

#[cold]
fn poll_timed<F: Future, H: Handle>(
    future: Pin<&mut F>,
    location: &'static Location<'static>,
    cx: &mut Context<'_>,
) -> Poll<TaskOutput<F::Output, H>> {
    let start = measured_now();
    let polled = poll_caught(future, location, cx);
    let took = measured_now() - start;
    H::with_current(|handle| {
        if let Some(shared) = handle.map(Handle::shared) {
            if shared.slow_callback_duration().is_some_and(|threshold| took >= threshold) {
                shared.report(&Exception::slow(took, Some(location)));
            }
        }
    });
    polled
}

/// Drops a task's future in its place, for a runtime that does not survive a panic of that. The
/// panic is an output: for the one who awaits the task, where it can still be given, else for the
/// exception handler, which is told when it is dropped.
///
/// # Errors
///
/// The panic of the future's drop.
pub fn drop_catching<F, T, H: Handle>(
    mut future: Pin<&mut Option<CatchUnwind<F, H>>>,
) -> Result<(), TaskOutput<T, H>> {
    let location = match future.as_ref().get_ref() {
        Some(caught) if mem::needs_drop::<F>() => caught.location,
        _ => {
            future.set(None);
            return Ok(());
        }
    };
    catch_unwind(AssertUnwindSafe(|| future.set(None)))
        .map_err(|payload| TaskOutput::panicked(payload, ExceptionKind::Task, location))
}

/// Runs a blocking job, so that its panic becomes its output.
pub fn catch_blocking<T, H: Handle>(
    f: impl FnOnce() -> T,
    location: &'static Location<'static>,
) -> TaskOutput<T, H> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => TaskOutput::new(Ok(value)),
        Err(payload) => TaskOutput::panicked(payload, ExceptionKind::Blocking, location),
    }
}
