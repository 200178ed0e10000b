//! The two directions of a stream, borrowed or owned.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use loop_api::io::{AsyncReadUninit, Interest, ReadCursor};
use loop_api::net;

use super::stream::{StdStream, Stream};

/// The reading half of a stream, borrowed.
pub struct ReadHalf<'a, T: StdStream> {
    stream: &'a Stream<T>,
}

/// The writing half of a stream, borrowed. Closing it sends FIN; dropping it does not.
pub struct WriteHalf<'a, T: StdStream> {
    stream: &'a Stream<T>,
}

/// The reading half of a stream, owned.
pub struct OwnedReadHalf<T: StdStream> {
    stream: Arc<Stream<T>>,
}

/// The writing half of a stream, owned. Dropping it sends FIN; [`forget`](Self::forget) drops it
/// without.
pub struct OwnedWriteHalf<T: StdStream> {
    stream: Arc<Stream<T>>,
    /// Whether dropping it sends FIN: not once it was sent.
    fin: bool,
}

impl<'a, T: StdStream> ReadHalf<'a, T> {
    fn new(stream: &'a Stream<T>) -> Self {
        ReadHalf { stream }
    }
}

impl<'a, T: StdStream> WriteHalf<'a, T> {
    fn new(stream: &'a Stream<T>) -> Self {
        WriteHalf { stream }
    }

    fn closed(&mut self) {}
}

impl<T: StdStream> OwnedReadHalf<T> {
    fn new(stream: Arc<Stream<T>>) -> Self {
        OwnedReadHalf { stream }
    }
}

impl<T: StdStream> OwnedWriteHalf<T> {
    fn new(stream: Arc<Stream<T>>) -> Self {
        OwnedWriteHalf { stream, fin: true }
    }

    /// Drops this half without sending FIN.
    pub fn forget(mut self) {
        self.fin = false;
    }

    fn closed(&mut self) {
        self.fin = false;
    }
}

impl<T: StdStream> Drop for OwnedWriteHalf<T> {
    fn drop(&mut self) {
        if self.fin {
            // No caller is left to be told.
            let _ = self.stream.send_fin();
        }
    }
}

impl<T: StdStream> net::OwnedWriteHalf for OwnedWriteHalf<T> {
    fn forget(self) {
        OwnedWriteHalf::forget(self);
    }
}

impl<T: StdStream> net::Stream for Stream<T> {
    type ReadHalf<'a> = ReadHalf<'a, T>;
    type WriteHalf<'a> = WriteHalf<'a, T>;
    type OwnedReadHalf = OwnedReadHalf<T>;
    type OwnedWriteHalf = OwnedWriteHalf<T>;

    fn split(&mut self) -> (ReadHalf<'_, T>, WriteHalf<'_, T>) {
        (ReadHalf::new(self), WriteHalf::new(self))
    }

    fn into_split(self) -> (OwnedReadHalf<T>, OwnedWriteHalf<T>) {
        let stream = Arc::new(self);
        (OwnedReadHalf::new(stream.clone()), OwnedWriteHalf::new(stream))
    }

    fn reunite(
        read: OwnedReadHalf<T>,
        write: OwnedWriteHalf<T>,
    ) -> Result<Self, (OwnedReadHalf<T>, OwnedWriteHalf<T>)> {
        reunite(read, write)
    }

    async fn readable(&self) -> io::Result<()> {
        self.link.until(self.io.readable()).await
    }

    async fn writable(&self) -> io::Result<()> {
        self.link.until(self.io.writable()).await
    }

    fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.get_ref().try_read(buf)
    }

    fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.get_ref().try_write(buf)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.get_ref().shutdown(how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }
}

fn reunite<T: StdStream>(
    read: OwnedReadHalf<T>,
    write: OwnedWriteHalf<T>,
) -> Result<Stream<T>, (OwnedReadHalf<T>, OwnedWriteHalf<T>)> {
    if !Arc::ptr_eq(&read.stream, &write.stream) {
        return Err((read, write));
    }
    let fin = write.fin;
    write.forget();
    // There are two halves and no more, so this is the last reference.
    Arc::try_unwrap(read.stream)
        .map_err(|stream| (OwnedReadHalf::new(stream.clone()), OwnedWriteHalf { stream, fin }))
}

macro_rules! read_half {
    ($half:ident $(<$a:lifetime>)?) => {
        impl<$($a,)? T: StdStream> AsyncRead for $half<$($a,)? T> {
            #[inline]
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
                self.stream.poll(cx, Interest::Readable, |io, cx| T::poll_read(io, cx, buf))
            }

            #[inline]
            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                self.stream.poll(cx, Interest::Readable, |io, cx| T::poll_read_vectored(io, cx, bufs))
            }
        }

        impl<$($a,)? T: StdStream> AsyncReadUninit for $half<$($a,)? T> {
            #[inline]
            fn poll_read_uninit(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: ReadCursor<'_>,
            ) -> Poll<io::Result<()>> {
                self.stream.poll(cx, Interest::Readable, |io, cx| T::poll_read_uninit(io, cx, buf))
            }
        }
        half!($half $(<$a>)?);
    };
}

macro_rules! write_half {
    ($half:ident $(<$a:lifetime>)?) => {
        impl<$($a,)? T: StdStream> AsyncWrite for $half<$($a,)? T> {
            #[inline]
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                self.stream.poll(cx, Interest::Writable, |io, cx| T::poll_write(io, cx, buf))
            }

            #[inline]
            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.stream.poll(cx, Interest::Writable, |io, cx| T::poll_write_vectored(io, cx, bufs))
            }

            #[inline]
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                let result = self.stream.send_fin();
                if result.is_ok() {
                    self.closed();
                }
                Poll::Ready(result)
            }
        }
        half!($half $(<$a>)?);
    };
}

macro_rules! half {
    ($half:ident $(<$a:lifetime>)?) => {
        loop_api::forward_socket!([<$($a,)? T: StdStream>] $half<$($a,)? T>, |half| &*half.stream);

        impl<$($a,)? T: StdStream> AsRef<Stream<T>> for $half<$($a,)? T> {
            fn as_ref(&self) -> &Stream<T> {
                &self.stream
            }
        }

        impl<$($a,)? T: StdStream> fmt::Debug for $half<$($a,)? T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($half)).field(&self.stream).finish()
            }
        }
    };
}

read_half!(ReadHalf<'a>);
read_half!(OwnedReadHalf);
write_half!(WriteHalf<'a>);
write_half!(OwnedWriteHalf);
