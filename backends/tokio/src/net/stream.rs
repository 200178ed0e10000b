//! What TCP and unix streams and their halves have in common: futures-io over tokio's own polls,
//! and tokio's own way to read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A newtype around one of tokio's sockets, with its conversions.
macro_rules! newtype {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name($inner);

        impl $name {
            /// tokio's own.
            pub fn get_ref(&self) -> &$inner {
                &self.0
            }

            /// Gives tokio's own back.
            pub fn into_inner(self) -> $inner {
                self.0
            }
        }

        impl From<$inner> for $name {
            fn from(inner: $inner) -> Self {
                $name(inner)
            }
        }

        impl From<$name> for $inner {
            fn from(wrapper: $name) -> Self {
                wrapper.0
            }
        }
    };
}
pub(crate) use newtype;

/// How each of the types reads: by `$read` into a slice, and by `$uninit` into uninitialised
/// memory.
macro_rules! async_read {
    ($read:path, $uninit:path: $($name:ident $(<$life:lifetime>)?),+) => {$(
        impl futures_io::AsyncRead for $name $(<$life>)? {
            #[inline]
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                $read(&mut self.get_mut().0, cx, buf)
            }

            #[inline]

            fn poll_read_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let stream = self.0.as_ref();
                loop {
                    std::task::ready!(stream.poll_read_ready(cx)).map_err($crate::net::closed)?;
                    match stream.try_read_vectored(bufs) {
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        result => return std::task::Poll::Ready(result),
                    }
                }
            }
        }

        impl tokio::io::AsyncRead for $name $(<$life>)? {
            #[inline]
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let inner = std::pin::Pin::new(&mut self.get_mut().0);
                tokio::io::AsyncRead::poll_read(inner, cx, buf).map_err($crate::net::closed)
            }
        }

        impl loop_api::io::AsyncReadUninit for $name $(<$life>)? {
            #[inline]
            fn poll_read_uninit(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: loop_api::io::ReadCursor<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                $uninit(&mut self.get_mut().0, cx, buf)
            }
        }
    )+};
}
pub(crate) use async_read;

macro_rules! async_write {
    ($($name:ident $(<$life:lifetime>)?),+) => {$(
        impl futures_io::AsyncWrite for $name $(<$life>)? {
            #[inline]
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let inner = std::pin::Pin::new(&mut self.get_mut().0);
                tokio::io::AsyncWrite::poll_write(inner, cx, buf).map_err($crate::net::unwritten)
            }

            #[inline]

            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let inner = std::pin::Pin::new(&mut self.get_mut().0);
                tokio::io::AsyncWrite::poll_write_vectored(inner, cx, bufs).map_err($crate::net::unwritten)
            }

            #[inline]

            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                tokio::io::AsyncWrite::poll_flush(std::pin::Pin::new(&mut self.get_mut().0), cx)
            }

            #[inline]

            fn poll_close(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                tokio::io::AsyncWrite::poll_shutdown(std::pin::Pin::new(&mut self.get_mut().0), cx)
            }
        }
    )+};
}
pub(crate) use async_write;

/// Reads as tokio does.
#[inline]
pub(super) fn poll_read<S: tokio::io::AsyncRead + Unpin>(
    socket: &mut S,
    cx: &mut Context<'_>,
    buf: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut buf = tokio::io::ReadBuf::new(buf);
    ready!(Pin::new(socket).poll_read(cx, &mut buf)).map_err(super::closed)?;
    Poll::Ready(Ok(buf.filled().len()))
}

/// The contract's `Socket`, by tokio's own socket, which `$inner` gives, and its polls.
macro_rules! socket {
    ($name:ident $(<$life:lifetime>)?, |$this:ident| $inner:expr, $poll_read:ident, $poll_write:ident) => {
        impl loop_api::net::Socket for $name $(<$life>)? {
            fn poll_ready(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: loop_api::io::Interest,
            ) -> std::task::Poll<std::io::Result<()>> {
                let $this = self;
                match interest {
                    loop_api::io::Interest::Readable => $inner.$poll_read(cx),
                    loop_api::io::Interest::Writable => $inner.$poll_write(cx),
                }
                .map_err($crate::net::closed)
            }

            async fn ready(&self, interest: loop_api::io::Interest) -> std::io::Result<()> {
                let $this = self;
                $inner.ready($crate::net::stream::interest(interest)).await.map(drop).map_err($crate::net::closed)
            }

            fn poll_io<R>(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: loop_api::io::Interest,
                mut op: impl FnMut(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::task::Poll<std::io::Result<R>> {
                loop {
                    std::task::ready!(self.poll_ready(cx, interest))?;
                    match self.try_io(interest, &mut op) {
                        // tokio has forgotten that it is ready.
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        result => return std::task::Poll::Ready(result),
                    }
                }
            }

            fn try_io<R>(
                &self,
                interest: loop_api::io::Interest,
                op: impl FnOnce(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                let $this = self;
                let inner = &$inner;
                inner.try_io($crate::net::stream::interest(interest), || op(socket2::SockRef::from(*inner)))
            }

            fn descriptor(&self) -> Option<loop_api::net::Descriptor<'_>> {
                let $this = self;
                Some(loop_api::net::borrow_descriptor($inner))
            }
        }
    };
}
pub(crate) use socket;

/// tokio's word for a direction.
pub(super) fn interest(interest: loop_api::io::Interest) -> tokio::io::Interest {
    match interest {
        loop_api::io::Interest::Readable => tokio::io::Interest::READABLE,
        loop_api::io::Interest::Writable => tokio::io::Interest::WRITABLE,
    }
}

/// The contract's `Socket` for a server socket, of which tokio tells no readiness.
macro_rules! listening_socket {
    ($name:ident) => {
        impl loop_api::net::Socket for $name {
            fn descriptor(&self) -> Option<loop_api::net::Descriptor<'_>> {
                Some(loop_api::net::borrow_descriptor(&self.listener))
            }
        }
    };
}
pub(crate) use listening_socket;

/// `loop_api::net::Stream`, for a stream whose halves are in scope under the names given.
macro_rules! stream {
    ($stream:ident, $read:ident, $write:ident, $owned_read:ident, $owned_write:ident) => {
        impl loop_api::net::OwnedWriteHalf for $owned_write {
            fn forget(self) {
                self.0.forget();
            }
        }

        impl loop_api::net::Stream for $stream {
            type ReadHalf<'a> = $read<'a>;
            type WriteHalf<'a> = $write<'a>;
            type OwnedReadHalf = $owned_read;
            type OwnedWriteHalf = $owned_write;

            fn split(&mut self) -> ($read<'_>, $write<'_>) {
                let (read, write) = self.0.split();
                ($read(read), $write(write))
            }

            fn into_split(self) -> ($owned_read, $owned_write) {
                let (read, write) = self.0.into_split();
                ($owned_read(read), $owned_write(write))
            }

            fn reunite(read: $owned_read, write: $owned_write) -> Result<Self, ($owned_read, $owned_write)> {
                match read.0.reunite(write.0) {
                    Ok(stream) => Ok($stream(stream)),
                    Err(halves) => Err(($owned_read(halves.0), $owned_write(halves.1))),
                }
            }

            async fn readable(&self) -> std::io::Result<()> {
                self.0.readable().await.map_err($crate::net::closed)
            }

            async fn writable(&self) -> std::io::Result<()> {
                self.0.writable().await.map_err($crate::net::closed)
            }

            fn try_read(&self, buf: &mut [u8]) -> std::io::Result<usize> {
                self.0.try_read(buf)
            }

            fn try_write(&self, buf: &[u8]) -> std::io::Result<usize> {
                self.0.try_write(buf).map_err(loop_toolkit::socket::written)
            }

            fn shutdown(&self, how: std::net::Shutdown) -> std::io::Result<()> {
                socket2::SockRef::from(&self.0).shutdown(how)
            }

            fn take_error(&self) -> std::io::Result<Option<std::io::Error>> {
                self.0.take_error()
            }
        }
    };
}
pub(crate) use stream;
