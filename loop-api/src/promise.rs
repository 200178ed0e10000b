//! A value that will be there later: asyncio's Future and Twisted's Deferred in Rust's terms.
//!
//! [`promise()`] gives two ends. [`Promise`] settles, once, by value; [`Deferred`] is the future
//! that waits. Neither belongs to a loop: they may be on different threads, on different loops, or
//! on none.
//!
//! ```
//! use loop_api::promise::promise;
//!
//! let (promise, deferred) = promise();
//! std::thread::spawn(move || promise.settle("Ciao EuroPython"));
//! assert_eq!(futures_lite::future::block_on(deferred).unwrap(), "Ciao EuroPython");
//! ```
//!
//! # What is promised
//!
//! - It settles once: by [`settle`](Promise::settle), by [`fail`](Promise::fail), by being dropped
//!   (the waiter sees [`DeferredError::Abandoned`]), or by being cancelled from the other end,
//!   whichever comes first.
//! - A waiter on any thread is woken; no wake-up is lost.
//! - Callbacks of [`on_done`](Deferred::on_done) run through `call_soon`, in the order of
//!   registration, never inline.
//! - An error that was not read when the last waiter is dropped is reported, once, to the exception
//!   handler of the loop that drops it, or to standard error.

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll};

mod core;
mod deferred;
mod error;
mod on_done;
mod shared;

pub use deferred::Deferred;
pub use error::DeferredError;
pub use shared::SharedDeferred;

pub use self::core::Promise;

use self::core::Core;

/// A promise, and the future that waits for it. An error that is not read is said to come from the
/// caller.
#[track_caller]
pub fn promise<T>() -> (Promise<T>, Deferred<T>) {
    let core = Arc::new(Core::new(Location::caller()));
    (Promise { core: core.clone() }, Deferred::new(core))
}

impl<T> Promise<T> {
    /// Gives the value to the waiter.
    ///
    /// # Errors
    ///
    /// The value, if the waiter is gone or has cancelled.
    pub fn settle(self, value: T) -> Result<(), T> {
        match self.finish(Ok(value)) {
            Ok(()) | Err(Err(_)) => Ok(()),
            Err(Ok(value)) => Err(value),
        }
    }

    /// Gives the waiter [`DeferredError::Failed`] with `error`, which may be any error, a `String`
    /// or a `&str`.
    ///
    /// # Errors
    ///
    /// The error, if the waiter is gone or has cancelled.
    pub fn fail(
        self,
        error: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Result<(), Arc<dyn Error + Send + Sync>> {
        match self.finish(Err(DeferredError::Failed(Arc::from(error.into())))) {
            Err(Err(DeferredError::Failed(error))) => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Gives the waiter the outcome of another [`Deferred`], such as one that went through another
    /// runtime: the value, the failure, or that it was cancelled or abandoned.
    /// [`Pending`](DeferredError::Pending) and [`Taken`](DeferredError::Taken), which are no
    /// outcomes, count as abandoned.
    ///
    /// ```
    /// # use loop_api::promise::{DeferredError, promise};
    /// let (promise, mut deferred) = promise::<u8>();
    /// promise.complete(Err(DeferredError::Cancelled)).unwrap();
    /// assert!(deferred.try_result().unwrap_err().is_cancelled());
    /// ```
    ///
    /// # Errors
    ///
    /// The outcome, if the waiter is gone or has cancelled.
    pub fn complete(self, outcome: Result<T, DeferredError>) -> Result<(), Result<T, DeferredError>> {
        self.finish(match outcome {
            Err(DeferredError::Pending | DeferredError::Taken) => Err(DeferredError::Abandoned),
            outcome => outcome,
        })
    }

    /// Whether the waiter is gone or has cancelled, so that settling would be for nothing.
    pub fn is_cancelled(&self) -> bool {
        self.core.is_done()
    }

    /// Waits until the waiter is gone or has cancelled. Cancel safe.
    ///
    /// ```
    /// # use loop_api::promise::promise;
    /// let (mut promise, deferred) = promise::<u8>();
    /// assert!(deferred.cancel());
    /// futures_lite::future::block_on(promise.cancelled());
    /// assert_eq!(promise.settle(1), Err(1));
    /// ```
    pub fn cancelled(&mut self) -> impl Future<Output = ()> + use<'_, T> {
        poll_fn(|cx| self.poll_cancelled(cx))
    }

    /// [`cancelled`](Self::cancelled) by hand.
    pub fn poll_cancelled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.core.poll_cancelled(cx)
    }

    /// What came too late comes back.
    fn finish(self, outcome: Result<T, DeferredError>) -> Result<(), Result<T, DeferredError>> {
        // Dropping self after this finds it done.
        self.core.finish(outcome)
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise").field("is_cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

#[cfg(all(test, anyloop_loom))]
mod loom_models;
#[cfg(all(test, not(anyloop_loom)))]
mod tests;
