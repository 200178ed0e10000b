//! Unix datagrams.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::task::{Context, Poll};

use loop_api::net::{StdUnixNet, UnixDatagram as LoopUnixDatagram, UnixNet};

use crate::any::{self, descriptor, each, forward, opaque, socket};
use crate::net::readiness::{datagrams, poll_readiness, readiness, unix};
use crate::runtime::Handle;

use super::address;

/// A unix datagram socket. All its waits are cancel safe, and any number may wait at once. Dropping
/// it closes it, and leaves its path in place.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::net::UnixDatagram;
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("socket");
/// let server = UnixDatagram::bind(&path)?;
/// let client = UnixDatagram::unbound()?;
/// assert_eq!(client.send_to(b"ciao", &path).await?, 4);
/// let mut buf = [0; 16];
/// let (n, from) = server.recv_from(&mut buf).await?;
/// assert_eq!(&buf[..n], b"ciao");
/// assert!(from.is_unnamed());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct UnixDatagram(pub(crate) any::UnixDatagram);

opaque!([] UnixDatagram, UnixDatagram);
socket!([] UnixDatagram, UnixDatagram);
descriptor!(UnixDatagram);
readiness!(UnixDatagram);
poll_readiness!(UnixDatagram, poll_recv_ready, poll_send_ready);
datagrams!(UnixDatagram, SocketAddr, unix);

impl UnixDatagram {
    /// A socket with an address.
    ///
    /// # Errors
    ///
    /// `AddrInUse` for a path that exists already, or any other error of `bind(2)`;
    /// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        Handle::try_current()?.bind_unix_datagram(&address(path.as_ref())?)
    }

    /// A socket without an address.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn unbound() -> io::Result<UnixDatagram> {
        Handle::try_current()?.unbound_unix_datagram()
    }

    /// Two sockets connected to one another.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let (a, b) = anyloop::net::UnixDatagram::pair()?;
    /// a.send(b"ciao").await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(b.recv(&mut buf).await?, 4);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        Handle::try_current()?.unix_datagram_pair()
    }

    /// Takes over a socket of the standard library, blocking or not.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn from_std(socket: std::os::unix::net::UnixDatagram) -> io::Result<UnixDatagram> {
        Handle::try_current()?.unix_datagram_from_std(socket)
    }

    /// Gives the socket to the standard library, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of taking it off the loop's poller.
    pub fn into_std(self) -> io::Result<std::os::unix::net::UnixDatagram> {
        Handle::unix_datagram_into_std(self)
    }

    /// Fixes the peer.
    ///
    /// # Errors
    ///
    /// `NotFound`, `ConnectionRefused`, or any other error of `connect(2)`.
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        LoopUnixDatagram::connect(self, &address(path.as_ref())?)
    }

    /// Sends a datagram to `path`, and gives its size in bytes. While the peer's buffer is full it
    /// tries again, from 1 ms up to 50 ms later: the system does not report when there is space.
    /// Cancel safe.
    ///
    /// # Errors
    ///
    /// `NotFound`, `ConnectionRefused`, or any other error of `sendto(2)`.
    pub async fn send_to<P: AsRef<Path>>(&self, buf: &[u8], path: P) -> io::Result<usize> {
        let addr = address(path.as_ref())?;
        LoopUnixDatagram::send_to(self, buf, &addr).await
    }

    /// [`send_to`](Self::send_to) as a poll; but while the peer's buffer is full it tries again in
    /// each turn of the loop. A second waiter takes the first one's place.
    ///
    /// # Errors
    ///
    /// `NotFound`, `ConnectionRefused`, or any other error of `sendto(2)`.
    pub fn poll_send_to<P: AsRef<Path>>(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        path: P,
    ) -> Poll<io::Result<usize>> {
        LoopUnixDatagram::poll_send_to(self, cx, buf, &address(path.as_ref())?)
    }

    /// [`send_to`](Self::send_to) now.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if the peer's buffer is full, or the loop has not looked yet, else any error of
    /// `sendto(2)`.
    pub fn try_send_to<P: AsRef<Path>>(&self, buf: &[u8], path: P) -> io::Result<usize> {
        LoopUnixDatagram::try_send_to(self, buf, &address(path.as_ref())?)
    }

    /// [`recv_from`](Self::recv_from) now.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is there, or the loop has not looked yet, else any error of
    /// `recvfrom(2)`.
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        LoopUnixDatagram::try_recv_from(self, buf)
    }
}

/// As [`from_std`](UnixDatagram::from_std).
impl TryFrom<std::os::unix::net::UnixDatagram> for UnixDatagram {
    type Error = io::Error;

    fn try_from(socket: std::os::unix::net::UnixDatagram) -> io::Result<UnixDatagram> {
        UnixDatagram::from_std(socket)
    }
}

forward! {
    impl LoopUnixDatagram for UnixDatagram, UnixDatagram {
        fn connect(&self, addr: &SocketAddr) -> io::Result<()> {
            each!(UnixDatagram; &self.0, s => s.connect(addr))
        }

        async fn send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
            each!(UnixDatagram; &self.0, s => s.send_to(buf, addr).await)
        }

        fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
            each!(UnixDatagram; &self.0, s => s.try_send_to(buf, addr))
        }

        fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
            each!(UnixDatagram; &self.0, s => s.try_recv_from(buf))
        }

        fn poll_send_to(
            &self,
            cx: &mut Context<'_>,
            buf: &[u8],
            addr: &SocketAddr,
        ) -> Poll<io::Result<usize>> {
            each!(UnixDatagram; &self.0, s => s.poll_send_to(cx, buf, addr))
        }
    }
    fn {
        /// [`send`](Self::send) now.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if the peer's buffer is full, else any error of `send(2)`.
        try_send(&self, buf: &[u8]) -> io::Result<usize>;
        /// [`recv`](Self::recv) now.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if nothing is there, else any error of `recv(2)`.
        try_recv(&self, buf: &mut [u8]) -> io::Result<usize>;
        /// This side's address.
        ///
        /// # Errors
        ///
        /// Any error of `getsockname(2)`.
        local_addr(&self) -> io::Result<SocketAddr>;
        /// The connected peer's address.
        ///
        /// # Errors
        ///
        /// `NotConnected`, or any other error of `getpeername(2)`.
        peer_addr(&self) -> io::Result<SocketAddr>;
        /// Closes one direction or both.
        ///
        /// # Errors
        ///
        /// `NotConnected`, or any other error of `shutdown(2)`.
        shutdown(&self, how: Shutdown) -> io::Result<()>;
        /// Takes the error that waits on the socket, if one does.
        ///
        /// # Errors
        ///
        /// Any error of `getsockopt(2)` itself.
        take_error(&self) -> io::Result<Option<io::Error>>;
    }
    async fn {
        /// Sends a datagram to the connected peer, and gives its size in bytes. Cancel safe.
        ///
        /// # Errors
        ///
        /// `NotConnected`, or any other error of `send(2)`.
        send(&self, buf: &[u8]) -> io::Result<usize>;
        /// Receives a datagram, and gives its size in bytes; what does not fit is lost. Cancel
        /// safe.
        ///
        /// # Errors
        ///
        /// Any error of `recv(2)`.
        recv(&self, buf: &mut [u8]) -> io::Result<usize>;
        /// Receives a datagram, and gives its size in bytes and its sender; what does not fit is
        /// lost. Cancel safe.
        ///
        /// # Errors
        ///
        /// Any error of `recvfrom(2)`.
        recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
        /// Waits until a datagram is there. Cancel safe.
        ///
        /// # Errors
        ///
        /// That the loop is closed.
        readable(&self) -> io::Result<()>;
        /// Waits until a datagram can be sent. Cancel safe.
        ///
        /// # Errors
        ///
        /// That the loop is closed.
        writable(&self) -> io::Result<()>;
    }
}
