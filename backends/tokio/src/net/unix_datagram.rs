//! Unix datagram sockets. Where tokio takes only paths, the call goes by the address, so that
//! abstract names work too.

use std::fmt;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::task::{Context, Poll};

use loop_api::Handle;
use loop_toolkit::retry_blocked;
use loop_toolkit::socket::{poll_unix_send_to, unix_addr, unix_sent};
use socket2::{SockAddr, SockRef};
use tokio::io::Interest;

use super::closed;
use super::stream::socket;
use crate::inner::TokioHandle;

/// A unix datagram socket: tokio's, which `into_inner` gives back.
pub struct UnixDatagram {
    socket: tokio::net::UnixDatagram,
    /// Whose clock times the wait for a peer that is full. `None` for a socket of tokio's that came
    /// from outside of a loop.
    handle: Option<TokioHandle>,
}

impl UnixDatagram {
    pub(super) fn new(socket: tokio::net::UnixDatagram, handle: &TokioHandle) -> Self {
        UnixDatagram { socket, handle: Some(handle.clone()) }
    }

    /// tokio's own.
    pub fn get_ref(&self) -> &tokio::net::UnixDatagram {
        &self.socket
    }

    /// tokio's own.
    pub fn into_inner(self) -> tokio::net::UnixDatagram {
        self.socket
    }

    /// tokio's own calls take paths only; this one also takes Linux's abstract names.
    fn send_now(&self, buf: &[u8], addr: &SockAddr) -> io::Result<usize> {
        SockRef::from(&self.socket).send_to(buf, addr)
    }
}

/// Converted outside of a loop, its `send_to` to a peer that is full tries again and again, as
/// tokio's does.
impl From<tokio::net::UnixDatagram> for UnixDatagram {
    fn from(socket: tokio::net::UnixDatagram) -> Self {
        UnixDatagram { socket, handle: TokioHandle::try_current() }
    }
}

impl From<UnixDatagram> for tokio::net::UnixDatagram {
    fn from(socket: UnixDatagram) -> Self {
        socket.socket
    }
}

impl fmt::Debug for UnixDatagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(f)
    }
}

socket!(UnixDatagram, |socket| &socket.socket, poll_recv_ready, poll_send_ready);

impl loop_api::net::UnixDatagram for UnixDatagram {
    fn connect(&self, addr: &SocketAddr) -> io::Result<()> {
        SockRef::from(&self.socket).connect(&unix_addr(addr)?)
    }

    async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.send(buf).await.map_err(closed)
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.recv(buf).await.map_err(closed)
    }

    async fn send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        let addr = unix_addr(addr)?;
        let attempt = async || {
            let send = || unix_sent(&self.socket, self.send_now(buf, &addr));
            let sent = self.socket.async_io(Interest::WRITABLE, send).await.map_err(closed)?;
            sent.ok_or_else(|| io::ErrorKind::WouldBlock.into())
        };
        match &self.handle {
            Some(handle) => retry_blocked(attempt, |wait| handle.sleep(wait)).await,
            None => {
                let send = || self.send_now(buf, &addr);
                self.socket.async_io(Interest::WRITABLE, send).await.map_err(closed)
            }
        }
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (length, addr) = self.socket.recv_from(buf).await.map_err(closed)?;
        Ok((length, addr.into()))
    }

    async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await.map_err(closed)
    }

    async fn writable(&self) -> io::Result<()> {
        self.socket.writable().await.map_err(closed)
    }

    fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.try_send(buf)
    }

    fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.try_recv(buf)
    }

    fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        let addr = unix_addr(addr)?;
        self.socket.try_io(Interest::WRITABLE, || self.send_now(buf, &addr))
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.try_recv_from(buf).map(|(n, from)| (n, from.into()))
    }

    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], addr: &SocketAddr) -> Poll<io::Result<usize>> {
        poll_unix_send_to(self, cx, buf, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr().map(SocketAddr::from)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr().map(SocketAddr::from)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket.shutdown(how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.socket.take_error()
    }
}
