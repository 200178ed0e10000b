//! Oneshots of futures-channel.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_channel::oneshot;
use loop_api::promise::{Deferred, DeferredError};

use super::outlet::{Outlet, pour};
use super::{IntoDeferred, Source};

impl<T: Send + 'static> Source for oneshot::Receiver<T> {
    type Value = T;

    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, DeferredError>> {
        Pin::new(self).poll(cx).map_err(|_cancelled| DeferredError::Abandoned)
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

/// A receiver of futures-channel's for what the deferred gives: as `to_tokio`.
///
/// ```
/// use loop_api::promise::promise;
/// use loop_compat::value::to_futures;
///
/// let (promise, deferred) = promise();
/// let receiver: futures_channel::oneshot::Receiver<_> = to_futures(deferred);
/// promise.settle(7).unwrap();
/// assert_eq!(futures_lite::future::block_on(receiver).unwrap().unwrap(), 7);
/// ```
pub fn to_futures<T: Send + 'static>(deferred: Deferred<T>) -> oneshot::Receiver<Result<T, DeferredError>> {
    let (sender, receiver) = oneshot::channel();
    pour(deferred, sender);
    receiver
}

impl<T: Send + 'static> Outlet<T> for oneshot::Sender<Result<T, DeferredError>> {
    fn give(self, outcome: Result<T, DeferredError>) {
        let _not_awaited = self.send(outcome);
    }

    fn poll_unwanted(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_canceled(cx)
    }
}
