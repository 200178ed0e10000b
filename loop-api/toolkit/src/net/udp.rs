//! UDP over readiness.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::socket::over_source;
use crate::socket::{self, is_ready};
use loop_api::io::Interest;
use loop_api::net::UdpOptions;
use loop_api::readiness::{Readiness, Source};

/// A UDP socket on the loop of `H`.
pub struct UdpSocket<H: Readiness> {
    source: H::Source<std::net::UdpSocket>,
}

/// Binds a UDP socket: what [`Net::bind_udp`](loop_api::net::Net::bind_udp) does.
///
/// # Errors
///
/// `AddrInUse`, or any other error of `bind(2)`, with the address in the message; those of
/// [`Readiness::register`].
pub fn bind_udp<H: Readiness>(
    handle: &H,
    addr: SocketAddr,
    options: &UdpOptions,
) -> io::Result<UdpSocket<H>> {
    UdpSocket::new(handle, socket::udp(addr, options)?)
}

impl<H: Readiness> UdpSocket<H> {
    /// Takes over a socket that is non-blocking already.
    ///
    /// # Errors
    ///
    /// Those of [`Readiness::register`].
    pub fn new(handle: &H, socket: std::net::UdpSocket) -> io::Result<Self> {
        Ok(UdpSocket { source: handle.register(socket)? })
    }

    /// The standard library's socket.
    pub fn get_ref(&self) -> &std::net::UdpSocket {
        self.source.get_ref()
    }

    /// Gives the standard library's socket back, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of deregistering it from the poller, such as one of `epoll_ctl(2)`.
    pub fn into_inner(self) -> io::Result<std::net::UdpSocket> {
        self.source.into_inner()
    }
}

impl<H: Readiness> loop_api::net::UdpSocket for UdpSocket<H> {
    async fn connect(&self, addr: SocketAddr) -> io::Result<()> {
        self.get_ref().connect(addr).map_err(|error| socket::cannot("connect a UDP socket to", addr, error))
    }

    async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.source.io(Interest::Writable, |io| io.send(buf)).await
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.io(Interest::Readable, |io| io.recv(buf)).await
    }

    async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
        self.source.io(Interest::Writable, |io| io.send_to(buf, addr)).await
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.io(Interest::Readable, |io| io.recv_from(buf)).await
    }

    async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.io(Interest::Readable, |io| io.peek_from(buf)).await
    }

    async fn readable(&self) -> io::Result<()> {
        self.source.io(Interest::Readable, |io| is_ready(io, Interest::Readable)).await
    }

    async fn writable(&self) -> io::Result<()> {
        self.source.io(Interest::Writable, |io| is_ready(io, Interest::Writable)).await
    }

    fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        self.get_ref().send(buf)
    }

    fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.get_ref().recv(buf)
    }

    fn try_send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
        self.get_ref().send_to(buf, addr)
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.get_ref().recv_from(buf)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().peer_addr()
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.get_ref().take_error()
    }
}

over_source!([<H: Readiness>] UdpSocket<H>, source);

impl<H: Readiness> fmt::Debug for UdpSocket<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get_ref().fmt(f)
    }
}
