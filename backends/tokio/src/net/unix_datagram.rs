//! Unix datagram sockets. Where tokio takes only paths, the call goes by the address, so that abstract names work too.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;

use loop_toolkit::socket::unix_addr;
use socket2::{SockAddr, SockRef};
use tokio::io::Interest;

use super::closed;
use super::stream::coat;

coat! {
    /// A unix datagram socket: tokio's, which `into_inner` gives back.
    UnixDatagram(tokio::net::UnixDatagram)
}

impl UnixDatagram {
    /// tokio's own calls take paths only; this one also takes Linux's abstract names.
    fn send_now(&self, buf: &[u8], addr: &SockAddr) -> io::Result<usize> {
        SockRef::from(&self.0).send_to(buf, addr)
    }
}

impl loop_api::net::UnixDatagram for UnixDatagram {
    fn connect(&self, addr: &SocketAddr) -> io::Result<()> {
        SockRef::from(&self.0).connect(&unix_addr(addr)?)
    }

    async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.send(buf).await.map_err(closed)
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.recv(buf).await.map_err(closed)
    }

    async fn send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        let addr = unix_addr(addr)?;
        self.0.async_io(Interest::WRITABLE, || self.send_now(buf, &addr)).await.map_err(closed)
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (length, addr) = self.0.recv_from(buf).await.map_err(closed)?;
        Ok((length, addr.into()))
    }

    async fn readable(&self) -> io::Result<()> {
        self.0.readable().await.map_err(closed)
    }

    async fn writable(&self) -> io::Result<()> {
        self.0.writable().await.map_err(closed)
    }

    fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.try_send(buf)
    }

    fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.try_recv(buf)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr().map(SocketAddr::from)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr().map(SocketAddr::from)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.0.take_error()
    }
}
