//! Streams, sinks, readers and writers inside tokio's context.

#![forbid(unsafe_code)]

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;

use crate::Tokio;

mod io;

/// Whether anything may wait in the runtime after this answer, or come out of it that will.
fn waits<T>(answer: &Poll<T>) -> bool {
    answer.is_pending() || mem::needs_drop::<T>()
}

/// Of tokio-stream, of futures, or of a crate that needs tokio.
///
/// ```
/// use futures_lite::StreamExt;
///
/// // A stream that makes a timer for each item.
/// let ticks = futures_lite::stream::unfold(0, |n| async move {
///     tokio::time::sleep(std::time::Duration::from_millis(1)).await;
///     Some((n, n + 1))
/// });
/// let three: Vec<u32> = futures_lite::future::block_on(loop_compat::tokio(ticks).take(3).collect());
/// assert_eq!(three, [0, 1, 2]);
/// ```
impl<S: Stream> Stream for Tokio<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.poll_with(|stream| stream.poll_next(cx), waits)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (**self).size_hint()
    }
}

impl<T, S: Sink<T>> Sink<T> for Tokio<S> {
    type Error = S::Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.poll_with(|sink| sink.poll_ready(cx), waits)
    }

    fn start_send(self: Pin<&mut Self>, item: T) -> Result<(), S::Error> {
        // What it starts waits at the next flush.
        self.poll_with(|sink| sink.start_send(item), |_| false)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.poll_with(|sink| sink.poll_flush(cx), waits)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.poll_with(|sink| sink.poll_close(cx), waits)
    }
}
