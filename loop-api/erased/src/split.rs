//! The halves of an erased stream.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use socket2::SockRef;

use super::borrowed::DynBorrowed;
use super::socket::{DynSocket, erased_socket, kept, poll_kept};
use loop_api::io::{AsyncReadUninit, Interest, ReadCursor};
use loop_api::net::Socket;

/// A reading half.
pub(super) trait Read: DynSocket + AsyncReadUninit + fmt::Debug + Unpin + Send + Sync {}
impl<R: DynSocket + AsyncReadUninit + fmt::Debug + Unpin + Send + Sync> Read for R {}

/// A writing half.
pub(super) trait Write: DynSocket + AsyncWrite + fmt::Debug + Unpin + Send + Sync {}
impl<W: DynSocket + AsyncWrite + fmt::Debug + Unpin + Send + Sync> Write for W {}

/// A reading half that is owned, and can be told what it is when the halves are joined again.
pub(super) trait OwnedRead: Read {
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// As [`OwnedRead`].
pub(super) trait OwnedWrite: Write {
    fn forget(self: Box<Self>);
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// The reading half of an erased stream, borrowed.
pub struct ReadHalf<'a>(pub(super) &'a dyn DynBorrowed);

/// The writing half of an erased stream, borrowed.
pub struct WriteHalf<'a>(pub(super) &'a dyn DynBorrowed);

/// The reading half of an erased stream `S`, owned.
pub struct OwnedReadHalf<S> {
    pub(super) half: Box<dyn OwnedRead>,
    pub(super) reunite: Reunite<S>,
}

/// The writing half of an erased stream `S`, owned. Dropping it sends FIN.
pub struct OwnedWriteHalf<S> {
    pub(super) half: Box<dyn OwnedWrite>,
    pub(super) reunite: Reunite<S>,
}

/// Owned halves, as they are joined.
pub(super) type BoxedHalves = (Box<dyn OwnedRead>, Box<dyn OwnedWrite>);

/// Joins halves of one kind of stream.
pub(super) type Reunite<S> = fn(Box<dyn OwnedRead>, Box<dyn OwnedWrite>) -> Result<S, BoxedHalves>;

pub(super) fn reunite<S>(
    read: OwnedReadHalf<S>,
    write: OwnedWriteHalf<S>,
) -> Result<S, (OwnedReadHalf<S>, OwnedWriteHalf<S>)> {
    let (join, write_join) = (read.reunite, write.reunite);
    join(read.half, write.half).map_err(|(read, write)| {
        let read = OwnedReadHalf { half: read, reunite: join };
        (read, OwnedWriteHalf { half: write, reunite: write_join })
    })
}

macro_rules! read {
    ([$($generics:tt)*] $half:ty, $field:tt) => {
        impl $($generics)* AsyncRead for $half {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$field).poll_read(cx, buf)
            }

            fn poll_read_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$field).poll_read_vectored(cx, bufs)
            }
        }

        impl $($generics)* ::loop_api::io::AsyncReadUninit for $half {
            fn poll_read_uninit(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: ::loop_api::io::ReadCursor<'_>,
            ) -> Poll<io::Result<()>> {
                ::loop_api::io::AsyncReadUninit::poll_read_uninit(Pin::new(&mut self.$field), cx, buf)
            }
        }
    };
}
pub(super) use read;

macro_rules! write {
    ([$($generics:tt)*] $half:ty, $field:tt) => {
        impl $($generics)* AsyncWrite for $half {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$field).poll_write(cx, buf)
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$field).poll_write_vectored(cx, bufs)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$field).poll_flush(cx)
            }

            fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$field).poll_close(cx)
            }
        }
    };
}
pub(super) use write;

macro_rules! debug {
    ([$($generics:tt)*] $half:ty, $field:tt) => {
        impl $($generics)* std::fmt::Debug for $half {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.$field, f)
            }
        }
    };
}
pub(super) use debug;

impl AsyncRead for ReadHalf<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.read(cx, buf)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.read_vectored(cx, bufs)
    }
}

impl AsyncReadUninit for ReadHalf<'_> {
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.read_uninit(cx, buf)
    }
}

impl AsyncWrite for WriteHalf<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.close(cx)
    }
}

/// What lies under a borrowed half, asked of the object, whose turn each call takes.
macro_rules! borrowed_socket {
    ($half:ty) => {
        impl Socket for $half {
            fn poll_ready(&self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<()>> {
                self.0.poll_ready(cx, interest)
            }

            /// One waiter a direction, here.
            async fn ready(&self, interest: Interest) -> io::Result<()> {
                poll_fn(|cx| self.0.poll_ready(cx, interest)).await
            }

            fn poll_io<R>(
                &self,
                cx: &mut Context<'_>,
                interest: Interest,
                op: impl FnMut(SockRef<'_>) -> io::Result<R>,
            ) -> Poll<io::Result<R>> {
                poll_kept(op, |op| self.0.poll_io(cx, interest, op))
            }

            fn try_io<R>(
                &self,
                interest: Interest,
                op: impl FnOnce(SockRef<'_>) -> io::Result<R>,
            ) -> io::Result<R> {
                kept(op, |op| self.0.try_io(interest, op))
            }

            fn with_std<R>(&self, f: impl FnOnce(SockRef<'_>) -> io::Result<R>) -> io::Result<R> {
                kept(f, |f| self.0.with_std(f))
            }
        }
    };
}

borrowed_socket!(ReadHalf<'_>);
borrowed_socket!(WriteHalf<'_>);

impl fmt::Debug for ReadHalf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(f)
    }
}

impl fmt::Debug for WriteHalf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(f)
    }
}

read!([<S>] OwnedReadHalf<S>, half);
erased_socket!([<S>] OwnedReadHalf<S>, half);
debug!([<S>] OwnedReadHalf<S>, half);
write!([<S>] OwnedWriteHalf<S>, half);
erased_socket!([<S>] OwnedWriteHalf<S>, half);
debug!([<S>] OwnedWriteHalf<S>, half);

impl<S: 'static> loop_api::net::OwnedWriteHalf for OwnedWriteHalf<S> {
    fn forget(self) {
        self.half.forget();
    }
}
