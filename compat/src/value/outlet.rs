//! From a deferred into another runtime's oneshot.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::promise::{Deferred, DeferredError};

use super::forward::{self, Steps};

/// The sending end of a oneshot.
pub(super) trait Outlet<T>: Send + 'static {
    /// Gives the outcome, if the receiver still waits for it.
    fn give(self, outcome: Result<T, DeferredError>);

    /// Ready when the receiver is closed or dropped.
    fn poll_unwanted(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// Gives `outlet` what the deferred gives; cancels the deferred when the receiver is closed or
/// dropped.
pub(super) fn pour<T: Send + 'static, O: Outlet<T>>(deferred: Deferred<T>, outlet: O) {
    forward::start(Pour { deferred, outlet: Some(outlet) });
}

struct Pour<T, O> {
    deferred: Deferred<T>,
    outlet: Option<O>,
}

impl<T: Send + 'static, O: Outlet<T>> Steps for Pour<T, O> {
    fn step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Poll::Ready(outcome) = Pin::new(&mut self.deferred).poll(cx) {
            if let Some(outlet) = self.outlet.take() {
                outlet.give(outcome);
            }
            return Poll::Ready(());
        }
        // Ready drops the deferred, which cancels it.
        self.outlet.as_mut().map_or(Poll::Ready(()), |outlet| outlet.poll_unwanted(cx))
    }
}
