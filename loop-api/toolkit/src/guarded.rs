//! A task's future in the wrapper that catches its panic.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use loop_api::Handle;
use loop_api::budget;
use loop_api::error::{JoinError, Panic};
use loop_api::shared::{self, Exception, ExceptionKind, polls_are_timed};
use loop_api::time::Instant;

pin_project! {
    /// A task's future whose panic becomes its output. `H` is the handle by which a poll finds its
    /// loop.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Guarded<F, H> {
        #[pin]
        future: F,
        location: &'static Location<'static>,
        handle: PhantomData<fn() -> H>,
    }
}

impl<F: Future, H: Handle> Guarded<F, H> {
    /// Wraps a future that was spawned by the caller.
    #[track_caller]
    pub fn new(future: F) -> Self {
        Guarded { future, location: Location::caller(), handle: PhantomData }
    }

    /// Where it was spawned.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl<F: Future, H: Handle> Future for Guarded<F, H> {
    type Output = Caught<F::Output, H>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if polls_are_timed() {
            return poll_timed::<F, H>(this.future, this.location, cx);
        }
        poll_caught(this.future, this.location, cx)
    }
}

/// Polls a task's future, and gives its output or its panic: what [`Guarded`] does, for a future
/// that is already pinned.
pub fn poll_caught<F: Future + ?Sized, H: Handle>(
    future: Pin<&mut F>,
    location: &'static Location<'static>,
    cx: &mut Context<'_>,
) -> Poll<Caught<F::Output, H>> {
    budget::begin_poll();
    // The future is not touched again after a panic, but for being dropped.
    let polled = catch_unwind(AssertUnwindSafe(|| future.poll(cx)));
    Poll::Ready(match polled {
        Ok(poll) => Caught::new(Ok(ready!(poll))),
        Err(payload) => Caught::panicked(payload, ExceptionKind::Task, location),
    })
}

#[cold]
fn poll_timed<F: Future, H: Handle>(
    future: Pin<&mut F>,
    location: &'static Location<'static>,
    cx: &mut Context<'_>,
) -> Poll<Caught<F::Output, H>> {
    SPAWNED_AT.set(None);
    let start = Instant::now();
    let polled = poll_caught(future, location, cx);
    let took = start.elapsed();
    let location = SPAWNED_AT.take().unwrap_or(location);
    H::with_current(|handle| {
        if let Some(shared) = handle.map(Handle::shared) {
            if shared.slow_callback_duration().is_some_and(|threshold| took >= threshold) {
                shared.report(&Exception::slow(took, Some(location)));
            }
        }
    });
    polled
}

thread_local! {
    /// Where the task that was just polled was spawned, if that was through the type-erased loop:
    /// of its `spawn` the loop under it knows only that the type-erased one called.
    static SPAWNED_AT: std::cell::Cell<Option<&'static Location<'static>>> = const { std::cell::Cell::new(None) };
}

/// Names the place where the task that is being polled was spawned, for the report that its poll is
/// slow.
pub fn spawned_at(location: &'static Location<'static>) {
    if polls_are_timed() {
        SPAWNED_AT.set(Some(location));
    }
}

/// Drops a task's future in its place, for a runtime that does not survive a panic of that. The
/// panic is an output: for the one who awaits the task, where it can still be given, else for the
/// exception handler, which is told when it is dropped.
///
/// # Errors
///
/// The panic of the future's drop.
pub fn drop_guarded<F, T, H: Handle>(
    mut future: Pin<&mut Option<Guarded<F, H>>>,
) -> Result<(), Caught<T, H>> {
    let location = match future.as_ref().get_ref() {
        Some(guarded) if mem::needs_drop::<F>() => guarded.location,
        _ => {
            future.set(None);
            return Ok(());
        }
    };
    catch_unwind(AssertUnwindSafe(|| future.set(None)))
        .map_err(|payload| Caught::panicked(payload, ExceptionKind::Task, location))
}

/// Runs a blocking job, so that its panic becomes its output.
pub fn guard_blocking<T, H: Handle>(
    f: impl FnOnce() -> T,
    location: &'static Location<'static>,
) -> Caught<T, H> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => Caught::new(Ok(value)),
        Err(payload) => Caught::panicked(payload, ExceptionKind::Blocking, location),
    }
}

/// Boxed where it is kept: outputs are moved a few times on their way, and few of them are panics.
struct UnhandledPanic<H> {
    panic: Panic,
    kind: ExceptionKind,
    location: &'static Location<'static>,
    /// The loop it happened in: it may be dropped somewhere else.
    handle: Option<H>,
}

/// A task's output or its panic. A panic that is dropped before it was taken goes to the loop's
/// exception handler, and so does one that comes from the drop of an output that was not taken:
/// dropping this does not panic.
pub struct Caught<T, H: Handle> {
    /// `None` once taken.
    result: Option<Result<T, Box<UnhandledPanic<H>>>>,
}

impl<T, H: Handle> Caught<T, H> {
    fn new(result: Result<T, Box<UnhandledPanic<H>>>) -> Self {
        Caught { result: Some(result) }
    }

    /// The output of something that panicked.
    #[cold]
    pub(crate) fn panicked(
        payload: Box<dyn Any + Send>,
        kind: ExceptionKind,
        location: &'static Location<'static>,
    ) -> Self {
        let handle = H::try_current();
        Caught::new(Err(Box::new(UnhandledPanic { panic: Panic::new(payload), kind, location, handle })))
    }

    /// Whether it is a panic that has not been taken.
    pub fn is_panic(&self) -> bool {
        matches!(self.result, Some(Err(_)))
    }

    /// The output, for the one who awaited the task.
    pub fn into_result(mut self) -> Result<T, JoinError> {
        match self.result.take() {
            Some(Ok(value)) => Ok(value),
            Some(Err(unhandled)) => Err(JoinError::Panicked(unhandled.panic)),
            // Only this method takes it, and it takes self.
            None => Err(JoinError::Cancelled),
        }
    }
}

impl<T, H: Handle> Caught<T, H> {
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

impl<T, H: Handle> Drop for Caught<T, H> {
    fn drop(&mut self) {
        self.discard(ExceptionKind::Task, None);
    }
}

impl<T, H: Handle> std::fmt::Debug for Caught<T, H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caught").finish_non_exhaustive()
    }
}
