//! The stream of a connection: with or without TLS, and with a limit to how long a write waits.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyloop::io::{AsyncRead, AsyncWrite, ReadBuf};
use anyloop::sync::OwnedSemaphorePermit;
use anyloop::time::{Sleep, sleep};

use crate::activity::Activity;

pub(crate) enum Transport<Io> {
    Plain(Io),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<Io>>),
}

/// It holds the connection's place among those that may be open, and so does what is upgraded on it.
pub(crate) struct Stream<Io> {
    transport: Transport<Io>,
    activity: Arc<Activity>,
    write_timeout: Duration,
    /// While a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl<Io> Stream<Io> {
    pub(crate) fn new(
        transport: Transport<Io>,
        activity: Arc<Activity>,
        write_timeout: Duration,
        place: OwnedSemaphorePermit,
    ) -> Stream<Io> {
        Stream { transport, activity, write_timeout, stalled: None, _place: place }
    }
}

impl<Io> fmt::Debug for Stream<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("activity", &self.activity).finish_non_exhaustive()
    }
}

/// Calls a method of what the stream is made of.
macro_rules! inner {
    ($self:expr, $io:ident => $call:expr) => {
        match &mut $self.transport {
            Transport::Plain($io) => $call,
            #[cfg(feature = "tls")]
            Transport::Tls($io) => $call,
        }
    };
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Stream<Io> {
    /// Gives what a write came to, or that it has waited too long.
    fn within_limit<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let sleep = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.write_timeout)));
        sleep.as_mut().poll(cx).map(|()| {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("the peer took nothing for {:?}", self.write_timeout),
            ))
        })
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = inner!(self, io => Pin::new(io).poll_read(cx, buf));
        if buf.filled().len() > before {
            self.activity.read_some();
        }
        read
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<Io> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = inner!(self, io => Pin::new(io).poll_write(cx, buf));
        if let Poll::Ready(Ok(1..)) = written {
            self.activity.wrote_some();
        }
        self.within_limit(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = inner!(self, io => Pin::new(io).poll_write_vectored(cx, bufs));
        if let Poll::Ready(Ok(1..)) = written {
            self.activity.wrote_some();
        }
        self.within_limit(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(io) => io.is_write_vectored(),
            #[cfg(feature = "tls")]
            Transport::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = inner!(self, io => Pin::new(io).poll_flush(cx));
        self.within_limit(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = inner!(self, io => Pin::new(io).poll_shutdown(cx));
        self.within_limit(cx, shut)
    }
}
