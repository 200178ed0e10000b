//! UDP.

use std::io;
use std::net::SocketAddr;

use async_io::Async;
use loop_api::net;
use loop_toolkit::socket;

use super::under::over_async;
use crate::coop::transfer;
use crate::link::Link;

/// A UDP socket: see [`loop_api::net::UdpSocket`].
pub struct UdpSocket {
    pub(super) io: Async<std::net::UdpSocket>,
    pub(super) link: Link,
}

newtype!(UdpSocket, std::net::UdpSocket);
over_async!([] UdpSocket);

impl net::UdpSocket for UdpSocket {
    async fn connect(&self, addr: SocketAddr) -> io::Result<()> {
        let connected = self.io.get_ref().connect(addr);
        connected.map_err(|error| socket::cannot("connect a UDP socket to", addr, error))
    }

    async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.link.until(transfer(self.io.send(buf))).await
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.link.until(transfer(self.io.recv(buf))).await
    }

    async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
        self.link.until(transfer(self.io.send_to(buf, addr))).await
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.link.until(transfer(self.io.recv_from(buf))).await
    }

    async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.link.until(transfer(self.io.peek_from(buf))).await
    }

    async fn readable(&self) -> io::Result<()> {
        self.link.until(self.io.readable()).await
    }

    async fn writable(&self) -> io::Result<()> {
        self.link.until(self.io.writable()).await
    }

    fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.get_ref().send(buf)
    }

    fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.get_ref().recv(buf)
    }

    fn try_send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
        self.io.get_ref().send_to(buf, addr)
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.get_ref().recv_from(buf)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }
}
