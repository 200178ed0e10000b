//! One end of a stream as a socket, and its two directions.

use std::fmt;
use std::future::poll_fn;
use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use loop_api::coop;
use loop_api::io::AsyncReadUninit;

use super::waiting::{List, Waiting, attempt, attempt_at_once, polled};
use crate::net::end::End;
use crate::net::network::{closed, system_error};
use crate::state::SimHandle;
use crate::waiters::Waiter;

/// The socket of an end; dropping it closes that.
pub(crate) struct Socket {
    pub(crate) host: SimHandle,
    pub(crate) id: u64,
}

impl Socket {
    /// Calls `f` with the end.
    pub(crate) fn end<R>(&self, f: impl FnOnce(&mut End) -> R) -> Result<R> {
        self.host.0.world.net(|net, _| net.ends.get_mut(&self.id).map(f).ok_or_else(closed))
    }

    pub(crate) fn read(&self, buf: &mut [u8], peek: bool, waiter: Option<Waiter>) -> Result<usize> {
        self.host.0.world.call(|net, core| net.read(core, self.id, buf, peek, waiter))
    }

    pub(crate) fn write(&self, bufs: &[IoSlice<'_>], waiter: Option<Waiter>) -> Result<usize> {
        self.host.0.world.call(|net, core| net.write(core, self.id, bufs, waiter))
    }

    /// Reads, or has the task woken when something is there.
    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        attempt_at_once(cx, |waiter| self.read(buf, false, waiter))
    }

    /// As `poll_read`.
    pub(super) fn poll_write(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<Result<usize>> {
        attempt(cx, || 0, |waiter| self.write(bufs, waiter))
    }

    fn finish(&self) {
        self.host.0.world.net(|net, core| net.finish(core, self.id));
    }

    pub(crate) fn shutdown(&self, how: Shutdown) {
        if how != Shutdown::Read {
            self.finish();
        }
        if how != Shutdown::Write {
            self.host.0.world.net(|net, _| net.stop_reading(self.id));
        }
    }

    pub(crate) async fn readable(&self) -> Result<()> {
        self.until(|end| end.is_readable(), |net, id| net.ends.get_mut(&id).map(|end| &mut end.readers)).await
    }

    pub(crate) async fn writable(&self) -> Result<()> {
        self.until(|end| end.is_writable(), |net, id| net.ends.get_mut(&id).map(|end| &mut end.writers)).await
    }

    /// Waits until the end is `ready`; who changes that wakes the list.
    pub(super) async fn until(&self, ready: fn(&End) -> bool, list: List) -> Result<()> {
        let mut waiting = Waiting::new(&self.host, self.id, list);
        let attempt = |waiter: Option<Waiter>| {
            self.host.0.world.net(|net, _| {
                if net.ends.get(&self.id).is_none_or(ready) {
                    return net.ends.get(&self.id).map(drop).ok_or_else(closed);
                }
                let spare = waiter.zip(list(net, self.id)).and_then(|(waiter, list)| list.add(waiter));
                if let Some(spare) = spare {
                    net.dropped.keep((0, spare));
                }
                Err(ErrorKind::WouldBlock.into())
            })
        };
        poll_fn(|cx| waiting.poll(cx, attempt)).await
    }

    pub(crate) fn take_error(&self) -> Result<Option<Error>> {
        self.end(|end| end.error.take().map(system_error))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.host.0.world.net(|net, core| net.close(core, self.id));
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addrs = self.end(|end| (end.local, end.remote)).ok();
        f.debug_struct("Socket").field("host", &self.host.name()).field("addrs", &addrs).finish()
    }
}

/// The reading half of a simulated stream, borrowed.
#[derive(Debug)]
pub struct ReadHalf<'a>(pub(super) &'a Socket);

/// The writing half of a simulated stream, borrowed.
#[derive(Debug)]
pub struct WriteHalf<'a>(pub(super) &'a Socket);

/// The reading half of a simulated stream.
#[derive(Debug)]
pub struct OwnedReadHalf(pub(super) Arc<Socket>);

/// The writing half of a simulated stream; dropping it sends FIN.
#[derive(Debug)]
pub struct OwnedWriteHalf {
    pub(super) socket: Arc<Socket>,
    /// It was joined with the other half again, or is forgotten.
    pub(super) joined: bool,
}

impl loop_api::net::OwnedWriteHalf for OwnedWriteHalf {
    fn forget(mut self) {
        self.joined = true;
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if !self.joined {
            self.socket.finish();
        }
    }
}

/// Something that has a socket.
pub(super) trait HasSocket {
    fn socket(&self) -> &Socket;
}

impl HasSocket for ReadHalf<'_> {
    fn socket(&self) -> &Socket {
        self.0
    }
}

impl HasSocket for WriteHalf<'_> {
    fn socket(&self) -> &Socket {
        self.0
    }
}

impl HasSocket for OwnedReadHalf {
    fn socket(&self) -> &Socket {
        &self.0
    }
}

impl HasSocket for OwnedWriteHalf {
    fn socket(&self) -> &Socket {
        &self.socket
    }
}

/// Reads into one buffer after the other what is there.
pub(super) fn poll_read_vectored(
    socket: &Socket,
    cx: &mut Context<'_>,
    bufs: &mut [IoSliceMut<'_>],
) -> Poll<Result<usize>> {
    coop::poll_transfer(cx, |cx| {
        let mut total = 0;
        for buf in bufs.iter_mut().filter(|buf| !buf.is_empty()) {
            let read =
                if total == 0 { socket.poll_read(cx, buf) } else { polled(socket.read(buf, false, None)) };
            match read {
                Poll::Ready(Ok(0)) => break,
                Poll::Ready(Ok(n)) => total += n,
                _ if total > 0 => break,
                read => return read,
            }
        }
        Poll::Ready(Ok(total))
    })
}

macro_rules! reads {
    ($($type:ty),*) => {$(
        impl AsyncRead for $type {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
                coop::poll_transfer(cx, |cx| self.socket().poll_read(cx, buf))
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<Result<usize>> {
                poll_read_vectored(self.socket(), cx, bufs)
            }
        }

        impl AsyncReadUninit for $type {}
    )*};
}

macro_rules! writes {
    ($($type:ty),*) => {$(
        impl AsyncWrite for $type {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
                let bufs = [IoSlice::new(buf)];
                coop::poll_transfer(cx, |cx| self.socket().poll_write(cx, &bufs))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<Result<usize>> {
                coop::poll_transfer(cx, |cx| self.socket().poll_write(cx, bufs))
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
                self.socket().shutdown(Shutdown::Write);
                Poll::Ready(Ok(()))
            }
        }
    )*};
}

/// What a stream is, over its [`Socket`]: `stream!(TcpStream)`.
macro_rules! stream {
    ($type:ident) => {
        impl HasSocket for $type {
            fn socket(&self) -> &Socket {
                &self.0
            }
        }

        reads!($type);
        writes!($type);

        impl loop_api::net::Stream for $type {
            type ReadHalf<'a> = ReadHalf<'a>;
            type WriteHalf<'a> = WriteHalf<'a>;
            type OwnedReadHalf = OwnedReadHalf;
            type OwnedWriteHalf = OwnedWriteHalf;

            fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
                (ReadHalf(&self.0), WriteHalf(&self.0))
            }

            fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
                (OwnedReadHalf(self.0.clone()), OwnedWriteHalf { socket: self.0, joined: false })
            }

            fn reunite(
                read: OwnedReadHalf,
                mut write: OwnedWriteHalf,
            ) -> std::result::Result<Self, (OwnedReadHalf, OwnedWriteHalf)> {
                if Arc::ptr_eq(&write.socket, &read.0) {
                    write.joined = true;
                    return Ok($type(read.0));
                }
                Err((read, write))
            }

            async fn readable(&self) -> Result<()> {
                self.0.readable().await
            }

            async fn writable(&self) -> Result<()> {
                self.0.writable().await
            }

            fn try_read(&self, buf: &mut [u8]) -> Result<usize> {
                self.0.read(buf, false, None)
            }

            fn try_write(&self, buf: &[u8]) -> Result<usize> {
                self.0.write(&[IoSlice::new(buf)], None)
            }

            fn shutdown(&self, how: Shutdown) -> Result<()> {
                self.0.shutdown(how);
                Ok(())
            }

            fn take_error(&self) -> Result<Option<Error>> {
                self.0.take_error()
            }
        }
    };
}

pub(super) use {reads, stream, writes};

reads!(ReadHalf<'_>, OwnedReadHalf);
writes!(WriteHalf<'_>, OwnedWriteHalf);
