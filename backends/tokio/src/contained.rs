//! The drop of a task's future, or of a job that never ran, may panic. tokio keeps the payload for
//! the awaiter of the task, and where there is none it drops it in silence: so the payload is made
//! one that tells the exception handler when it is dropped.

use std::any::Any;
use std::future::Future;
use std::panic::{Location, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::JoinError;
use loop_api::error::Panic;
use loop_api::task::Id;
use loop_toolkit::{CatchUnwind, TaskOutput, catch_blocking, drop_catching};
use pin_project_lite::pin_project;

use crate::inner::TokioHandle;

/// A panic on its way through tokio.
type Payload = TaskOutput<(), TokioHandle>;

/// What went wrong with the task `id`, out of tokio's hands again.
pub(crate) fn open(payload: Box<dyn Any + Send>, id: Id) -> JoinError {
    match payload.downcast::<Payload>() {
        Ok(caught) => caught.into_result(|| id).err().unwrap_or(JoinError::Cancelled(id)),
        Err(other) => JoinError::Panicked(Panic::new(other), id),
    }
}

pin_project! {
    /// A task's future, the panic of whose drop is always reported.
    pub(crate) struct Contained<F> {
        #[pin]
        future: Option<CatchUnwind<F, TokioHandle>>,
    }

    impl<F> PinnedDrop for Contained<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Err(caught) = drop_catching::<F, (), TokioHandle>(this.project().future) {
                unwind(caught);
            }
        }
    }
}

/// tokio catches it.
#[cold]
fn unwind(caught: Payload) {
    if !std::thread::panicking() {
        resume_unwind(Box::new(caught));
    }
}

impl<F> Contained<F> {
    #[inline]
    pub(crate) fn new(future: CatchUnwind<F, TokioHandle>) -> Self {
        Contained { future: Some(future) }
    }
}

impl<F: Future> Future for Contained<F> {
    type Output = TaskOutput<F::Output, TokioHandle>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = match this.future.as_mut().as_pin_mut() {
            Some(future) => future.poll(cx),
            // It is taken out only to be dropped.
            None => Poll::Pending,
        };
        if polled.is_ready() {
            // tokio would take a panic in here for one of the poll. Dropped unread.
            drop(drop_catching::<F, (), TokioHandle>(this.future));
        }
        polled
    }
}

/// A blocking job that has not run.
pub(crate) struct Unrun<F> {
    /// `None` once it runs.
    f: Option<F>,
    location: &'static Location<'static>,
}

impl<F> Unrun<F> {
    pub(crate) fn new(f: F, location: &'static Location<'static>) -> Self {
        Unrun { f: Some(f), location }
    }

    pub(crate) fn run<T>(mut self) -> TaskOutput<T, TokioHandle>
    where
        F: FnOnce() -> T,
    {
        match self.f.take() {
            Some(f) => catch_blocking(f, self.location),
            None => unreachable!("a job is run once"),
        }
    }
}

impl<F> Drop for Unrun<F> {
    fn drop(&mut self) {
        if let Some(f) = self.f.take() {
            let dropped: Payload = catch_blocking(|| drop(f), self.location);
            if dropped.is_panic() {
                unwind(dropped);
            }
        }
    }
}
