//! UDP on an erased loop.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::BoxFuture;
use super::object::Object;
use super::socket::{DynSocket, erased_socket};
use super::split::debug;
use loop_api::net;

/// A UDP socket on an erased loop.
pub struct UdpSocket(pub(super) Box<dyn DynUdpSocket>);

/// [`net::UdpSocket`] without types of its own.
pub(super) trait DynUdpSocket: DynSocket + fmt::Debug + Send + Sync {
    fn connect(&self, addr: SocketAddr) -> BoxFuture<'_, io::Result<()>>;
    fn send<'a>(&'a self, buf: &'a [u8]) -> BoxFuture<'a, io::Result<usize>>;
    fn recv<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<usize>>;
    fn send_to<'a>(&'a self, buf: &'a [u8], addr: SocketAddr) -> BoxFuture<'a, io::Result<usize>>;
    fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>>;
    fn peek_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>>;
    fn readable(&self) -> BoxFuture<'_, io::Result<()>>;
    fn writable(&self) -> BoxFuture<'_, io::Result<()>>;
    fn try_send(&self, buf: &[u8]) -> io::Result<usize>;
    fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize>;
    fn try_send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize>;
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    fn local_addr(&self) -> io::Result<SocketAddr>;
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    fn take_error(&self) -> io::Result<Option<io::Error>>;
    fn into_std(self: Box<Self>) -> io::Result<std::net::UdpSocket>;
}

impl<S: net::UdpSocket> DynUdpSocket for Object<S, std::net::UdpSocket> {
    fn connect(&self, addr: SocketAddr) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.socket.connect(addr))
    }

    fn send<'a>(&'a self, buf: &'a [u8]) -> BoxFuture<'a, io::Result<usize>> {
        Box::pin(self.socket.send(buf))
    }

    fn recv<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<usize>> {
        Box::pin(self.socket.recv(buf))
    }

    fn send_to<'a>(&'a self, buf: &'a [u8], addr: SocketAddr) -> BoxFuture<'a, io::Result<usize>> {
        Box::pin(self.socket.send_to(buf, addr))
    }

    fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>> {
        Box::pin(self.socket.recv_from(buf))
    }

    fn peek_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>> {
        Box::pin(self.socket.peek_from(buf))
    }

    fn readable(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.socket.readable())
    }

    fn writable(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.socket.writable())
    }

    fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.try_send(buf)
    }

    fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.try_recv(buf)
    }

    fn try_send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
        self.socket.try_send_to(buf, addr)
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.try_recv_from(buf)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.socket.take_error()
    }

    fn into_std(self: Box<Self>) -> io::Result<std::net::UdpSocket> {
        Object::into_std(*self)
    }
}

debug!([] UdpSocket, 0);

impl net::UdpSocket for UdpSocket {
    async fn connect(&self, addr: SocketAddr) -> io::Result<()> {
        self.0.connect(addr).await
    }

    async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.send(buf).await
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.recv(buf).await
    }

    async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
        self.0.send_to(buf, addr).await
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(buf).await
    }

    async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.peek_from(buf).await
    }

    async fn readable(&self) -> io::Result<()> {
        self.0.readable().await
    }

    async fn writable(&self) -> io::Result<()> {
        self.0.writable().await
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

erased_socket!([] UdpSocket, 0);
