//! Callbacks in the manner of asyncio. (Interface only; the `core` helper fills it in.)

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::handle::Handle;

/// The callbacks that wait on a loop.
#[derive(Debug, Default)]
pub(crate) struct Queue {}

impl Queue {
    pub(crate) fn close(&self) {}
    pub(crate) fn is_busy(&self) -> bool {
        false
    }
}

/// Runs a loop's callbacks, a turn at a time.
#[derive(Debug)]
pub struct Pump<H: Handle> {
    _handle: H,
}

impl<H: Handle> Pump<H> {
    /// The pump of a loop.
    pub fn new(handle: H) -> Self {
        Pump { _handle: handle }
    }

    /// Runs what was queued when it was called, and what is due. Ready when `stop()` was called. Where more is left it wakes the task and
    /// is pending, so that I/O and timers get their turn.
    pub fn poll_turn(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

pin_project_lite::pin_project! {
    /// A loop's main future, and its callbacks beside it. `None` when `stop()` came first.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Driven<H: Handle, F> {
        pump: Pump<H>,
        #[pin]
        future: F,
    }
}

impl<H: Handle, F: Future> Driven<H, F> {
    /// The future, driven with the callbacks of `pump`.
    pub fn new(pump: Pump<H>, future: F) -> Self {
        Driven { pump, future }
    }
}

impl<H: Handle, F: Future> Future for Driven<H, F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let stopped = this.pump.poll_turn(cx).is_ready();
        match this.future.poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if stopped => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}
