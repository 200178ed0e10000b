//! TCP.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use loop_api::Handle;
use loop_api::net::TcpOptions;
use loop_toolkit::socket;
use tokio::net::tcp;

use super::accept::{accept, poll_accept};
use super::closed;
use super::stream::{async_read, async_write, listening_socket, newtype, socket as stream_socket, stream};
use crate::inner::TokioHandle;

newtype! {
    /// A TCP connection: tokio's, which `into_inner` gives back.
    ///
    /// tokio takes a read that urgent data cut short for the last for now: a reader may wait
    /// forever for what the peer sent after it. Where peers send such data, read with `readable`
    /// and `try_read`.
    TcpStream(tokio::net::TcpStream)
}
newtype! {
    /// The reading half of a connection, owned.
    OwnedReadHalf(tcp::OwnedReadHalf)
}
newtype! {
    /// The writing half of a connection, owned. Dropping it sends FIN.
    OwnedWriteHalf(tcp::OwnedWriteHalf)
}

/// The reading half of a connection, borrowed.
#[derive(Debug)]
pub struct ReadHalf<'a>(tcp::ReadHalf<'a>);

/// The writing half of a connection, borrowed.
#[derive(Debug)]
pub struct WriteHalf<'a>(tcp::WriteHalf<'a>);

async_read!(super::stream::poll_read, super::uninit::poll_read: TcpStream, OwnedReadHalf, ReadHalf<'_>);
async_write!(TcpStream, OwnedWriteHalf, WriteHalf<'_>);
stream!(TcpStream, ReadHalf, WriteHalf, OwnedReadHalf, OwnedWriteHalf);
stream_socket!(TcpStream, |socket| &socket.0, poll_read_ready, poll_write_ready);
stream_socket!(OwnedReadHalf, |half| half.0.as_ref(), poll_read_ready, poll_write_ready);
stream_socket!(OwnedWriteHalf, |half| half.0.as_ref(), poll_read_ready, poll_write_ready);
stream_socket!(ReadHalf<'_>, |half| half.0.as_ref(), poll_read_ready, poll_write_ready);
stream_socket!(WriteHalf<'_>, |half| half.0.as_ref(), poll_read_ready, poll_write_ready);
listening_socket!(TcpListener);

/// As tokio does it, but polled anywhere.
pub(super) async fn connect(
    handle: TokioHandle,
    addr: SocketAddr,
    options: TcpOptions,
) -> io::Result<TcpStream> {
    let stream = socket::tcp_connecting(addr, &options)?;
    let stream = handle.register_with(|| tokio::net::TcpStream::from_std(stream))?;
    stream.writable().await.map_err(closed)?;
    match stream.take_error()? {
        None => Ok(TcpStream(stream)),
        Some(error) => Err(socket::cannot("connect to", addr, error)),
    }
}

impl loop_api::net::TcpStream for TcpStream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.0.nodelay()
    }

    fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.0.set_nodelay(on)
    }

    fn ttl(&self) -> io::Result<u32> {
        self.0.ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.0.set_ttl(ttl)
    }

    fn linger(&self) -> io::Result<Option<Duration>> {
        socket2::SockRef::from(&self.0).linger()
    }

    fn set_zero_linger(&self) -> io::Result<()> {
        self.0.set_zero_linger()
    }

    async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.peek(buf).await.map_err(closed)
    }
}

/// A TCP server socket: tokio's, which `into_inner` gives back.
pub struct TcpListener {
    listener: tokio::net::TcpListener,
    /// Whose clock times the wait for descriptors. `None` for a listener of tokio's that came from
    /// outside of a loop.
    handle: Option<TokioHandle>,
}

impl TcpListener {
    pub(super) fn new(listener: tokio::net::TcpListener, handle: Option<TokioHandle>) -> Self {
        TcpListener { listener, handle }
    }

    /// tokio's own.
    pub fn get_ref(&self) -> &tokio::net::TcpListener {
        &self.listener
    }

    /// Gives the socket inside.
    pub fn into_inner(self) -> tokio::net::TcpListener {
        self.listener
    }
}

/// Converted outside of a loop, its `accept` gives the error when descriptors are exhausted,
/// instead of waiting.
impl From<tokio::net::TcpListener> for TcpListener {
    fn from(listener: tokio::net::TcpListener) -> Self {
        TcpListener { listener, handle: TokioHandle::try_current() }
    }
}

impl From<TcpListener> for tokio::net::TcpListener {
    fn from(listener: TcpListener) -> Self {
        listener.listener
    }
}

impl loop_api::net::TcpListener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, addr) = accept(self.handle.as_ref(), || self.listener.accept()).await?;
        Ok((TcpStream(stream), addr))
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = poll_accept(self.handle.as_ref(), cx, |cx| self.listener.poll_accept(cx));
        accepted.map_ok(|(stream, addr)| (TcpStream(stream), addr))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    fn ttl(&self) -> io::Result<u32> {
        self.listener.ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.listener.set_ttl(ttl)
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.listener.fmt(f)
    }
}
