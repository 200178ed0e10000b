//! tokio's oneshots and join handles.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};

use loop_api::JoinError;
use loop_api::context::number_of;
use loop_api::error::Panic;
use loop_api::promise::{Deferred, DeferredError};
use loop_api::task::Id;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, coop};

use super::forward::failed;
use super::outlet::{Outlet, pour};
use super::{IntoDeferred, Source};

/// Polls without a budget: where the caller's is spent tokio would wake at once, and no yield comes
/// in between.
fn poll_freely<F: Future + Unpin>(future: &mut F, cx: &mut Context<'_>) -> Poll<F::Output> {
    pin!(coop::unconstrained(future)).as_mut().poll(cx)
}

impl<T: Send + 'static> Source for oneshot::Receiver<T> {
    type Value = T;

    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, DeferredError>> {
        poll_freely(self, cx).map_err(|_dropped| DeferredError::Abandoned)
    }

    fn cancel(&mut self) {
        self.close();
    }
}

impl<T: Send + 'static> IntoDeferred for oneshot::Receiver<T> {
    type Value = T;
    type Source = Self;

    fn into_source(self) -> Self {
        self
    }
}

impl<T: Send + 'static> Source for JoinHandle<T> {
    type Value = T;

    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, DeferredError>> {
        poll_freely(self, cx).map_err(|error| {
            let id = Id::foreign(number_of(&error.id()));
            match error.try_into_panic() {
                Ok(payload) => failed(JoinError::Panicked(Panic::new(payload), id)),
                Err(_cancelled) => DeferredError::Cancelled,
            }
        })
    }

    fn cancel(&mut self) {
        self.abort();
    }
}

impl<T: Send + 'static> IntoDeferred for JoinHandle<T> {
    type Value = T;
    type Source = Self;

    fn into_source(self) -> Self {
        self
    }
}

/// A receiver of tokio's for what the deferred gives. Closing or dropping it cancels the deferred;
/// an error comes as it is, and [`into_deferred_result`](IntoDeferred::into_deferred_result) makes
/// the same deferred of it again.
///
/// ```
/// use loop_api::promise::promise;
/// use loop_compat::value::to_tokio;
///
/// let (promise, deferred) = promise();
/// let receiver: tokio::sync::oneshot::Receiver<_> = to_tokio(deferred);
/// promise.settle(7).unwrap();
/// assert_eq!(futures_lite::future::block_on(receiver).unwrap().unwrap(), 7);
/// ```
pub fn to_tokio<T: Send + 'static>(deferred: Deferred<T>) -> oneshot::Receiver<Result<T, DeferredError>> {
    let (sender, receiver) = oneshot::channel();
    pour(deferred, sender);
    receiver
}

impl<T: Send + 'static> Outlet<T> for oneshot::Sender<Result<T, DeferredError>> {
    fn give(self, outcome: Result<T, DeferredError>) {
        let _not_awaited = self.send(outcome);
    }

    fn poll_unwanted(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let closed = std::future::poll_fn(|cx| self.poll_closed(cx));
        pin!(coop::unconstrained(closed)).as_mut().poll(cx)
    }
}
