//! tokio's own panics as errors with names.

#![forbid(unsafe_code)]

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// Gives tokio's complaints about its context as errors instead of panics: around a future that is
/// polled as it is, or around a [`tokio()`](crate::tokio()).
///
/// ```
/// use loop_compat::{ContextError, checked};
///
/// // Outside any context.
/// let outside = checked(async { tokio::time::sleep(std::time::Duration::ZERO).await });
/// let error = futures_lite::future::block_on(outside).unwrap_err();
/// assert!(matches!(error, ContextError::NoContext));
/// assert!(error.to_string().contains("compat::tokio"), "it says what to do");
/// ```
///
/// The panic has happened: the panic hook has run, which by default writes it to standard error,
/// and the future is gone. Panics of any other kind go on. Polling again after the end panics, as
/// with any future.
pub fn checked<F: Future>(future: F) -> Checked<F> {
    Checked { future: Some(future) }
}

pin_project! {
    /// What [`checked`] gives: a future of the output, or of what tokio refused.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct Checked<F> {
        #[pin]
        future: Option<F>,
    }
}

/// What tokio cannot do in the context it found, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextError {
    /// No runtime is current on the thread.
    NoContext,
    /// The current runtime was built without I/O.
    NoIo,
    /// The current runtime was built without timers.
    NoTime,
    /// The current runtime is shutting down.
    ShuttingDown,
    /// `tokio::task::spawn_local` outside a `LocalSet`.
    NoLocalSet,
    /// `block_on` inside something asynchronous: it would block the executor.
    NestedBlockOn,
    /// A `tokio::runtime::Runtime` was dropped inside something asynchronous: that blocks until its
    /// blocking jobs are done.
    RuntimeDropped,
    /// `tokio::task::block_in_place` on a current-thread runtime.
    NoBlockInPlace,
}

impl ContextError {
    /// What a panic's payload says, if it is one of tokio's about its context.
    ///
    /// ```
    /// use loop_compat::ContextError;
    /// let panic = std::panic::catch_unwind(|| tokio::runtime::Handle::current()).unwrap_err();
    /// assert_eq!(ContextError::of_panic(&*panic), Some(ContextError::NoContext));
    /// ```
    pub fn of_panic(payload: &(dyn Any + Send)) -> Option<ContextError> {
        let text = match payload.downcast_ref::<&'static str>() {
            Some(text) => text,
            None => payload.downcast_ref::<String>()?.as_str(),
        };
        // Words of tokio 1.54; the tests make each of these panics.
        let known = [
            ("there is no reactor running", ContextError::NoContext),
            ("IO is disabled", ContextError::NoIo),
            ("timers are disabled", ContextError::NoTime),
            ("it is being shutdown", ContextError::ShuttingDown),
            ("`spawn_local` called from outside", ContextError::NoLocalSet),
            ("Cannot start a runtime from within a runtime", ContextError::NestedBlockOn),
            ("Cannot drop a runtime in a context", ContextError::RuntimeDropped),
            (
                "can call blocking only when running on the multi-threaded runtime",
                ContextError::NoBlockInPlace,
            ),
        ];
        known.iter().find(|(words, _)| text.contains(words)).map(|(_, refused)| *refused)
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContextError::NoContext => {
                "no tokio runtime is current on this thread: wrap the future in compat::tokio(), make the loop with_tokio(), \
                 or hold the guard of compat::enter_tokio() on this thread"
            }
            ContextError::NoIo => {
                "the tokio runtime that is current has its I/O turned off: build it with enable_io(), or choose another \
                 with compat::Tokio::own() or compat::Tokio::of()"
            }
            ContextError::NoTime => {
                "the tokio runtime that is current has its timers turned off: build it with enable_time(), or choose another \
                 with compat::Tokio::own() or compat::Tokio::of()"
            }
            ContextError::ShuttingDown => {
                "the tokio runtime that this belongs to is shutting down: keep it for as long as its sockets and timers, or make them \
                 in the process's own with compat::Tokio::own()"
            }
            ContextError::NoLocalSet => {
                "tokio's spawn_local works only inside a LocalSet: wrap the future in compat::tokio_local(), or use anyloop's spawn_local"
            }
            ContextError::NestedBlockOn => {
                "block_on inside something asynchronous would stop every task of this thread: .await the future instead, \
                 or move the call into spawn_blocking"
            }
            ContextError::RuntimeDropped => {
                "dropping a tokio runtime waits for its blocking jobs, which would stop every task of this thread: \
                 use its shutdown_background(), or drop it in spawn_blocking"
            }
            ContextError::NoBlockInPlace => {
                "block_in_place needs tokio's multi-thread runtime: use spawn_blocking, or run this in one with compat::Tokio::of()"
            }
        })
    }
}

impl std::error::Error for ContextError {}

impl From<ContextError> for io::Error {
    fn from(refused: ContextError) -> Self {
        io::Error::other(refused)
    }
}

impl<F: Future> Future for Checked<F> {
    type Output = Result<F::Output, ContextError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.project().future;
        let future = slot.as_mut().as_pin_mut().expect("polled again after it was done");
        // The future is dropped when it has panicked, so nothing sees what it left half done.
        match panic::catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => {
                slot.set(None);
                Poll::Ready(Ok(output))
            }
            Err(payload) => match ContextError::of_panic(&*payload) {
                Some(refused) => {
                    slot.set(None);
                    Poll::Ready(Err(refused))
                }
                None => panic::resume_unwind(payload),
            },
        }
    }
}
