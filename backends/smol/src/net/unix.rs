//! Unix sockets.

use std::future::{self, Future};
use std::io;
use std::net::Shutdown;
use std::os::unix::net as std_net;
use std::os::unix::net::SocketAddr;
use std::task::{Context, Poll, ready};

use async_io::{Async, Timer};
use loop_api::io::Interest;
use loop_api::net::{self, Socket, StdUnixNet, UnixNet};
use loop_toolkit::{accept_retry, poll_accept_retry, retry_blocked, socket};

use super::stream::Stream;
use super::under::over_async;
use crate::coop::transfer;
use crate::inner::SmolHandle;
use crate::link::Link;

/// A unix stream: see [`loop_api::net::UnixStream`].
pub type UnixStream = Stream<std_net::UnixStream>;

/// A unix server socket: see [`loop_api::net::UnixListener`].
pub struct UnixListener {
    io: Async<std_net::UnixListener>,
    link: Link,
}

/// A unix datagram socket: see [`loop_api::net::UnixDatagram`].
pub struct UnixDatagram {
    io: Async<std_net::UnixDatagram>,
    link: Link,
}

newtype!(UnixListener, std_net::UnixListener);
newtype!(UnixDatagram, std_net::UnixDatagram);
over_async!([] UnixListener);
over_async!([] UnixDatagram);

impl UnixNet for SmolHandle {
    type UnixStream = UnixStream;
    type UnixListener = UnixListener;
    type UnixDatagram = UnixDatagram;

    fn connect_unix(
        &self,
        addr: SocketAddr,
    ) -> impl Future<Output = io::Result<UnixStream>> + Send + 'static {
        let link = self.check_open().map(|()| Link::of(self));
        async move { connect(link?, &addr).await }
    }

    fn listen_unix(&self, addr: &SocketAddr) -> io::Result<UnixListener> {
        self.check_open()?;
        Ok(UnixListener { io: Async::new_nonblocking(socket::unix_listener(addr)?)?, link: Link::of(self) })
    }

    fn unix_pair(&self) -> io::Result<(UnixStream, UnixStream)> {
        self.check_open()?;
        let (a, b) = socket::unix_pair()?;
        let (a, b) = (Async::new_nonblocking(a)?, Async::new_nonblocking(b)?);
        Ok((Stream { io: a, link: Link::of(self) }, Stream { io: b, link: Link::of(self) }))
    }

    fn bind_unix_datagram(&self, addr: &SocketAddr) -> io::Result<UnixDatagram> {
        self.check_open()?;
        Ok(UnixDatagram { io: Async::new_nonblocking(socket::unix_datagram(addr)?)?, link: Link::of(self) })
    }

    fn unbound_unix_datagram(&self) -> io::Result<UnixDatagram> {
        self.check_open()?;
        Ok(UnixDatagram {
            io: Async::new_nonblocking(socket::unix_datagram_unbound()?)?,
            link: Link::of(self),
        })
    }

    fn unix_datagram_pair(&self) -> io::Result<(UnixDatagram, UnixDatagram)> {
        self.check_open()?;
        let (a, b) = socket::unix_datagram_pair()?;
        let (a, b) = (Async::new_nonblocking(a)?, Async::new_nonblocking(b)?);
        Ok((UnixDatagram { io: a, link: Link::of(self) }, UnixDatagram { io: b, link: Link::of(self) }))
    }
}

impl StdUnixNet for SmolHandle {
    fn unix_stream_from_std(&self, stream: std_net::UnixStream) -> io::Result<UnixStream> {
        self.check_open()?;
        Ok(Stream { io: Async::new(stream)?, link: Link::of(self) })
    }

    fn unix_listener_from_std(&self, listener: std_net::UnixListener) -> io::Result<UnixListener> {
        self.check_open()?;
        Ok(UnixListener { io: Async::new(listener)?, link: Link::of(self) })
    }

    fn unix_datagram_from_std(&self, socket: std_net::UnixDatagram) -> io::Result<UnixDatagram> {
        self.check_open()?;
        Ok(UnixDatagram { io: Async::new(socket)?, link: Link::of(self) })
    }

    fn unix_stream_into_std(stream: UnixStream) -> io::Result<std_net::UnixStream> {
        stream.into_inner().into_inner()
    }

    fn unix_listener_into_std(listener: UnixListener) -> io::Result<std_net::UnixListener> {
        listener.into_inner().into_inner()
    }

    fn unix_datagram_into_std(socket: UnixDatagram) -> io::Result<std_net::UnixDatagram> {
        socket.into_inner().into_inner()
    }
}

async fn connect(link: Link, addr: &SocketAddr) -> io::Result<UnixStream> {
    let connected = async {
        // The system does not report when a full backlog has space again.
        let stream = retry_blocked(|| future::ready(socket::unix_connecting(addr)), Timer::after).await?;
        let io = Async::new_nonblocking(stream)?;
        io.write_with(socket::unix_connected).await?;
        Ok(io)
    };
    let io = link.until(connected).await?;
    Ok(Stream { io, link })
}

impl net::UnixListener for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let accept = || transfer(self.io.read_with(socket::accept_unix));
        let (stream, addr) = self.link.until(accept_retry(accept, Timer::after)).await?;
        Ok((Stream { io: Async::new_nonblocking(stream)?, link: self.link.another() }, addr))
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        let poll = |cx: &mut Context<'_>| {
            self.poll_io(cx, Interest::Readable, |_| socket::accept_unix(self.io.get_ref()))
        };
        let (stream, addr) =
            ready!(poll_accept_retry(cx, poll, |wait, waker| self.link.wake_later(wait, waker)))?;
        Poll::Ready(Ok((Stream { io: Async::new_nonblocking(stream)?, link: self.link.another() }, addr)))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }
}

impl net::UnixStream for UnixStream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    fn peer_cred(&self) -> io::Result<(Option<i32>, u32, u32)> {
        socket::peer_cred(self.io.get_ref())
    }
}

impl net::UnixDatagram for UnixDatagram {
    fn connect(&self, addr: &SocketAddr) -> io::Result<()> {
        self.io.get_ref().connect_addr(addr)
    }

    async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.link.until(transfer(self.io.send(buf))).await
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.link.until(transfer(self.io.recv(buf))).await
    }

    async fn send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        let attempt = async || {
            let write = self.io.write_with(|io| socket::unix_sent(io, io.send_to_addr(buf, addr)));
            let sent = transfer(write).await?;
            sent.ok_or_else(|| io::ErrorKind::WouldBlock.into())
        };
        self.link.until(retry_blocked(attempt, Timer::after)).await
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.link.until(transfer(self.io.recv_from(buf))).await
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

    fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        self.io.get_ref().send_to_addr(buf, addr)
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.get_ref().recv_from(buf)
    }

    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], addr: &SocketAddr) -> Poll<io::Result<usize>> {
        socket::poll_unix_send_to(self, cx, buf, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.get_ref().shutdown(how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }
}
