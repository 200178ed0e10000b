//! opentelemetry: the task that sends batches, its pauses, and the channel to it.
//!
//! opentelemetry's processors block the thread that shuts them down until the task has sent what is
//! left. On a loop with one thread that must not be the loop's own: call `shutdown` and
//! `force_flush` from `spawn_blocking`, or on a loop with worker threads.
//!
//! ```
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use opentelemetry::trace::{Tracer, TracerProvider};
//! use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     let exporter = InMemorySpanExporter::default();
//!     let batches = BatchSpanProcessor::builder(exporter.clone(), plug).build();
//!     let provider = SdkTracerProvider::builder().with_span_processor(batches).build();
//!     provider.tracer("kitchen").in_span("sip", |_| ());
//!     let flushed = provider.clone();
//!     anyloop::task::spawn_blocking(move || flushed.force_flush()).await??;
//!     assert_eq!(exporter.get_finished_spans()?.len(), 1);
//!     anyloop::task::spawn_blocking(move || provider.shutdown()).await??;
//!     Ok::<_, Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_lite::Stream;
use loop_api::Handle;
use opentelemetry_sdk::runtime::{Runtime, RuntimeChannel, TrySend, TrySendError};

use crate::Plug;

impl<H: Handle> Runtime for Plug<H> {
    fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(self.handle.spawn(future)); // it runs on
    }

    fn delay(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static {
        self.handle.sleep(duration)
    }
}

impl<H: Handle> RuntimeChannel for Plug<H> {
    type Receiver<T: fmt::Debug + Send> = Receiver<T>;
    type Sender<T: fmt::Debug + Send> = Sender<T>;

    fn batch_message_channel<T: fmt::Debug + Send>(&self, capacity: usize) -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = async_channel::bounded(capacity.max(1));
        (Sender { sender }, Receiver { receiver: Box::pin(receiver) })
    }
}

/// Where spans and logs go in.
#[derive(Debug)]
pub struct Sender<T> {
    sender: async_channel::Sender<T>,
}

impl<T: Send> TrySend for Sender<T> {
    type Message = T;

    fn try_send(&self, message: T) -> Result<(), TrySendError> {
        self.sender.try_send(message).map_err(|error| {
            if error.is_full() { TrySendError::ChannelFull } else { TrySendError::ChannelClosed }
        })
    }
}

/// Where the task takes them out. Dropping it closes the channel.
#[derive(Debug)]
pub struct Receiver<T> {
    receiver: Pin<Box<async_channel::Receiver<T>>>,
}

impl<T> Stream for Receiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.receiver.as_mut().poll_next(cx)
    }
}
