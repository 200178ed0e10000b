//! TCP.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_io::{Async, Timer};
use loop_api::io::Interest;
use loop_api::net::{self, Socket, TcpOptions};
use loop_toolkit::socket;
use loop_toolkit::{accept_retry, poll_accept_retry};
use socket2::SockRef;

use super::stream::Stream;
use super::under::over_async;
use crate::coop::transfer;
use crate::link::Link;

/// A TCP connection: see [`loop_api::net::TcpStream`].
pub type TcpStream = Stream<std::net::TcpStream>;

/// A TCP server socket: see [`loop_api::net::TcpListener`].
pub struct TcpListener {
    pub(super) io: Async<std::net::TcpListener>,
    pub(super) link: Link,
}

newtype!(TcpListener, std::net::TcpListener);
over_async!([] TcpListener);

pub(super) async fn connect(link: Link, addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpStream> {
    let io = Async::new_nonblocking(socket::tcp_connecting(addr, options)?)?;
    match link.until(io.write_with(socket::tcp_connected)).await {
        Ok(()) => Ok(Stream { io, link }),
        Err(error) => Err(socket::cannot("connect to", addr, error)),
    }
}

impl net::TcpListener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accept = || transfer(self.io.read_with(socket::accept_tcp));
        let (stream, addr) = self.link.until(accept_retry(accept, Timer::after)).await?;
        Ok((Stream { io: Async::new_nonblocking(stream)?, link: self.link.another() }, addr))
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let poll = |cx: &mut Context<'_>| {
            self.poll_io(cx, Interest::Readable, |_| socket::accept_tcp(self.io.get_ref()))
        };
        let (stream, addr) =
            ready!(poll_accept_retry(cx, poll, |wait, waker| self.link.wake_later(wait, waker)))?;
        Poll::Ready(Ok((Stream { io: Async::new_nonblocking(stream)?, link: self.link.another() }, addr)))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    fn ttl(&self) -> io::Result<u32> {
        self.io.get_ref().ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(ttl)
    }
}

impl net::TcpStream for TcpStream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.io.get_ref().nodelay()
    }

    fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_nodelay(on)
    }

    fn ttl(&self) -> io::Result<u32> {
        self.io.get_ref().ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(ttl)
    }

    fn linger(&self) -> io::Result<Option<Duration>> {
        SockRef::from(self.io.get_ref()).linger()
    }

    fn set_zero_linger(&self) -> io::Result<()> {
        SockRef::from(self.io.get_ref()).set_linger(Some(Duration::ZERO))
    }

    async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.link.until(transfer(self.io.peek(buf))).await
    }
}
