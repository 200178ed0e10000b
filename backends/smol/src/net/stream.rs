//! Connected streams.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_io::Async;
use futures_io::{AsyncRead, AsyncWrite};
use loop_api::io::{AsyncReadUninit, Interest, ReadCursor};
use loop_api::readiness::AsSource;
use loop_toolkit::socket::{receive, written};

use super::under::over_async;
use crate::coop::poll_transfer;
use crate::link::Link;

/// A connected stream: async-io's, with `poll_close` sending FIN. [`TcpStream`](super::TcpStream)
/// and, on unix, `UnixStream`.
///
/// It buffers nothing. Dropping it closes the connection.
pub struct Stream<T: StdStream> {
    pub(super) io: Async<T>,
    pub(super) link: Link,
}

/// The standard library's streams. Sealed.
pub trait StdStream: sealed::Sealed + AsSource + fmt::Debug + Send + Sync + Sized + 'static {
    #[doc(hidden)]
    fn poll_read(io: &Async<Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;
    #[doc(hidden)]
    fn poll_read_vectored(
        io: &Async<Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>>;
    #[doc(hidden)]
    fn poll_read_uninit(
        io: &Async<Self>,
        cx: &mut Context<'_>,
        mut buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        poll_transfer(cx, |cx| {
            loop {
                match receive(io.get_ref(), &mut buf) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    result => return Poll::Ready(result.map(drop)),
                }
                ready!(io.poll_readable(cx))?;
            }
        })
    }
    #[doc(hidden)]
    fn poll_write(io: &Async<Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;
    #[doc(hidden)]
    fn poll_write_vectored(
        io: &Async<Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;
    #[doc(hidden)]
    fn try_read(&self, buf: &mut [u8]) -> io::Result<usize>;
    #[doc(hidden)]
    fn try_write(&self, buf: &[u8]) -> io::Result<usize>;
    #[doc(hidden)]
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;
    #[doc(hidden)]
    fn take_error(&self) -> io::Result<Option<io::Error>>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! std_stream {
    ($stream:ty) => {
        impl sealed::Sealed for $stream {}
        impl StdStream for $stream {
            #[inline]
            fn poll_read(io: &Async<Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
                poll_transfer(cx, |cx| Pin::new(&mut &*io).poll_read(cx, buf))
            }
            #[inline]
            fn poll_read_vectored(
                io: &Async<Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                poll_transfer(cx, |cx| Pin::new(&mut &*io).poll_read_vectored(cx, bufs))
            }
            #[inline]
            fn poll_write(io: &Async<Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                poll_transfer(cx, |cx| Pin::new(&mut &*io).poll_write(cx, buf)).map_err(written)
            }
            #[inline]
            fn poll_write_vectored(
                io: &Async<Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                poll_transfer(cx, |cx| Pin::new(&mut &*io).poll_write_vectored(cx, bufs)).map_err(written)
            }
            fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
                (&*self).read(buf)
            }
            fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
                (&*self).write(buf).map_err(written)
            }
            fn shutdown(&self, how: Shutdown) -> io::Result<()> {
                <$stream>::shutdown(self, how)
            }
            fn take_error(&self) -> io::Result<Option<io::Error>> {
                <$stream>::take_error(self)
            }
        }
    };
}

std_stream!(std::net::TcpStream);
#[cfg(unix)]
std_stream!(std::os::unix::net::UnixStream);

impl<T: StdStream> Stream<T> {
    /// async-io's own type. It stays registered.
    pub fn into_inner(self) -> Async<T> {
        self.io
    }

    /// async-io's own type.
    pub fn get_ref(&self) -> &Async<T> {
        &self.io
    }

    /// Polls, unless the loop has ended, at whose end all waiters are woken.
    #[inline]
    pub(super) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        poll: impl FnOnce(&Async<T>, &mut Context<'_>) -> Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        self.link.check()?;
        let polled = poll(&self.io, cx);
        if polled.is_pending() {
            self.link.wait(cx, interest)?;
        }
        polled
    }

    /// Sends FIN; a connection that is gone already needs none.
    pub(super) fn send_fin(&self) -> io::Result<()> {
        match self.io.get_ref().shutdown(Shutdown::Write) {
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(error),
            _ => Ok(()),
        }
    }
}

/// Of the loop that the caller runs in, whose end it tells; outside of a loop it knows of none.
impl<T: StdStream> From<Async<T>> for Stream<T> {
    fn from(io: Async<T>) -> Self {
        Stream { io, link: Link::current() }
    }
}

impl<T: StdStream> From<Stream<T>> for Async<T> {
    fn from(stream: Stream<T>) -> Self {
        stream.io
    }
}

over_async!([<T: StdStream>] Stream<T>);

impl<T: StdStream> AsyncRead for Stream<T> {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll(cx, Interest::Readable, |io, cx| T::poll_read(io, cx, buf))
    }

    #[inline]
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, Interest::Readable, |io, cx| T::poll_read_vectored(io, cx, bufs))
    }
}

impl<T: StdStream> AsyncReadUninit for Stream<T> {
    #[inline]
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(cx, Interest::Readable, |io, cx| T::poll_read_uninit(io, cx, buf))
    }
}

impl<T: StdStream> AsyncWrite for Stream<T> {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll(cx, Interest::Writable, |io, cx| T::poll_write(io, cx, buf))
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, Interest::Writable, |io, cx| T::poll_write_vectored(io, cx, bufs))
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.send_fin())
    }
}

impl<T: StdStream> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.get_ref().fmt(f)
    }
}
