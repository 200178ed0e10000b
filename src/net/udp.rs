//! UDP sockets.

use std::future::ready;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};

use loop_api::io::Interest as Direction;
use loop_api::net::{
    Net, Socket, StdNet, Target, ToSocketAddrs, UdpOptions, UdpSocket as LoopUdpSocket, resolve, try_each,
};
use socket2::{SockAddr, SockRef};

use super::readiness::{attempt, datagrams, inet, poll_peek, poll_readiness, readiness};
use crate::any::{self, descriptor, each, forward, opaque, socket};
use crate::io::ReadBuf;
use crate::io::foreign::uninit::{Call, into_read_buf};
use crate::runtime::Handle;

/// A UDP socket. All its waits are cancel safe: a datagram is either given or still there; any
/// number may wait at once. Dropping it closes it. A peer's ICMP refusal is an error of one call
/// and harms no later one.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::net::UdpSocket;
///
/// let a = UdpSocket::bind("127.0.0.1:0").await?;
/// let b = UdpSocket::bind("127.0.0.1:0").await?;
/// a.send_to(b"ping", b.local_addr()?).await?;
/// let mut buf = [0; 16];
/// let (n, from) = b.recv_from(&mut buf).await?;
/// assert_eq!((&buf[..n], from), (&b"ping"[..], a.local_addr()?));
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct UdpSocket(pub(crate) any::UdpSocket);

opaque!([] UdpSocket, UdpSocket);
socket!([] UdpSocket, UdpSocket);
descriptor!(UdpSocket);
readiness!(UdpSocket);
poll_readiness!(UdpSocket, poll_recv_ready, poll_send_ready);
poll_peek!([] UdpSocket);
datagrams!(UdpSocket, SocketAddr, inet);

impl UdpSocket {
    /// Binds a socket; port 0 lets the system choose. Of several addresses the first that can be
    /// had. Cancel safe.
    ///
    /// # Errors
    ///
    /// `AddrInUse`, or any other error of `bind(2)`, with the address in the message;
    /// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        UdpSocket::bind_with(addr, &UdpOptions::default()).await
    }

    /// Binds a socket with options that must be set before. Cancel safe.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::net::{UdpOptions, UdpSocket};
    ///
    /// let mut options = UdpOptions::default();
    /// options.broadcast = Some(true);
    /// let socket = UdpSocket::bind_with("127.0.0.1:0", &options).await?;
    /// assert!(socket.broadcast()?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn bind_with<A: ToSocketAddrs>(addr: A, options: &UdpOptions) -> io::Result<UdpSocket> {
        let handle = Handle::try_current()?;
        let addrs = resolve(&handle, addr).await?;
        try_each(addrs, |addr| ready(handle.bind_udp(addr, options))).await
    }

    /// Takes over a socket of the standard library, blocking or not.
    ///
    /// # Errors
    ///
    /// Any error of adding it to the loop's poller; [`NoLoop`](crate::runtime::NoLoop) inside an
    /// `io::Error` without a loop.
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        Handle::try_current()?.udp_socket_from_std(socket)
    }

    /// Gives the socket to the standard library, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of taking it off the loop's poller.
    pub fn into_std(self) -> io::Result<std::net::UdpSocket> {
        Handle::udp_socket_into_std(self)
    }

    /// Fixes the peer that `send` sends to and `recv` receives from; of several addresses the first
    /// that can be taken. Cancel safe.
    ///
    /// # Errors
    ///
    /// Any error of `connect(2)`, or of looking up the name.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::net::UdpSocket;
    ///
    /// let a = UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = UdpSocket::bind("127.0.0.1:0").await?;
    /// a.connect(b.local_addr()?).await?;
    /// b.connect(a.local_addr()?).await?;
    /// assert_eq!(a.send(b"ciao").await?, 4);
    /// let mut buf = [0; 16];
    /// assert_eq!(b.recv(&mut buf).await?, 4);
    /// assert_eq!(&buf[..4], b"ciao");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        let addrs = resolve(&Handle::try_current()?, addr).await?;
        try_each(addrs, |addr| LoopUdpSocket::connect(self, addr)).await
    }

    /// Sends a datagram to `target`; of several addresses to the first. Gives how many bytes were
    /// sent: all. Cancel safe.
    ///
    /// # Errors
    ///
    /// Any error of `sendto(2)`, or of looking up the name.
    pub async fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], target: A) -> io::Result<usize> {
        let addr = match target.target()? {
            Target::One(addr) => addr,
            _ => {
                let mut addrs = resolve(&Handle::try_current()?, target).await?;
                let error = || io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address");
                addrs.next().ok_or_else(error)?
            }
        };
        LoopUdpSocket::send_to(self, buf, addr).await
    }
}

/// As [`from_std`](UdpSocket::from_std).
impl TryFrom<std::net::UdpSocket> for UdpSocket {
    type Error = io::Error;

    fn try_from(socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        UdpSocket::from_std(socket)
    }
}

/// What the contract has no words for.
impl UdpSocket {
    /// `send_to` as a poll. A second waiter takes the first one's place.
    ///
    /// # Errors
    ///
    /// Any error of `sendto(2)`.
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        let target = target.into();
        self.poll_io(cx, Direction::Writable, |socket| socket.send_to(buf, &target))
    }

    /// Receives a datagram from the connected peer and leaves it there. Cancel safe; any number
    /// may wait.
    ///
    /// # Errors
    ///
    /// Any error of `recv(2)`.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut buf = ReadBuf::new(buf);
        let peek = |socket: SockRef<'_>| into_read_buf(&socket, &mut buf, Call::Peek);
        Ok(attempt(self, Direction::Readable, peek).await?.0)
    }

    /// [`peek`](Self::peek) now.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is there, or the loop has not looked yet, else any error of
    /// `recv(2)`.
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.peeked(&mut ReadBuf::new(buf))?.0)
    }

    /// [`peek_from`](Self::peek_from) as a poll: fills the rest of `buf`, and gives the sender. A
    /// second waiter takes the first one's place.
    ///
    /// # Errors
    ///
    /// Any error of `recvfrom(2)`.
    pub fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        let peek = |socket: SockRef<'_>| inet(&into_read_buf(&socket, buf, Call::Peek)?.1);
        self.poll_io(cx, Direction::Readable, peek)
    }

    /// [`peek_from`](Self::peek_from) now.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is there, or the loop has not looked yet, else any error of
    /// `recvfrom(2)`.
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (n, from) = self.peeked(&mut ReadBuf::new(buf))?;
        Ok((n, inet(&from)?))
    }

    fn peeked(&self, buf: &mut ReadBuf<'_>) -> io::Result<(usize, SockAddr)> {
        Socket::try_io(self, Direction::Readable, |socket| into_read_buf(&socket, buf, Call::Peek))
    }

    /// The sender of the next datagram, which stays there. Cancel safe; any number may wait.
    ///
    /// # Errors
    ///
    /// Any error of `recvfrom(2)`.
    pub async fn peek_sender(&self) -> io::Result<SocketAddr> {
        attempt(self, Direction::Readable, |socket| inet(&socket.peek_sender()?)).await
    }

    /// [`peek_sender`](Self::peek_sender) as a poll. A second waiter takes the first one's place.
    ///
    /// # Errors
    ///
    /// Any error of `recvfrom(2)`.
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        self.poll_io(cx, Direction::Readable, |socket| inet(&socket.peek_sender()?))
    }

    /// [`peek_sender`](Self::peek_sender) now.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is there, or the loop has not looked yet, else any error of
    /// `recvfrom(2)`.
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        Socket::try_io(self, Direction::Readable, |socket| inet(&socket.peek_sender()?))
    }
}

forward! {
    impl LoopUdpSocket for UdpSocket, UdpSocket {
        async fn connect(&self, addr: SocketAddr) -> io::Result<()> {
            each!(UdpSocket; &self.0, s => s.connect(addr).await)
        }

        async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
            each!(UdpSocket; &self.0, s => s.send_to(buf, addr).await)
        }
    }
    fn {
        /// [`send`](Self::send) now.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if the send buffer is full, or the loop has not looked yet (wait by
        /// [`writable`](Self::writable)), else any error of `send(2)`.
        try_send(&self, buf: &[u8]) -> io::Result<usize>;
        /// [`recv`](Self::recv) now.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if nothing is there, or the loop has not looked yet (wait by
        /// [`readable`](Self::readable)), else any error of `recv(2)`.
        try_recv(&self, buf: &mut [u8]) -> io::Result<usize>;
        /// [`send_to`](Self::send_to) now.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if the send buffer is full, or the loop has not looked yet (wait by
        /// [`writable`](Self::writable)), else any error of `sendto(2)`.
        try_send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize>;
        /// [`recv_from`](Self::recv_from) now.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if nothing is there, or the loop has not looked yet (wait by
        /// [`readable`](Self::readable)), else any error of `recvfrom(2)`.
        ///
        /// ```
        /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
        /// # anyloop::runtime::Runtime::new()?.block_on(async {
        /// use std::io::ErrorKind;
        /// use anyloop::net::UdpSocket;
        ///
        /// let a = UdpSocket::bind("127.0.0.1:0").await?;
        /// let b = UdpSocket::bind("127.0.0.1:0").await?;
        /// let mut buf = [0; 16];
        /// assert_eq!(b.try_recv_from(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        /// a.writable().await?;
        /// assert_eq!(a.try_send_to(b"ciao", b.local_addr()?)?, 4);
        /// b.readable().await?;
        /// assert_eq!(b.try_recv_from(&mut buf)?, (4, a.local_addr()?));
        /// # std::io::Result::Ok(())
        /// # })?;
        /// # std::io::Result::Ok(())
        /// ```
        try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
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
        /// Any error of `send(2)`, such as `ConnectionRefused` for an earlier datagram.
        send(&self, buf: &[u8]) -> io::Result<usize>;
        /// Receives a datagram from the connected peer, and gives its size in bytes; what does not
        /// fit is lost. Cancel safe.
        ///
        /// # Errors
        ///
        /// Any error of `recv(2)`, such as `ConnectionRefused` for an earlier datagram.
        recv(&self, buf: &mut [u8]) -> io::Result<usize>;
        /// Receives a datagram, and gives its size in bytes and its sender; what does not fit is
        /// lost. Cancel safe.
        ///
        /// # Errors
        ///
        /// Any error of `recvfrom(2)`.
        recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
        /// Receives a datagram and leaves it there. Cancel safe.
        ///
        /// # Errors
        ///
        /// Any error of `recvfrom(2)`.
        ///
        /// ```
        /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
        /// # anyloop::runtime::Runtime::new()?.block_on(async {
        /// use anyloop::net::UdpSocket;
        ///
        /// let a = UdpSocket::bind("127.0.0.1:0").await?;
        /// let b = UdpSocket::bind("127.0.0.1:0").await?;
        /// a.send_to(b"ciao", b.local_addr()?).await?;
        /// let mut buf = [0; 16];
        /// assert_eq!(b.peek_from(&mut buf).await?, (4, a.local_addr()?));
        /// assert_eq!(b.recv_from(&mut buf).await?, (4, a.local_addr()?)); // still there
        /// # std::io::Result::Ok(())
        /// # })?;
        /// # std::io::Result::Ok(())
        /// ```
        peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
        /// Waits until a datagram is there. Cancel safe.
        ///
        /// On tokio, which remembers that one was there, it is also ready at once when that was
        /// taken past the loop, by the descriptor or a duplicate of the socket, until a receive or
        /// a `try_recv` here has found nothing: receive after it, in a loop.
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

/// Options that are set on the system's own socket.
macro_rules! options {
    ($($(#[$meta:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty = $call:ident($($pass:expr),*);)*) => {
        /// Socket options. On a network without system sockets all of them give `Unsupported`.
        ///
        /// ```
        /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
        /// # anyloop::runtime::Runtime::new()?.block_on(async {
        /// let socket = anyloop::net::UdpSocket::bind("127.0.0.1:0").await?;
        /// socket.set_broadcast(true)?;
        /// assert!(socket.broadcast()?);
        /// socket.set_ttl(9)?;
        /// assert_eq!(socket.ttl()?, 9);
        /// # std::io::Result::Ok(())
        /// # })?;
        /// # std::io::Result::Ok(())
        /// ```
        impl UdpSocket {$(
            $(#[$meta])*
            ///
            /// # Errors
            ///
            /// Any error of `getsockopt(2)` or `setsockopt(2)`.
            pub fn $name(&self $(, $arg: $ty)*) -> io::Result<$ret> {
                self.with_std(|socket| socket.$call($($pass),*))
            }
        )*}
    };
}

options! {
    /// Whether it may send to a broadcast address.
    broadcast() -> bool = broadcast();
    /// Lets it send to a broadcast address.
    set_broadcast(on: bool) -> () = set_broadcast(on);
    /// The time to live of its packets.
    ttl() -> u32 = ttl_v4();
    /// Sets the time to live of its packets.
    set_ttl(ttl: u32) -> () = set_ttl_v4(ttl);
    /// Whether it hears its own multicasts.
    multicast_loop_v4() -> bool = multicast_loop_v4();
    /// Lets it hear its own multicasts.
    set_multicast_loop_v4(on: bool) -> () = set_multicast_loop_v4(on);
    /// Whether it hears its own multicasts.
    multicast_loop_v6() -> bool = multicast_loop_v6();
    /// Lets it hear its own multicasts.
    set_multicast_loop_v6(on: bool) -> () = set_multicast_loop_v6(on);
    /// The time to live of its multicasts.
    multicast_ttl_v4() -> u32 = multicast_ttl_v4();
    /// Sets the time to live of its multicasts.
    set_multicast_ttl_v4(ttl: u32) -> () = set_multicast_ttl_v4(ttl);
    /// Joins a multicast group, on the interface that has this address.
    join_multicast_v4(group: Ipv4Addr, interface: Ipv4Addr) -> () = join_multicast_v4(&group, &interface);
    /// Leaves it.
    leave_multicast_v4(group: Ipv4Addr, interface: Ipv4Addr) -> () = leave_multicast_v4(&group, &interface);
    /// Joins a multicast group, on the interface of this number.
    join_multicast_v6(group: &Ipv6Addr, interface: u32) -> () = join_multicast_v6(group, interface);
    /// Leaves it.
    leave_multicast_v6(group: &Ipv6Addr, interface: u32) -> () = leave_multicast_v6(group, interface);
    /// The type of service of its packets, of IPv4: `IP_TOS`.
    #[cfg(not(any(target_os = "fuchsia", target_os = "redox", target_os = "solaris", target_os = "illumos", target_os = "haiku")))]
    tos_v4() -> u32 = tos_v4();
    /// Sets the type of service of its packets, of IPv4.
    #[cfg(not(any(target_os = "fuchsia", target_os = "redox", target_os = "solaris", target_os = "illumos", target_os = "haiku")))]
    set_tos_v4(tos: u32) -> () = set_tos_v4(tos);
    /// tokio's older name of [`tos_v4`](Self::tos_v4).
    #[cfg(not(any(target_os = "fuchsia", target_os = "redox", target_os = "solaris", target_os = "illumos", target_os = "haiku")))]
    tos() -> u32 = tos_v4();
    /// tokio's older name of [`set_tos_v4`](Self::set_tos_v4).
    #[cfg(not(any(target_os = "fuchsia", target_os = "redox", target_os = "solaris", target_os = "illumos", target_os = "haiku")))]
    set_tos(tos: u32) -> () = set_tos_v4(tos);
    /// The traffic class of its packets, of IPv6: `IPV6_TCLASS`.
    #[cfg(any(target_os = "android", target_os = "dragonfly", target_os = "freebsd", target_os = "fuchsia", target_os = "linux", target_os = "macos", target_os = "netbsd", target_os = "openbsd"))]
    tclass_v6() -> u32 = tclass_v6();
    /// Sets the traffic class of its packets, of IPv6.
    #[cfg(any(target_os = "android", target_os = "dragonfly", target_os = "freebsd", target_os = "fuchsia", target_os = "linux", target_os = "macos", target_os = "netbsd", target_os = "openbsd"))]
    set_tclass_v6(tclass: u32) -> () = set_tclass_v6(tclass);
    /// The interface that it is bound to, if any.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    device() -> Option<Vec<u8>> = device();
    /// Binds it to an interface, by name, or to none.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    bind_device(interface: Option<&[u8]>) -> () = bind_device(interface);
}
