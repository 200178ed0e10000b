//! TCP over readiness.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use socket2::SockRef;

use super::socket::over_source;
use super::stream::Stream;
use crate::socket;
use crate::{accept_retry, poll_accept_retry};
use loop_api::io::Interest;
use loop_api::net::TcpOptions;
use loop_api::readiness::{Readiness, Source};

/// A TCP connection on the loop of `H`.
pub type TcpStream<H> = Stream<H, std::net::TcpStream>;

/// A TCP server socket on the loop of `H`.
pub struct TcpListener<H: Readiness> {
    source: H::Source<std::net::TcpListener>,
    handle: H,
    /// As in `Stream`, for what it accepts.
    plain: bool,
}

/// Connects to `addr`: what [`Net::connect_tcp`](loop_api::net::Net::connect_tcp) does.
///
/// # Errors
///
/// `ConnectionRefused`, or any other error of `connect(2)`, with the address in the message; those
/// of [`Readiness::register`].
pub async fn connect_tcp<H: Readiness>(
    handle: H,
    addr: SocketAddr,
    options: TcpOptions,
) -> io::Result<TcpStream<H>> {
    let stream: TcpStream<H> =
        Stream { source: handle.register_writer(socket::tcp_connecting(addr, &options)?)?, plain: true };
    let connected = stream.source.io(Interest::Writable, socket::tcp_connected).await;
    connected.map_err(|error| socket::cannot("connect to", addr, error))?;
    Ok(stream)
}

/// Listens on `addr`: what [`Net::listen_tcp`](loop_api::net::Net::listen_tcp) does.
///
/// # Errors
///
/// `AddrInUse`, or any other error of `bind(2)` or `listen(2)`, with the address in the message;
/// those of [`Readiness::register`].
pub fn listen_tcp<H: Readiness>(
    handle: &H,
    addr: SocketAddr,
    options: &TcpOptions,
) -> io::Result<TcpListener<H>> {
    TcpListener::new(handle, socket::tcp_listener(addr, options)?)
}

impl<H: Readiness> TcpListener<H> {
    /// Takes over a server socket that is non-blocking already.
    ///
    /// # Errors
    ///
    /// Those of [`Readiness::register`].
    pub fn new(handle: &H, listener: std::net::TcpListener) -> io::Result<Self> {
        let plain = socket::tcp_transfer::is_plain(&listener);
        Ok(TcpListener { source: handle.register(listener)?, handle: handle.clone(), plain })
    }

    /// The standard library's server socket.
    pub fn get_ref(&self) -> &std::net::TcpListener {
        self.source.get_ref()
    }

    /// Gives the standard library's server socket back, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of deregistering it from the poller, such as one of `epoll_ctl(2)`.
    pub fn into_inner(self) -> io::Result<std::net::TcpListener> {
        self.source.into_inner()
    }
}

over_source!([<H: Readiness>] TcpListener<H>, source);

// The handle in it is never pinned.
impl<H: Readiness> Unpin for TcpListener<H> {}

impl<H: Readiness> loop_api::net::TcpListener for TcpListener<H> {
    type Stream = TcpStream<H>;

    async fn accept(&self) -> io::Result<(TcpStream<H>, SocketAddr)> {
        let accept = || self.source.io(Interest::Readable, socket::accept_tcp);
        let (stream, addr) = accept_retry(accept, |wait| self.handle.sleep(wait)).await?;
        Ok((Stream { source: self.handle.register(stream)?, plain: self.plain }, addr))
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream<H>, SocketAddr)>> {
        let poll = |cx: &mut Context<'_>| self.source.poll_io(cx, Interest::Readable, socket::accept_tcp);
        let later = |wait, waker: Waker| Ok(self.handle.call_later(wait, move || waker.wake()).map(drop)?);
        let (stream, addr) = ready!(poll_accept_retry(cx, poll, later))?;
        Poll::Ready(Ok((Stream { source: self.handle.register(stream)?, plain: self.plain }, addr)))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    fn ttl(&self) -> io::Result<u32> {
        self.get_ref().ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.get_ref().set_ttl(ttl)
    }
}

impl<H: Readiness> fmt::Debug for TcpListener<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get_ref().fmt(f)
    }
}

impl<H: Readiness> loop_api::net::TcpStream for TcpStream<H> {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().peer_addr()
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.get_ref().nodelay()
    }

    fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.get_ref().set_nodelay(on)
    }

    fn ttl(&self) -> io::Result<u32> {
        self.get_ref().ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.get_ref().set_ttl(ttl)
    }

    fn linger(&self) -> io::Result<Option<Duration>> {
        SockRef::from(self.get_ref()).linger()
    }

    fn set_zero_linger(&self) -> io::Result<()> {
        SockRef::from(self.get_ref()).set_linger(Some(Duration::ZERO))
    }

    async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.io(Interest::Readable, |io| io.peek(buf)).await
    }
}
