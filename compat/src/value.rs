//! Values that come later, from one runtime to another.
//!
//! [`IntoDeferred`] makes a [`Deferred`] of what another runtime waits with; a [`Deferred`] is a
//! future itself, which any executor awaits, and `to_tokio` and `to_futures` make the receivers of
//! those crates from it.
//!
//! | from | to a `Deferred` | back |
//! | --- | --- | --- |
//! | `Deferred` | itself, at no cost | |
//! | tokio's `oneshot::Receiver` | `into_deferred()` | `to_tokio(deferred)` |
//! | tokio's `JoinHandle` | `into_deferred()` | `handle.spawn(deferred)` |
//! | futures' `oneshot::Receiver` | `into_deferred()` | `to_futures(deferred)` |
//! | smol's `Task` | `into_deferred()` | `executor.spawn(deferred)` |
//! | any future | [`deferred_on`]`(&handle, future)` | it is one |
//!
//! | there | the `Deferred` |
//! | --- | --- |
//! | a value | gives it |
//! | a task panicked | `Failed`, with a [`JoinError::Panicked`](loop_api::JoinError::Panicked) inside |
//! | a task was aborted or cancelled | `Cancelled` |
//! | the sender was dropped, the loop or runtime shut down | `Abandoned` |
//!
//! The other way, cancelling or dropping the `Deferred` aborts the task, or closes the receiver so
//! that the sender sees it. A value that no caller waits for any more is dropped.
//!
//! Nothing is spawned for it, and no executor is needed: what wakes the one hands over to the
//! other, on the thread that wakes. It costs two allocations.

#![forbid(unsafe_code)]

use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use loop_api::Handle;
use loop_api::promise::{Deferred, DeferredError, promise};

mod forward;
#[cfg(feature = "futures-channel")]
mod futures;
#[cfg(any(feature = "futures-channel", feature = "tokio"))]
mod outlet;
#[cfg(feature = "smol")]
mod smol;
mod source;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "futures-channel")]
pub use self::futures::to_futures;
#[cfg(feature = "tokio")]
pub use self::tokio::to_tokio;

use self::source::Source;

/// What becomes a [`Deferred`]: see the [module](self).
///
/// ```
/// use loop_api::promise::{Deferred, promise};
/// use loop_compat::value::IntoDeferred;
///
/// let (promise, deferred) = promise();
/// let mut same: Deferred<u8> = deferred.into_deferred();
/// promise.settle(1).unwrap();
/// assert_eq!(same.try_result().unwrap(), 1);
/// ```
pub trait IntoDeferred: Sized {
    /// What it gives.
    type Value: Send + 'static;

    #[doc(hidden)]
    type Source: Source<Value = Self::Value>;

    #[doc(hidden)]
    fn into_source(self) -> Self::Source;

    /// A deferred of the same value.
    #[track_caller]
    fn into_deferred(self) -> Deferred<Self::Value> {
        let (promise, deferred) = promise();
        forward::start(forward::IntoPromise::new(self.into_source(), promise, |promise, outcome| {
            let _not_awaited = promise.complete(outcome);
        }));
        deferred
    }

    /// A deferred of the value inside a `Result`: an error becomes
    /// [`Failed`](DeferredError::Failed), and a [`DeferredError`] becomes itself, so that what went
    /// through another runtime's channel as a `Result` comes out as it went in.
    ///
    /// ```
    /// # #[cfg(feature = "tokio")] {
    /// use loop_api::promise::{DeferredError, promise};
    /// use loop_compat::value::{IntoDeferred, to_tokio};
    ///
    /// let (promise, deferred) = promise::<u8>();
    /// let there = to_tokio(deferred); // tokio's oneshot::Receiver<Result<u8, DeferredError>>
    /// let mut back = there.into_deferred_result();
    /// drop(promise);
    /// assert!(matches!(back.try_result(), Err(DeferredError::Abandoned)));
    /// # }
    /// ```
    #[track_caller]
    fn into_deferred_result<T, E>(self) -> Deferred<T>
    where
        Self: IntoDeferred<Value = Result<T, E>>,
        T: Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let (promise, deferred) = promise();
        forward::start(forward::IntoPromise::new(self.into_source(), promise, |promise, outcome| {
            let outcome = match outcome {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(error)) => Err(same_error(error.into())),
                Err(error) => Err(error),
            };
            let _not_awaited = promise.complete(outcome);
        }));
        deferred
    }
}

fn same_error(error: Box<dyn Error + Send + Sync>) -> DeferredError {
    match error.downcast::<DeferredError>() {
        Ok(error) => *error,
        Err(error) => DeferredError::Failed(error.into()),
    }
}

/// It is what it is to become: nothing is allocated.
impl<T: Send + 'static> IntoDeferred for Deferred<T> {
    type Value = T;
    type Source = Self;

    fn into_source(self) -> Self {
        self
    }

    fn into_deferred(self) -> Deferred<T> {
        self
    }
}

/// Runs any future on the loop of `handle`, as a task, and gives a deferred of its output.
/// Cancelling or dropping the deferred ends the task.
///
/// A panic, and the end of the loop before the future's, are seen as
/// [`Abandoned`](DeferredError::Abandoned); the panic goes to the loop's exception handler.
///
/// ```
/// use loop_api::EventLoop;
/// use loop_compat::value::deferred_on;
///
/// fn example<L: EventLoop>(mut event_loop: L) {
///     let deferred = deferred_on(event_loop.handle(), async { 1 + 2 });
///     assert_eq!(event_loop.block_on(deferred).unwrap(), 3);
/// }
/// ```
#[track_caller]
pub fn deferred_on<H, F>(handle: &H, future: F) -> Deferred<F::Output>
where
    H: Handle,
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let (mut promise, deferred) = promise();
    drop(handle.spawn(async move {
        let mut future = pin!(future);
        let output = poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => promise.poll_cancelled(cx).map(|()| None),
        });
        if let Some(output) = output.await {
            let _not_awaited = promise.settle(output);
        }
    }));
    deferred
}
