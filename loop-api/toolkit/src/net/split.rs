//! The two directions of a stream, borrowed or owned, and the contract's stream, which has them.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use super::stream::{StdStream, Stream};
use crate::socket::is_ready;
use loop_api::io::{AsyncReadUninit, Interest, ReadCursor};
use loop_api::readiness::{Moved, Readiness, Source};

/// The reading half of a stream, borrowed.
pub struct ReadHalf<'a, H: Readiness, T: StdStream>(&'a Stream<H, T>);

/// The writing half of a stream, borrowed. Closing it sends FIN; dropping it does not.
pub struct WriteHalf<'a, H: Readiness, T: StdStream>(&'a Stream<H, T>);

/// The reading half of a stream, owned.
pub struct OwnedReadHalf<H: Readiness, T: StdStream>(Arc<Stream<H, T>>);

/// The writing half of a stream, owned. Dropping it sends FIN; [`forget`](Self::forget) drops it
/// without.
pub struct OwnedWriteHalf<H: Readiness, T: StdStream> {
    stream: Arc<Stream<H, T>>,
    /// Whether dropping it sends FIN: not once it was sent.
    fin: bool,
}

impl<'a, H: Readiness, T: StdStream> ReadHalf<'a, H, T> {
    fn new(stream: &'a Stream<H, T>) -> Self {
        ReadHalf(stream)
    }
}

impl<'a, H: Readiness, T: StdStream> WriteHalf<'a, H, T> {
    fn new(stream: &'a Stream<H, T>) -> Self {
        WriteHalf(stream)
    }
}

impl<H: Readiness, T: StdStream> OwnedReadHalf<H, T> {
    fn new(stream: Arc<Stream<H, T>>) -> Self {
        OwnedReadHalf(stream)
    }
}

impl<H: Readiness, T: StdStream> OwnedWriteHalf<H, T> {
    fn new(stream: Arc<Stream<H, T>>) -> Self {
        OwnedWriteHalf { stream, fin: true }
    }

    /// Drops this half without sending FIN.
    pub fn forget(mut self) {
        self.fin = false;
    }
}

impl<H: Readiness, T: StdStream> Drop for OwnedWriteHalf<H, T> {
    fn drop(&mut self) {
        if self.fin {
            // No caller is left to be told.
            let _ = self.stream.send_fin();
        }
    }
}

impl<H: Readiness, T: StdStream> loop_api::net::OwnedWriteHalf for OwnedWriteHalf<H, T> {
    fn forget(self) {
        OwnedWriteHalf::forget(self);
    }
}

impl<H: Readiness, T: StdStream> loop_api::net::Stream for Stream<H, T> {
    type ReadHalf<'a> = ReadHalf<'a, H, T>;
    type WriteHalf<'a> = WriteHalf<'a, H, T>;
    type OwnedReadHalf = OwnedReadHalf<H, T>;
    type OwnedWriteHalf = OwnedWriteHalf<H, T>;

    fn split(&mut self) -> (ReadHalf<'_, H, T>, WriteHalf<'_, H, T>) {
        (ReadHalf::new(self), WriteHalf::new(self))
    }

    fn into_split(self) -> (OwnedReadHalf<H, T>, OwnedWriteHalf<H, T>) {
        let stream = Arc::new(self);
        (OwnedReadHalf::new(stream.clone()), OwnedWriteHalf::new(stream))
    }

    fn reunite(
        read: OwnedReadHalf<H, T>,
        write: OwnedWriteHalf<H, T>,
    ) -> Result<Self, (OwnedReadHalf<H, T>, OwnedWriteHalf<H, T>)> {
        reunite(read, write)
    }

    async fn readable(&self) -> io::Result<()> {
        self.source.io(Interest::Readable, |io| is_ready(io, Interest::Readable)).await
    }

    async fn writable(&self) -> io::Result<()> {
        self.source.io(Interest::Writable, |io| is_ready(io, Interest::Writable)).await
    }

    fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.get_ref().read(buf).map(Moved::bytes)
    }

    fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.get_ref().write(buf).map(Moved::bytes)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.get_ref().shutdown(how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.get_ref().take_error()
    }
}

/// The two halves, as `reunite` takes them and gives them back.
type Halves<H, T> = (OwnedReadHalf<H, T>, OwnedWriteHalf<H, T>);

fn reunite<H: Readiness, T: StdStream>(
    read: OwnedReadHalf<H, T>,
    write: OwnedWriteHalf<H, T>,
) -> Result<Stream<H, T>, Halves<H, T>> {
    if !Arc::ptr_eq(&read.0, &write.stream) {
        return Err((read, write));
    }
    let fin = write.fin;
    write.forget();
    // There are two halves and no more, so this is the last reference.
    Arc::try_unwrap(read.0).map_err(|stream| {
        let write = OwnedWriteHalf { stream: stream.clone(), fin };
        (OwnedReadHalf(stream), write)
    })
}

macro_rules! read_half {
    ($half:ident $(<$a:lifetime>)?) => {
        impl<$($a,)? H: Readiness, T: StdStream> AsyncRead for $half<$($a,)? H, T> {
            #[inline]
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                self.0.poll_recv(cx, buf)
            }

            #[inline]
            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                self.0.poll_recv_vectored(cx, bufs)
            }
        }

        impl<$($a,)? H: Readiness, T: StdStream> AsyncReadUninit for $half<$($a,)? H, T> {
            #[inline]
            fn poll_read_uninit(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: ReadCursor<'_>,
            ) -> Poll<io::Result<()>> {
                self.0.poll_recv_uninit(cx, buf)
            }
        }
        half!($half $(<$a>)?, 0);
    };
}

macro_rules! write_half {
    ($half:ident $(<$a:lifetime>)?, $stream:tt) => {
        impl<$($a,)? H: Readiness, T: StdStream> AsyncWrite for $half<$($a,)? H, T> {
            #[inline]
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.$stream.poll_send(cx, buf)
            }

            #[inline]
            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.$stream.poll_send_vectored(cx, bufs)
            }

            #[inline]
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                let result = self.$stream.send_fin();
                if result.is_ok() {
                    self.closed();
                }
                Poll::Ready(result)
            }
        }
        half!($half $(<$a>)?, $stream);
    };
}

macro_rules! half {
    ($half:ident $(<$a:lifetime>)?, $stream:tt) => {
        loop_api::forward_socket!([<$($a,)? H: Readiness, T: StdStream>] $half<$($a,)? H, T>, |half| &*half.$stream);

        impl<$($a,)? H: Readiness, T: StdStream> AsRef<Stream<H, T>> for $half<$($a,)? H, T> {
            fn as_ref(&self) -> &Stream<H, T> {
                &self.$stream
            }
        }

        impl<$($a,)? H: Readiness, T: StdStream> fmt::Debug for $half<$($a,)? H, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($half)).field(&self.$stream).finish()
            }
        }
    };
}

impl<H: Readiness, T: StdStream> WriteHalf<'_, H, T> {
    fn closed(&mut self) {}
}

impl<H: Readiness, T: StdStream> OwnedWriteHalf<H, T> {
    fn closed(&mut self) {
        self.fin = false;
    }
}

read_half!(ReadHalf<'a>);
read_half!(OwnedReadHalf);
write_half!(WriteHalf<'a>, 0);
write_half!(OwnedWriteHalf, stream);
