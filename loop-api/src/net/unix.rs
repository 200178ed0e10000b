//! Unix sockets.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::task::{Context, Poll};

use crate::net::{Net, Socket, Stream};

/// A loop with unix sockets. An address is a path, or on Linux an abstract name.
pub trait UnixNet: Net {
    /// A connected stream.
    type UnixStream: UnixStream;
    /// A server socket.
    type UnixListener: UnixListener<Stream = Self::UnixStream>;
    /// A datagram socket.
    type UnixDatagram: UnixDatagram;

    /// Connects to `addr`. While the server's backlog is full it waits, on every loop.
    fn connect_unix(
        &self,
        addr: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::UnixStream>> + Send + 'static;
    /// Binds and listens. A path that exists already is `AddrInUse`, also if no process listens
    /// there any more.
    ///
    /// # Errors
    ///
    /// `AddrInUse`, or any other error of `socket(2)`, `bind(2)` or `listen(2)`, with the address
    /// in the message. Those that follow give any error of `socket(2)`, `socketpair(2)` or
    /// `bind(2)`, of registering the socket with the loop's poller, or of deregistering it.
    fn listen_unix(&self, addr: &SocketAddr) -> io::Result<Self::UnixListener>;
    /// Two streams connected to one another.
    fn unix_pair(&self) -> io::Result<(Self::UnixStream, Self::UnixStream)>;
    /// A datagram socket with an address.
    fn bind_unix_datagram(&self, addr: &SocketAddr) -> io::Result<Self::UnixDatagram>;
    /// A datagram socket without an address.
    fn unbound_unix_datagram(&self) -> io::Result<Self::UnixDatagram>;
    /// Two datagram sockets connected to one another.
    fn unix_datagram_pair(&self) -> io::Result<(Self::UnixDatagram, Self::UnixDatagram)>;
}

/// A network that can take over unix sockets of the standard library, and give its own back. The
/// sockets given may be blocking; they are made non-blocking.
pub trait StdUnixNet: UnixNet {
    /// Takes over a stream.
    ///
    /// # Errors
    ///
    /// Any error of making it non-blocking or of registering it with the loop's poller; those that
    /// follow give any error of deregistering it.
    fn unix_stream_from_std(&self, stream: std::os::unix::net::UnixStream) -> io::Result<Self::UnixStream>;
    /// Takes over a server socket.
    fn unix_listener_from_std(
        &self,
        listener: std::os::unix::net::UnixListener,
    ) -> io::Result<Self::UnixListener>;
    /// Takes over a datagram socket.
    fn unix_datagram_from_std(
        &self,
        socket: std::os::unix::net::UnixDatagram,
    ) -> io::Result<Self::UnixDatagram>;
    /// Gives a stream back, non-blocking.
    fn unix_stream_into_std(stream: Self::UnixStream) -> io::Result<std::os::unix::net::UnixStream>;
    /// Gives a server socket back, non-blocking.
    fn unix_listener_into_std(listener: Self::UnixListener) -> io::Result<std::os::unix::net::UnixListener>;
    /// Gives a datagram socket back, non-blocking.
    fn unix_datagram_into_std(socket: Self::UnixDatagram) -> io::Result<std::os::unix::net::UnixDatagram>;
}

/// A connected unix stream.
pub trait UnixStream: Stream {
    /// This side's address.
    ///
    /// # Errors
    ///
    /// Any error of `getsockname(2)`.
    fn local_addr(&self) -> io::Result<SocketAddr>;
    /// The other side's address.
    ///
    /// # Errors
    ///
    /// Any error of `getpeername(2)`, such as `NotConnected`.
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    /// The peer's process, where the system tells it, its user and its group, as they were when it
    /// connected. `loop_toolkit::socket::peer_cred` asks the system.
    ///
    /// # Errors
    ///
    /// Any error of `getsockopt(2)` or `getpeereid(3)`; `Unsupported` where the system or the loop
    /// does not tell.
    fn peer_cred(&self) -> io::Result<(Option<i32>, u32, u32)> {
        let message = "this loop's unix sockets do not tell who the peer is";
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }
}

/// A unix server socket. Dropping it leaves its path in place, as everywhere.
pub trait UnixListener: Socket + fmt::Debug + Send + Sync + Unpin + 'static {
    /// What it accepts.
    type Stream: UnixStream;
    /// As [`TcpListener::accept`](crate::net::TcpListener::accept).
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;
    /// As [`TcpListener::poll_accept`](crate::net::TcpListener::poll_accept).
    ///
    /// # Errors
    ///
    /// As `accept`; `Unsupported` where a loop leaves it out.
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Self::Stream, SocketAddr)>> {
        let _ = cx;
        let message = "this loop's network has no poll_accept: await accept";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::Unsupported, message)))
    }
    /// The address it listens on.
    ///
    /// # Errors
    ///
    /// Any error of `getsockname(2)`.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

/// A unix datagram socket. All its waits are cancel safe, and any number may wait at once.
pub trait UnixDatagram: Socket + fmt::Debug + Send + Sync + Unpin + 'static {
    /// Fixes the peer.
    ///
    /// # Errors
    ///
    /// `NotFound`, `ConnectionRefused`, or any other error of `connect(2)`. Those that follow give
    /// any error of the system call of their name; of `getsockname(2)`, `getpeername(2)` and
    /// `getsockopt(2)` for the addresses and the error.
    fn connect(&self, addr: &SocketAddr) -> io::Result<()>;
    /// Sends a datagram to the connected peer.
    fn send(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> + Send;
    /// Receives a datagram.
    fn recv(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Send;
    /// Sends a datagram.
    fn send_to(&self, buf: &[u8], addr: &SocketAddr) -> impl Future<Output = io::Result<usize>> + Send;
    /// Receives a datagram and its sender.
    fn recv_from(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Send;
    /// Waits until a datagram is there.
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send;
    /// Waits until a datagram can be sent.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;
    /// `send` now, or `WouldBlock`.
    fn try_send(&self, buf: &[u8]) -> io::Result<usize>;
    /// `recv` now, or `WouldBlock`.
    fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize>;
    /// `send_to` now, or `WouldBlock`.
    fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize>;
    /// `recv_from` now, or `WouldBlock`.
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    /// `send_to` as a poll, with one waiter: a second takes the place of the first. While the peer's
    /// buffer is full, a loop may try again in each of its turns, as the system wakes no waiter then.
    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], addr: &SocketAddr) -> Poll<io::Result<usize>>;
    /// This side's address.
    fn local_addr(&self) -> io::Result<SocketAddr>;
    /// The connected peer's address.
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    /// Closes one direction or both.
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;
    /// Takes the error that waits on the socket, if one does.
    fn take_error(&self) -> io::Result<Option<io::Error>>;
}
