//! The sockets of a loop, as tor-rtcompat asks for them.

use std::io;
use std::net::SocketAddr;
#[cfg(target_os = "linux")]
use std::os::fd::{AsFd, OwnedFd};
#[cfg(unix)]
use std::os::unix::net::SocketAddr as UnixAddr;
use std::pin::Pin;
#[cfg(target_os = "linux")]
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll};

use async_trait::async_trait;
#[cfg(unix)]
use loop_api::net::UnixNet;
use loop_api::net::{self, Descriptor, Net, TcpOptions, UdpOptions};
#[cfg(not(unix))]
use tor_general_addr::unix::{NoAfUnixSocketSupport, SocketAddr as UnixAddr};
#[cfg(not(unix))]
use tor_rtcompat::unimpl::{FakeListener, FakeStream};
use tor_rtcompat::{
    NetStreamListener, NetStreamProvider, StreamOps, TcpConnectOptions, TcpListenOptions, UdpProvider,
    UnixConnectOptions, UnixListenOptions, UnsupportedStreamOp,
};

use crate::Plug;
use crate::forward::forward_io;

/// How many connections may wait to be accepted: tor-rtcompat's own number. Systems cut it to theirs.
const BACKLOG: u32 = u16::MAX as u32;

/// What tor-rtcompat needs of a loop's handle: sockets, on unix of both kinds.
#[cfg(unix)]
pub trait Loop: Net + UnixNet {}
#[cfg(unix)]
impl<H: Net + UnixNet> Loop for H {}
/// What tor-rtcompat needs of a loop's handle: sockets, on unix of both kinds.
#[cfg(not(unix))]
pub trait Loop: Net {}
#[cfg(not(unix))]
impl<H: Net> Loop for H {}

#[async_trait]
impl<H: Net> NetStreamProvider<SocketAddr> for Plug<H> {
    type Stream = Stream<H::TcpStream>;
    type Listener = Listener<H::TcpListener>;
    type ConnectOptions = TcpConnectOptions;
    type ListenOptions = TcpListenOptions;

    async fn connect(&self, addr: &SocketAddr, options: &TcpConnectOptions) -> io::Result<Self::Stream> {
        let mut ours = TcpOptions::default();
        ours.send_buffer_size = *options.common().send_buffer_size();
        ours.recv_buffer_size = *options.common().recv_buffer_size();
        Ok(Stream::tcp(self.handle.connect_tcp(*addr, ours).await?))
    }

    /// A socket of IPv6 takes no connections of IPv4, as tor-rtcompat has it on unix.
    async fn listen(&self, addr: &SocketAddr, options: &TcpListenOptions) -> io::Result<Self::Listener> {
        let mut ours = TcpOptions::new().backlog(BACKLOG);
        ours.send_buffer_size = *options.common().send_buffer_size();
        ours.recv_buffer_size = *options.common().recv_buffer_size();
        if cfg!(unix) && addr.is_ipv6() {
            ours.only_v6 = Some(true);
        }
        Ok(Listener(self.handle.listen_tcp(*addr, &ours)?))
    }
}

#[cfg(unix)]
#[async_trait]
impl<H: UnixNet> NetStreamProvider<UnixAddr> for Plug<H> {
    type Stream = Stream<H::UnixStream>;
    type Listener = Listener<H::UnixListener>;
    type ConnectOptions = UnixConnectOptions;
    type ListenOptions = UnixListenOptions;

    async fn connect(&self, addr: &UnixAddr, _: &UnixConnectOptions) -> io::Result<Self::Stream> {
        Ok(Stream::unix(self.handle.connect_unix(addr.clone()).await?))
    }

    async fn listen(&self, addr: &UnixAddr, _: &UnixListenOptions) -> io::Result<Self::Listener> {
        Ok(Listener(self.handle.listen_unix(addr)?))
    }
}

/// There are none.
#[cfg(not(unix))]
#[async_trait]
impl<H: Net> NetStreamProvider<UnixAddr> for Plug<H> {
    type Stream = FakeStream;
    type Listener = FakeListener<UnixAddr>;
    type ConnectOptions = UnixConnectOptions;
    type ListenOptions = UnixListenOptions;

    async fn connect(&self, _: &UnixAddr, _: &UnixConnectOptions) -> io::Result<FakeStream> {
        Err(NoAfUnixSocketSupport::default().into())
    }

    async fn listen(&self, _: &UnixAddr, _: &UnixListenOptions) -> io::Result<Self::Listener> {
        Err(NoAfUnixSocketSupport::default().into())
    }
}

#[async_trait]
impl<H: Net> UdpProvider for Plug<H> {
    type UdpSocket = UdpSocket<H::UdpSocket>;

    async fn bind(&self, addr: &SocketAddr) -> io::Result<Self::UdpSocket> {
        Ok(UdpSocket(self.handle.bind_udp(*addr, &UdpOptions::default())?))
    }
}

/// A UDP socket of the loop's.
#[derive(Debug)]
pub struct UdpSocket<S>(S);

#[async_trait]
impl<S: net::UdpSocket> tor_rtcompat::UdpSocket for UdpSocket<S> {
    async fn recv(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(buf).await
    }

    async fn send(&self, buf: &[u8], target: &SocketAddr) -> io::Result<usize> {
        self.0.send_to(buf, *target).await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A server socket of the loop's, by TCP or a unix socket.
#[derive(Debug)]
pub struct Listener<L>(L);

impl<L: net::TcpListener> NetStreamListener<SocketAddr> for Listener<L> {
    type Stream = Stream<L::Stream>;
    type Incoming = Incoming<L, L::Stream, SocketAddr>;

    fn incoming(self) -> Self::Incoming {
        Incoming { listener: self.0, accept: L::poll_accept, wrap: Stream::tcp }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[cfg(unix)]
impl<L: net::UnixListener> NetStreamListener<UnixAddr> for Listener<L> {
    type Stream = Stream<L::Stream>;
    type Incoming = Incoming<L, L::Stream, UnixAddr>;

    fn incoming(self) -> Self::Incoming {
        Incoming { listener: self.0, accept: L::poll_accept, wrap: Stream::unix }
    }

    fn local_addr(&self) -> io::Result<UnixAddr> {
        self.0.local_addr()
    }
}

type Accept<L, S, A> = fn(&L, &mut Context<'_>) -> Poll<io::Result<(S, A)>>;

/// The connections that a [`Listener`] accepts. It does not end, and goes on after an error.
#[derive(Debug)]
pub struct Incoming<L, S, A> {
    listener: L,
    accept: Accept<L, S, A>,
    wrap: fn(S) -> Stream<S>,
}

impl<L: Unpin, S, A> futures_lite::Stream for Incoming<L, S, A> {
    type Item = io::Result<(Stream<S>, A)>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let accepted = (self.accept)(&self.listener, cx);
        accepted.map_ok(|(stream, peer)| ((self.wrap)(stream), peer)).map(Some)
    }
}

/// A connection of the loop's, by TCP or a unix socket.
#[derive(Debug)]
pub struct Stream<S> {
    // The loop forgets it before its duplicate is closed.
    stream: S,
    is_tcp: bool,
    /// What handles of the socket's options refer to; it is made with the first.
    #[cfg(target_os = "linux")]
    duplicate: OnceLock<Arc<OwnedFd>>,
}

impl<S> Stream<S> {
    fn new(stream: S, is_tcp: bool) -> Stream<S> {
        Stream {
            stream,
            is_tcp,
            #[cfg(target_os = "linux")]
            duplicate: OnceLock::new(),
        }
    }

    fn tcp(stream: S) -> Stream<S> {
        Stream::new(stream, true)
    }

    #[cfg(unix)]
    fn unix(stream: S) -> Stream<S> {
        Stream::new(stream, false)
    }

    /// The loop's own stream, for what tor-rtcompat does not ask for.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }
}

forward_io!(Stream<S: net::Stream>);

const NOTSENT_LOWAT: &str = "set_tcp_notsent_lowat";

impl<S: net::Stream> StreamOps for Stream<S> {
    /// For TCP over the system's sockets, on Linux.
    fn set_tcp_notsent_lowat(&self, bytes: u32) -> io::Result<()> {
        if !self.is_tcp {
            return Err(UnsupportedStreamOp::new(NOTSENT_LOWAT, "a unix socket has no such option").into());
        }
        match self.stream.descriptor() {
            Some(socket) => set_notsent_lowat(socket, bytes),
            None => {
                let reason = "the loop's network has none of the system's sockets";
                Err(UnsupportedStreamOp::new(NOTSENT_LOWAT, reason).into())
            }
        }
    }

    /// The handle does not keep the connection open: it is of no more use when the stream is dropped.
    #[cfg(target_os = "linux")]
    fn new_handle(&self) -> Box<dyn StreamOps + Send + Unpin> {
        match self.duplicate() {
            Some(socket) => Box::new(Options(Arc::downgrade(socket))),
            None => Box::new(tor_rtcompat::NoOpStreamOpsHandle::default()),
        }
    }
}

#[cfg(target_os = "linux")]
impl<S: net::Stream> Stream<S> {
    /// `None` where there is none, or no descriptor is free.
    fn duplicate(&self) -> Option<&Arc<OwnedFd>> {
        if self.is_tcp && self.duplicate.get().is_none() {
            let made = self.stream.descriptor()?.try_clone_to_owned().ok()?;
            return Some(self.duplicate.get_or_init(|| Arc::new(made)));
        }
        self.duplicate.get()
    }
}

/// A handle to the options of a stream, which owns the duplicate that it refers to.
#[cfg(target_os = "linux")]
#[derive(Clone, Debug)]
struct Options(Weak<OwnedFd>);

#[cfg(target_os = "linux")]
impl StreamOps for Options {
    fn set_tcp_notsent_lowat(&self, bytes: u32) -> io::Result<()> {
        match self.0.upgrade() {
            Some(socket) => set_notsent_lowat(socket.as_fd(), bytes),
            None => Err(io::Error::new(io::ErrorKind::NotConnected, "the stream of this handle is dropped")),
        }
    }

    fn new_handle(&self) -> Box<dyn StreamOps + Send + Unpin> {
        Box::new(self.clone())
    }
}

#[cfg(target_os = "linux")]
fn set_notsent_lowat(socket: Descriptor<'_>, bytes: u32) -> io::Result<()> {
    net::SockRef::from(&socket).set_tcp_notsent_lowat(bytes)
}

#[cfg(not(target_os = "linux"))]
fn set_notsent_lowat(_: Descriptor<'_>, _: u32) -> io::Result<()> {
    Err(UnsupportedStreamOp::new(NOTSENT_LOWAT, "it is Linux's").into())
}
