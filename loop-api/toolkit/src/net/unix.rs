//! Unix sockets over readiness.

use std::fmt;
use std::future;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::task::{Context, Poll, Waker, ready};

use super::socket::over_source;
use super::stream::Stream;
use crate::socket::{self, is_ready};
use crate::{accept_retry, poll_accept_retry, retry_blocked};
use loop_api::io::Interest;
use loop_api::readiness::{Readiness, Source};

/// A unix stream on the loop of `H`.
pub type UnixStream<H> = Stream<H, std::os::unix::net::UnixStream>;

/// A unix server socket on the loop of `H`.
pub struct UnixListener<H: Readiness> {
    source: H::Source<std::os::unix::net::UnixListener>,
    handle: H,
    /// As in `Stream`, for what it accepts.
    plain: bool,
}

/// A unix datagram socket on the loop of `H`.
pub struct UnixDatagram<H: Readiness> {
    source: H::Source<std::os::unix::net::UnixDatagram>,
    handle: H,
}

/// Connects to `addr`: what [`UnixNet::connect_unix`](loop_api::net::UnixNet::connect_unix) does.
/// While the listener's backlog is full, it tries again, from 1 ms up to 50 ms later: the system
/// wakes no waiter when the backlog has space.
///
/// # Errors
///
/// `NotFound`, `ConnectionRefused`, or any other error of `connect(2)`, with the address in the
/// message; those of [`Readiness::register`].
pub async fn connect_unix<H: Readiness>(handle: H, addr: SocketAddr) -> io::Result<UnixStream<H>> {
    let connecting = || future::ready(socket::unix_connecting(&addr));
    let stream = retry_blocked(connecting, |wait| handle.sleep(wait)).await?;
    let stream: UnixStream<H> = Stream { source: handle.register(stream)?, plain: true };
    stream.source.io(Interest::Writable, socket::unix_connected).await?;
    Ok(stream)
}

/// Two that are connected: what [`UnixNet::unix_pair`](loop_api::net::UnixNet::unix_pair) gives.
///
/// # Errors
///
/// Any error of `socketpair(2)`, such as exhausted descriptors; those of [`Readiness::register`].
pub fn unix_pair<H: Readiness>(handle: &H) -> io::Result<(UnixStream<H>, UnixStream<H>)> {
    let (one, other) = socket::unix_pair()?;
    let stream = |socket| Ok::<_, io::Error>(Stream { source: handle.register(socket)?, plain: true });
    Ok((stream(one)?, stream(other)?))
}

impl<H: Readiness> UnixListener<H> {
    /// Takes over a server socket that is non-blocking already.
    ///
    /// # Errors
    ///
    /// Those of [`Readiness::register`].
    pub fn new(handle: &H, listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        let plain = socket::unix_transfer::is_plain(&listener);
        Ok(UnixListener { source: handle.register(listener)?, handle: handle.clone(), plain })
    }

    /// The standard library's server socket.
    pub fn get_ref(&self) -> &std::os::unix::net::UnixListener {
        self.source.get_ref()
    }

    /// Gives the standard library's server socket back, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of deregistering it from the poller, such as one of `epoll_ctl(2)`.
    pub fn into_inner(self) -> io::Result<std::os::unix::net::UnixListener> {
        self.source.into_inner()
    }
}

over_source!([<H: Readiness>] UnixListener<H>, source);
over_source!([<H: Readiness>] UnixDatagram<H>, source);

// The handle in it is never pinned.
impl<H: Readiness> Unpin for UnixListener<H> {}

impl<H: Readiness> loop_api::net::UnixListener for UnixListener<H> {
    type Stream = UnixStream<H>;

    async fn accept(&self) -> io::Result<(UnixStream<H>, SocketAddr)> {
        let accept = || self.source.io(Interest::Readable, socket::accept_unix);
        let (stream, addr) = accept_retry(accept, |wait| self.handle.sleep(wait)).await?;
        Ok((Stream { source: self.handle.register(stream)?, plain: self.plain }, addr))
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream<H>, SocketAddr)>> {
        let poll = |cx: &mut Context<'_>| self.source.poll_io(cx, Interest::Readable, socket::accept_unix);
        let later = |wait, waker: Waker| Ok(self.handle.call_later(wait, move || waker.wake()).map(drop)?);
        let (stream, addr) = ready!(poll_accept_retry(cx, poll, later))?;
        Poll::Ready(Ok((Stream { source: self.handle.register(stream)?, plain: self.plain }, addr)))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }
}

impl<H: Readiness> fmt::Debug for UnixListener<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get_ref().fmt(f)
    }
}

impl<H: Readiness> loop_api::net::UnixStream for UnixStream<H> {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().peer_addr()
    }

    fn peer_cred(&self) -> io::Result<(Option<i32>, u32, u32)> {
        socket::peer_cred(self.get_ref())
    }
}

impl<H: Readiness> UnixDatagram<H> {
    /// Takes over a socket that is non-blocking already.
    ///
    /// # Errors
    ///
    /// Those of [`Readiness::register`].
    pub fn new(handle: &H, socket: std::os::unix::net::UnixDatagram) -> io::Result<Self> {
        Ok(UnixDatagram { source: handle.register(socket)?, handle: handle.clone() })
    }

    /// The standard library's socket.
    pub fn get_ref(&self) -> &std::os::unix::net::UnixDatagram {
        self.source.get_ref()
    }

    /// Gives the standard library's socket back, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of deregistering it from the poller, such as one of `epoll_ctl(2)`.
    pub fn into_inner(self) -> io::Result<std::os::unix::net::UnixDatagram> {
        self.source.into_inner()
    }
}

// The handle in it is never pinned.
impl<H: Readiness> Unpin for UnixDatagram<H> {}

impl<H: Readiness> loop_api::net::UnixDatagram for UnixDatagram<H> {
    fn connect(&self, addr: &SocketAddr) -> io::Result<()> {
        self.get_ref().connect_addr(addr)
    }

    async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.source.io(Interest::Writable, |io| io.send(buf)).await
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.io(Interest::Readable, |io| io.recv(buf)).await
    }

    async fn send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        let attempt = async || {
            let sent = self
                .source
                .io(Interest::Writable, |io| socket::unix_sent(io, io.send_to_addr(buf, addr)))
                .await?;
            sent.ok_or_else(|| io::ErrorKind::WouldBlock.into())
        };
        retry_blocked(attempt, |wait| self.handle.sleep(wait)).await
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.io(Interest::Readable, |io| io.recv_from(buf)).await
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

    fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        self.get_ref().send_to_addr(buf, addr)
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.get_ref().recv_from(buf)
    }

    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], addr: &SocketAddr) -> Poll<io::Result<usize>> {
        socket::poll_unix_send_to(self, cx, buf, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().peer_addr()
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.get_ref().shutdown(how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.get_ref().take_error()
    }
}

impl<H: Readiness> fmt::Debug for UnixDatagram<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get_ref().fmt(f)
    }
}
