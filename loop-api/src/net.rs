//! Sockets.
//!
//! A loop that has a network implements [`Net`]; on unix, [`UnixNet`] also; [`StdNet`] if it can
//! take and give the standard library's sockets. No trait here mentions file descriptors or
//! readiness as such, so that a completion-based or a simulated network can implement it. A backend
//! that has only [`Readiness`](crate::readiness::Readiness) gets its network from `net::ready`.
//!
//! What holds for every socket: dropping a pending read or write loses no byte that was already
//! taken; one reader and one writer may wait at once, and neither loses its wake-up; `poll_write`
//! may buffer, and what `poll_flush` finished is promised to be sent; vectored writes stay
//! vectored; closing (`poll_close`) sends FIN after what was flushed, and reading goes on until the
//! peer's own end. Dropping a socket closes it; its descriptor's number may be used again at once,
//! and no event of the old registration reaches the new one.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::AsyncWrite;

use crate::handle::Handle;
use crate::io::AsyncReadUninit;

mod addr;
mod connect;
pub mod error;
mod options;
mod socket;
#[cfg(unix)]
mod unix;

pub use addr::{Resolved, Target, ToSocketAddrs, resolve};
pub use connect::{connect_any, connect_staggered, try_each};
pub use options::{TcpOptions, UdpOptions};
pub use socket::{Descriptor, Socket, borrow_descriptor};
#[doc(hidden)]
pub use socket2::SockRef;
#[cfg(unix)]
pub use unix::{StdUnixNet, UnixDatagram, UnixListener, UnixNet, UnixStream};

/// A loop with a network. It has no file descriptor in it, and resolves names itself, so that a
/// simulated one can have its own names.
///
/// ```
/// use loop_api::net::{Net, TcpListener, TcpOptions, TcpStream};
///
/// async fn example<H: Net>(handle: H) -> std::io::Result<()> {
///     let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::default())?;
///     let client = handle.connect_tcp(listener.local_addr()?, TcpOptions::default()).await?;
///     let (_server, peer) = listener.accept().await?;
///     assert_eq!(client.local_addr()?, peer);
///     Ok(())
/// }
/// ```
pub trait Net: Handle {
    /// A TCP connection.
    type TcpStream: TcpStream;
    /// A TCP server socket.
    type TcpListener: TcpListener<Stream = Self::TcpStream>;
    /// A UDP socket.
    type UdpSocket: UdpSocket;

    /// Connects to `addr`. Cancel safe: dropping the future closes the socket.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused`, or any other error of `socket(2)` or `connect(2)`, with the address in
    /// the message; [`Closed`](crate::Closed) inside an `io::Error` on a closed loop.
    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: TcpOptions,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static;

    /// Binds and listens; port 0 lets the system choose.
    ///
    /// # Errors
    ///
    /// `AddrInUse`, or any other error of `socket(2)`, `bind(2)` or `listen(2)`, with the address
    /// in the message.
    fn listen_tcp(&self, addr: SocketAddr, options: &TcpOptions) -> io::Result<Self::TcpListener>;

    /// Binds a UDP socket; port 0 lets the system choose.
    ///
    /// # Errors
    ///
    /// `AddrInUse`, or any other error of `socket(2)` or `bind(2)`, with the address in the
    /// message.
    fn bind_udp(&self, addr: SocketAddr, options: &UdpOptions) -> io::Result<Self::UdpSocket>;

    /// The addresses of a host name, with `port` in each, asked of the loop. The default asks the
    /// system's resolver on a blocking thread. Cancel safe: dropped, the answer is not waited for.
    ///
    /// # Errors
    ///
    /// Any error of `getaddrinfo(3)`, with the host name in the message; a
    /// [`JoinError`](crate::JoinError) inside an `io::Error` if the blocking job could not run or
    /// be finished.
    fn lookup_host(
        &self,
        host: String,
        port: u16,
    ) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static {
        let lookup = self.spawn_blocking(move || {
            match std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), port)) {
                Ok(addrs) => Ok(addrs.collect()),
                Err(error) => Err(error::cannot("resolve host", format_args!("{host:?}"), error)),
            }
        });
        async move { lookup.await? }
    }
}

/// A network that can take over sockets of the standard library, and give its own back. The sockets
/// given may be blocking; they are made non-blocking. Those given back are non-blocking still, as
/// with tokio.
pub trait StdNet: Net {
    /// Takes over a connection.
    ///
    /// # Errors
    ///
    /// Any error of making it non-blocking or of registering it with the loop's poller, such as
    /// `epoll_ctl(2)`; [`Closed`](crate::Closed) inside an `io::Error` on a closed loop.
    fn tcp_stream_from_std(&self, stream: std::net::TcpStream) -> io::Result<Self::TcpStream>;
    /// Takes over a server socket.
    ///
    /// # Errors
    ///
    /// As `tcp_stream_from_std`.
    fn tcp_listener_from_std(&self, listener: std::net::TcpListener) -> io::Result<Self::TcpListener>;
    /// Takes over a UDP socket.
    ///
    /// # Errors
    ///
    /// As `tcp_stream_from_std`.
    fn udp_socket_from_std(&self, socket: std::net::UdpSocket) -> io::Result<Self::UdpSocket>;
    /// Gives a connection back.
    ///
    /// # Errors
    ///
    /// Any error of deregistering it from the loop's poller, such as one of `epoll_ctl(2)`.
    fn tcp_stream_into_std(stream: Self::TcpStream) -> io::Result<std::net::TcpStream>;
    /// Gives a server socket back.
    ///
    /// # Errors
    ///
    /// As `tcp_stream_into_std`.
    fn tcp_listener_into_std(listener: Self::TcpListener) -> io::Result<std::net::TcpListener>;
    /// Gives a UDP socket back.
    ///
    /// # Errors
    ///
    /// As `tcp_stream_into_std`.
    fn udp_socket_into_std(socket: Self::UdpSocket) -> io::Result<std::net::UdpSocket>;
}

/// A connected stream of bytes, TCP or unix. Dropping it closes it.
pub trait Stream: Socket + AsyncReadUninit + AsyncWrite + fmt::Debug + Unpin + Send + Sync + 'static {
    /// The reading half, borrowed.
    type ReadHalf<'a>: Socket + AsyncReadUninit + fmt::Debug + Unpin + Send + Sync;
    /// The writing half, borrowed. Its `poll_close` sends FIN; dropping it does not.
    type WriteHalf<'a>: Socket + AsyncWrite + fmt::Debug + Unpin + Send + Sync;
    /// The reading half, owned.
    type OwnedReadHalf: Socket + AsyncReadUninit + fmt::Debug + Unpin + Send + Sync + 'static;
    /// The writing half, owned. Dropping it sends FIN, as tokio's does.
    type OwnedWriteHalf: OwnedWriteHalf;

    /// Borrows the two directions, without cost.
    fn split(&mut self) -> (Self::ReadHalf<'_>, Self::WriteHalf<'_>);

    /// Parts the two directions, so that two tasks can have them.
    fn into_split(self) -> (Self::OwnedReadHalf, Self::OwnedWriteHalf);

    /// Joins what `into_split` parted.
    ///
    /// # Errors
    ///
    /// The halves, if they are not of one stream.
    fn reunite(
        read: Self::OwnedReadHalf,
        write: Self::OwnedWriteHalf,
    ) -> Result<Self, (Self::OwnedReadHalf, Self::OwnedWriteHalf)>
    where
        Self: Sized;

    /// Waits until something can be read, the peer has closed, or there is an error to be read. Any
    /// number may wait.
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Waits until something can be written, or there is an error to be read. Any number may wait.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Reads what is there; zero is the end.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is there yet; any other error of `recv(2)`.
    fn try_read(&self, buf: &mut [u8]) -> io::Result<usize>;

    /// Writes what fits into the system's send buffer.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if that buffer is full; any other error of `send(2)`.
    fn try_write(&self, buf: &[u8]) -> io::Result<usize>;

    /// Closes one direction or both, at once. On unix it wakes the tasks that wait for that
    /// direction; on Windows it wakes none.
    ///
    /// # Errors
    ///
    /// Any error of `shutdown(2)`, such as `NotConnected` where it is closed already on some
    /// systems.
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;

    /// Takes the error that waits on the socket, if one does.
    ///
    /// # Errors
    ///
    /// Any error of `getsockopt(2)`, which is not the error that it takes.
    fn take_error(&self) -> io::Result<Option<io::Error>>;
}

/// The writing half of a stream, owned.
pub trait OwnedWriteHalf: Socket + AsyncWrite + fmt::Debug + Unpin + Send + Sync + 'static {
    /// Drops it without sending FIN: the connection is closed with the reading half.
    fn forget(self);
}

/// A TCP connection.
pub trait TcpStream: Stream {
    /// This side's address.
    ///
    /// # Errors
    ///
    /// Any error of `getsockname(2)`; those that follow give any error of `getpeername(2)`,
    /// `getsockopt(2)` or `setsockopt(2)`, such as `NotConnected` for `peer_addr`, and `peek` any
    /// of `recv(2)`.
    fn local_addr(&self) -> io::Result<SocketAddr>;
    /// The other side's address.
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    /// Whether small writes are sent at once.
    fn nodelay(&self) -> io::Result<bool>;
    /// Sends small writes at once.
    fn set_nodelay(&self, on: bool) -> io::Result<()>;
    /// The time to live of its packets.
    fn ttl(&self) -> io::Result<u32>;
    /// Sets the time to live of its packets.
    fn set_ttl(&self, ttl: u32) -> io::Result<()>;
    /// How long closing goes on sending what is unsent.
    fn linger(&self) -> io::Result<Option<Duration>>;
    /// Resets the connection when it is closed, instead of sending FIN.
    fn set_zero_linger(&self) -> io::Result<()>;
    /// Reads what is there, or waits for it, and leaves it there.
    fn peek(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Send;
}

/// A TCP server socket.
pub trait TcpListener: Socket + fmt::Debug + Send + Sync + Unpin + 'static {
    /// What it accepts.
    type Stream: TcpStream;

    /// The next connection and its address. A connection that was gone before it could be accepted
    /// is passed over. When descriptors are exhausted it waits, without spinning, until some are
    /// free: the backlog keeps the clients. Any number may wait.
    ///
    /// Cancel safe: a connection is either given or still in the backlog.
    ///
    /// # Errors
    ///
    /// Any error of `accept(2)` but those that pass by themselves.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;

    /// [`accept`](Self::accept) as a poll, with the same care. One waiter: a second one may take the
    /// first one's place.
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
    /// The time to live of accepted connections' packets.
    ///
    /// # Errors
    ///
    /// Any error of `getsockopt(2)`.
    fn ttl(&self) -> io::Result<u32>;
    /// Sets it.
    ///
    /// # Errors
    ///
    /// Any error of `setsockopt(2)`.
    fn set_ttl(&self, ttl: u32) -> io::Result<()>;
}

/// A UDP socket. All its waits are cancel safe, and any number may wait at once. A peer's ICMP
/// refusal is an error of one call and harms no later one.
pub trait UdpSocket: Socket + fmt::Debug + Send + Sync + Unpin + 'static {
    /// Fixes the peer that `send` sends to and `recv` receives from.
    fn connect(&self, addr: SocketAddr) -> impl Future<Output = io::Result<()>> + Send;
    /// Sends a datagram to the connected peer.
    fn send(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> + Send;
    /// Receives a datagram from the connected peer; what does not fit is lost.
    fn recv(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Send;
    /// Sends a datagram.
    fn send_to(&self, buf: &[u8], addr: SocketAddr) -> impl Future<Output = io::Result<usize>> + Send;
    /// Receives a datagram and its sender; what does not fit is lost.
    fn recv_from(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Send;
    /// Receives a datagram and leaves it there.
    fn peek_from(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Send;
    /// Waits until a datagram is there. On tokio, which remembers that one was, it is also ready at
    /// once when that was taken past the loop, by [`with_std`](Socket::with_std) or a duplicate of
    /// the socket, until a receive by one of the methods here has found nothing.
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send;
    /// Waits until a datagram can be sent.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;
    /// `send` now, or `WouldBlock`.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, or any other error of the system call of that name; the same holds for all
    /// that follow.
    fn try_send(&self, buf: &[u8]) -> io::Result<usize>;
    /// `recv` now, or `WouldBlock`.
    fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize>;
    /// `send_to` now, or `WouldBlock`.
    fn try_send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize>;
    /// `recv_from` now, or `WouldBlock`.
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    /// This side's address.
    fn local_addr(&self) -> io::Result<SocketAddr>;
    /// The connected peer's address.
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    /// Takes the error that waits on the socket, if one does.
    fn take_error(&self) -> io::Result<Option<io::Error>>;
}
