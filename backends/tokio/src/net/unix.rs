//! Unix sockets.

use std::fmt;
use std::future::{self, Future};
use std::io;
use std::os::unix::net::{self as std_unix, SocketAddr};
use std::task::{Context, Poll};

use loop_api::Handle;
use loop_api::net::{StdUnixNet, UnixNet};
use loop_toolkit::{retry_blocked, socket};
use tokio::net::unix;

use super::accept::{accept, poll_accept};
use super::stream::{async_read, async_write, listening_socket, newtype, socket as stream_socket, stream};
use super::{UnixDatagram, closed};
use crate::inner::TokioHandle;

newtype! {
    /// A connected unix stream: tokio's, which `into_inner` gives back.
    ///
    /// A message with a descriptor, or of another sender, hides nothing that follows. Urgent data
    /// does: tokio is not told of it, and a reader may wait forever for what came after. So may one
    /// whose stream was made of a socket that keeps the bounds of messages.
    UnixStream(tokio::net::UnixStream)
}
newtype! {
    /// The reading half of a unix stream, owned.
    OwnedUnixReadHalf(unix::OwnedReadHalf)
}
newtype! {
    /// The writing half of a unix stream, owned. Dropping it sends the end of the stream.
    OwnedUnixWriteHalf(unix::OwnedWriteHalf)
}

/// The reading half of a unix stream, borrowed.
#[derive(Debug)]
pub struct UnixReadHalf<'a>(unix::ReadHalf<'a>);

/// The writing half of a unix stream, borrowed.
#[derive(Debug)]
pub struct UnixWriteHalf<'a>(unix::WriteHalf<'a>);

async_read!(super::unix_read::poll_read, super::unix_read::poll_read_uninit: UnixStream, OwnedUnixReadHalf, UnixReadHalf<'_>);
async_write!(UnixStream, OwnedUnixWriteHalf, UnixWriteHalf<'_>);
stream!(UnixStream, UnixReadHalf, UnixWriteHalf, OwnedUnixReadHalf, OwnedUnixWriteHalf);
stream_socket!(UnixStream, |socket| &socket.0, poll_read_ready, poll_write_ready);
stream_socket!(OwnedUnixReadHalf, |half| half.0.as_ref(), poll_read_ready, poll_write_ready);
stream_socket!(OwnedUnixWriteHalf, |half| half.0.as_ref(), poll_read_ready, poll_write_ready);
stream_socket!(UnixReadHalf<'_>, |half| half.0.as_ref(), poll_read_ready, poll_write_ready);
stream_socket!(UnixWriteHalf<'_>, |half| half.0.as_ref(), poll_read_ready, poll_write_ready);
listening_socket!(UnixListener);

impl loop_api::net::UnixStream for UnixStream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr().map(SocketAddr::from)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr().map(SocketAddr::from)
    }

    fn peer_cred(&self) -> io::Result<(Option<i32>, u32, u32)> {
        socket::peer_cred(&self.0)
    }
}

/// A unix server socket: tokio's, which `into_inner` gives back.
pub struct UnixListener {
    listener: tokio::net::UnixListener,
    /// As in `TcpListener`.
    handle: Option<TokioHandle>,
}

impl UnixListener {
    /// tokio's own.
    pub fn get_ref(&self) -> &tokio::net::UnixListener {
        &self.listener
    }

    /// Gives the socket inside.
    pub fn into_inner(self) -> tokio::net::UnixListener {
        self.listener
    }
}

/// Converted outside of a loop, its `accept` gives the error when descriptors are exhausted,
/// instead of waiting.
impl From<tokio::net::UnixListener> for UnixListener {
    fn from(listener: tokio::net::UnixListener) -> Self {
        UnixListener { listener, handle: TokioHandle::try_current() }
    }
}

impl From<UnixListener> for tokio::net::UnixListener {
    fn from(listener: UnixListener) -> Self {
        listener.listener
    }
}

impl loop_api::net::UnixListener for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let (stream, addr) = accept(self.handle.as_ref(), || self.listener.accept()).await?;
        Ok((UnixStream(stream), addr.into()))
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        let accepted = poll_accept(self.handle.as_ref(), cx, |cx| self.listener.poll_accept(cx));
        accepted.map_ok(|(stream, addr)| (UnixStream(stream), addr.into()))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr().map(SocketAddr::from)
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.listener.fmt(f)
    }
}

async fn connect(handle: TokioHandle, addr: SocketAddr) -> io::Result<UnixStream> {
    // The system does not report when a full backlog has space again.
    let connecting = || future::ready(socket::unix_connecting(&addr));
    let stream = retry_blocked(connecting, |wait| handle.sleep(wait)).await?;
    let stream = handle.register_with(|| tokio::net::UnixStream::from_std(stream))?;
    stream.writable().await.map_err(closed)?;
    match stream.take_error()? {
        None => Ok(UnixStream(stream)),
        Some(error) => Err(error),
    }
}

impl UnixNet for TokioHandle {
    type UnixStream = UnixStream;
    type UnixListener = UnixListener;
    type UnixDatagram = UnixDatagram;

    fn connect_unix(
        &self,
        addr: SocketAddr,
    ) -> impl Future<Output = io::Result<UnixStream>> + Send + 'static {
        connect(self.clone(), addr)
    }

    fn listen_unix(&self, addr: &SocketAddr) -> io::Result<UnixListener> {
        self.unix_listener_from_std(socket::unix_listener(addr)?)
    }

    fn unix_pair(&self) -> io::Result<(UnixStream, UnixStream)> {
        let (a, b) = self.register_with(tokio::net::UnixStream::pair)?;
        Ok((UnixStream(a), UnixStream(b)))
    }

    fn bind_unix_datagram(&self, addr: &SocketAddr) -> io::Result<UnixDatagram> {
        self.unix_datagram_from_std(socket::unix_datagram(addr)?)
    }

    fn unbound_unix_datagram(&self) -> io::Result<UnixDatagram> {
        let socket = self.register_with(tokio::net::UnixDatagram::unbound)?;
        Ok(UnixDatagram::new(socket, self))
    }

    fn unix_datagram_pair(&self) -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (a, b) = self.register_with(tokio::net::UnixDatagram::pair)?;
        Ok((UnixDatagram::new(a, self), UnixDatagram::new(b, self)))
    }
}

impl StdUnixNet for TokioHandle {
    fn unix_stream_from_std(&self, stream: std_unix::UnixStream) -> io::Result<UnixStream> {
        stream.set_nonblocking(true)?;
        self.register_with(|| tokio::net::UnixStream::from_std(stream)).map(UnixStream::from)
    }

    fn unix_listener_from_std(&self, listener: std_unix::UnixListener) -> io::Result<UnixListener> {
        listener.set_nonblocking(true)?;
        let listener = self.register_with(|| tokio::net::UnixListener::from_std(listener))?;
        Ok(UnixListener { listener, handle: Some(self.clone()) })
    }

    fn unix_datagram_from_std(&self, socket: std_unix::UnixDatagram) -> io::Result<UnixDatagram> {
        socket.set_nonblocking(true)?;
        let socket = self.register_with(|| tokio::net::UnixDatagram::from_std(socket))?;
        Ok(UnixDatagram::new(socket, self))
    }

    fn unix_stream_into_std(stream: UnixStream) -> io::Result<std_unix::UnixStream> {
        stream.into_inner().into_std()
    }

    fn unix_listener_into_std(listener: UnixListener) -> io::Result<std_unix::UnixListener> {
        listener.into_inner().into_std()
    }

    fn unix_datagram_into_std(socket: UnixDatagram) -> io::Result<std_unix::UnixDatagram> {
        socket.into_inner().into_std()
    }
}
