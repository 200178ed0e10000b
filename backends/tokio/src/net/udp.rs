//! UDP.

use std::io;
use std::net::SocketAddr;

use socket2::SockRef;

use super::closed;
use super::stream::{newtype, socket};

newtype! {
    /// A UDP socket: tokio's, which `into_inner` gives back.
    UdpSocket(tokio::net::UdpSocket)
}

impl loop_api::net::UdpSocket for UdpSocket {
    async fn connect(&self, addr: SocketAddr) -> io::Result<()> {
        SockRef::from(&self.0).connect(&addr.into())
    }

    async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.send(buf).await.map_err(closed)
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.recv(buf).await.map_err(closed)
    }

    async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
        self.0.send_to(buf, addr).await.map_err(closed)
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(buf).await.map_err(closed)
    }

    async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.peek_from(buf).await.map_err(closed)
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

    fn try_send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
        self.0.try_send_to(buf, addr)
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.try_recv_from(buf)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.0.take_error()
    }
}

socket!(UdpSocket, |socket| &socket.0, poll_recv_ready, poll_send_ready);
