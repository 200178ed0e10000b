//! What a deferred is made from.

use std::task::{Context, Poll};

use loop_api::promise::{Deferred, DeferredError};

/// Sealed: it is public only in the bounds of a trait, and this module is private.
// Rust 1.85 does not see that it is reached through the bounds.
#[allow(unreachable_pub)]
pub trait Source: Send + 'static {
    /// What it gives.
    type Value: Send + 'static;

    /// How it ended. Called on any thread, from inside a waker too, so it must be short and take no
    /// lock that is held while waking.
    #[doc(hidden)]
    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Result<Self::Value, DeferredError>>;

    /// The value is not awaited any more, and this is dropped next.
    #[doc(hidden)]
    fn cancel(&mut self) {}
}

impl<T: Send + 'static> Source for Deferred<T> {
    type Value = T;

    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, DeferredError>> {
        std::future::Future::poll(std::pin::Pin::new(self), cx)
    }
}
