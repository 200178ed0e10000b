//! Connected streams over readiness.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use super::socket::over_source;
use crate::socket::tcp_transfer;
#[cfg(unix)]
use crate::socket::unix_transfer;
use loop_api::io::{AsyncReadUninit, Interest, ReadCursor};
use loop_api::readiness::{AsSource, Moved, Readiness, Source};

/// A connected stream `T` of the standard library on the loop of `H`:
/// [`TcpStream`](super::TcpStream) and, on unix, `UnixStream`.
///
/// Each read or write is one system call, and waits only when that says `WouldBlock`. It buffers
/// nothing.
pub struct Stream<H: Readiness, T: StdStream> {
    pub(super) source: H::Source<T>,
    /// Whether a short transfer says what it does on a socket of this type.
    pub(super) plain: bool,
}

/// The standard library's streams. Sealed.
pub trait StdStream: sealed::Sealed + AsSource + fmt::Debug + Send + Sync + Sized + 'static {
    #[doc(hidden)]
    fn read(&self, buf: &mut [u8]) -> io::Result<Moved>;
    #[doc(hidden)]
    fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<Moved>;
    #[doc(hidden)]
    fn read_uninit(&self, buf: &mut ReadCursor<'_>) -> io::Result<Moved>;
    #[doc(hidden)]
    fn write(&self, buf: &[u8]) -> io::Result<Moved>;
    #[doc(hidden)]
    fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<Moved>;
    /// Whether it is what its type says, though it may have been made of any descriptor.
    #[doc(hidden)]
    fn is_plain(&self) -> bool;
    #[doc(hidden)]
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;
    #[doc(hidden)]
    fn take_error(&self) -> io::Result<Option<io::Error>>;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// A type of streams, and the module with its transfers.
macro_rules! std_stream {
    ($stream:ty, $transfer:ident) => {
        impl sealed::Sealed for $stream {}
        impl StdStream for $stream {
            #[inline]
            fn read(&self, buf: &mut [u8]) -> io::Result<Moved> {
                $transfer::read(self, buf)
            }
            #[inline]
            fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<Moved> {
                $transfer::read_vectored(self, bufs)
            }
            #[inline]
            fn read_uninit(&self, buf: &mut ReadCursor<'_>) -> io::Result<Moved> {
                $transfer::read_uninit(self, buf)
            }
            #[inline]
            fn write(&self, buf: &[u8]) -> io::Result<Moved> {
                $transfer::write(self, buf)
            }
            #[inline]
            fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<Moved> {
                $transfer::write_vectored(self, bufs)
            }
            fn is_plain(&self) -> bool {
                $transfer::is_plain(self)
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

std_stream!(std::net::TcpStream, tcp_transfer);
#[cfg(unix)]
std_stream!(std::os::unix::net::UnixStream, unix_transfer);

impl<H: Readiness, T: StdStream> Stream<H, T> {
    /// Takes over a stream that is non-blocking already.
    ///
    /// # Errors
    ///
    /// Those of [`Readiness::register`].
    pub fn new(handle: &H, stream: T) -> io::Result<Self> {
        let plain = stream.is_plain();
        Ok(Stream { source: handle.register(stream)?, plain })
    }

    /// The registered stream.
    pub fn source(&self) -> &H::Source<T> {
        &self.source
    }

    /// The standard library's stream.
    pub fn get_ref(&self) -> &T {
        self.source.get_ref()
    }

    /// Gives the standard library's stream back, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of deregistering it from the poller, such as one of `epoll_ctl(2)`.
    pub fn into_inner(self) -> io::Result<T> {
        self.source.into_inner()
    }

    // Into the caller, as are those of the traits below that are most called: one function for a
    // transfer, from the reader that asks down to the system call.
    #[inline(always)]
    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>> {
        let op = |io: &T| op(io).map(|moved| if self.plain { moved } else { Moved::some(moved.bytes()) });
        self.source.poll_transfer(cx, interest, op)
    }

    #[inline(always)]
    pub(super) fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_transfer(cx, Interest::Readable, |io| io.read(buf))
    }

    #[inline]
    pub(super) fn poll_recv_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_transfer(cx, Interest::Readable, |io| io.read_vectored(bufs))
    }

    #[inline(always)]
    pub(super) fn poll_recv_uninit(
        &self,
        cx: &mut Context<'_>,
        mut buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_transfer(cx, Interest::Readable, |io| io.read_uninit(&mut buf)).map_ok(drop)
    }

    #[inline(always)]
    pub(super) fn poll_send(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_transfer(cx, Interest::Writable, |io| io.write(buf))
    }

    #[inline]
    pub(super) fn poll_send_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_transfer(cx, Interest::Writable, |io| io.write_vectored(bufs))
    }

    /// Sends FIN; a connection that is gone already needs none.
    pub(super) fn send_fin(&self) -> io::Result<()> {
        match self.get_ref().shutdown(Shutdown::Write) {
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(error),
            _ => Ok(()),
        }
    }
}

over_source!([<H: Readiness, T: StdStream>] Stream<H, T>, source);

impl<H: Readiness, T: StdStream> AsyncRead for Stream<H, T> {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_recv(cx, buf)
    }

    #[inline]
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_recv_vectored(cx, bufs)
    }
}

impl<H: Readiness, T: StdStream> AsyncReadUninit for Stream<H, T> {
    #[inline(always)]
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_recv_uninit(cx, buf)
    }
}

impl<H: Readiness, T: StdStream> AsyncWrite for Stream<H, T> {
    #[inline(always)]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send(cx, buf)
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_send_vectored(cx, bufs)
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.send_fin())
    }
}

impl<H: Readiness, T: StdStream> fmt::Debug for Stream<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get_ref().fmt(f)
    }
}
