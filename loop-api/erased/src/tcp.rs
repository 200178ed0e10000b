//! TCP on an erased loop.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};

use super::BoxFuture;
use super::object::{FromObject, IntoStd, Object};
use super::socket::{DynSocket, erased_socket};
use super::split::debug;
use super::stream::{DynStream, erased_stream};
use loop_api::net;

/// A TCP connection on an erased loop.
pub struct TcpStream(pub(super) Box<dyn DynTcpStream>);

/// [`net::TcpStream`] without types of its own.
pub(super) trait DynTcpStream: DynStream<TcpStream> {
    fn local_addr(&self) -> io::Result<SocketAddr>;
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    fn nodelay(&self) -> io::Result<bool>;
    fn set_nodelay(&self, on: bool) -> io::Result<()>;
    fn ttl(&self) -> io::Result<u32>;
    fn set_ttl(&self, ttl: u32) -> io::Result<()>;
    fn linger(&self) -> io::Result<Option<Duration>>;
    fn set_zero_linger(&self) -> io::Result<()>;
    fn peek<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<usize>>;
    fn into_std(self: Box<Self>) -> io::Result<std::net::TcpStream>;
}

impl<S: net::TcpStream> FromObject<S, std::net::TcpStream> for TcpStream {
    fn from_object(object: Object<S, std::net::TcpStream>) -> Self {
        TcpStream(Box::new(object))
    }
}

impl<S: net::TcpStream> DynTcpStream for Object<S, std::net::TcpStream> {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.socket.nodelay()
    }

    fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.socket.set_nodelay(on)
    }

    fn ttl(&self) -> io::Result<u32> {
        self.socket.ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.socket.set_ttl(ttl)
    }

    fn linger(&self) -> io::Result<Option<Duration>> {
        self.socket.linger()
    }

    fn set_zero_linger(&self) -> io::Result<()> {
        self.socket.set_zero_linger()
    }

    fn peek<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<usize>> {
        Box::pin(self.socket.peek(buf))
    }

    fn into_std(self: Box<Self>) -> io::Result<std::net::TcpStream> {
        Object::into_std(*self)
    }
}

erased_stream!(TcpStream);

impl net::TcpStream for TcpStream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.0.nodelay()
    }

    fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.0.set_nodelay(on)
    }

    fn ttl(&self) -> io::Result<u32> {
        self.0.ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.0.set_ttl(ttl)
    }

    fn linger(&self) -> io::Result<Option<Duration>> {
        self.0.linger()
    }

    fn set_zero_linger(&self) -> io::Result<()> {
        self.0.set_zero_linger()
    }

    async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.peek(buf).await
    }
}

/// A TCP server socket on an erased loop.
pub struct TcpListener(pub(super) Box<dyn DynTcpListener>);

/// [`net::TcpListener`] without types of its own.
pub(super) trait DynTcpListener: DynSocket + fmt::Debug + Send + Sync {
    fn accept(&self) -> BoxFuture<'_, io::Result<(TcpStream, SocketAddr)>>;
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>>;
    fn local_addr(&self) -> io::Result<SocketAddr>;
    fn ttl(&self) -> io::Result<u32>;
    fn set_ttl(&self, ttl: u32) -> io::Result<()>;
    fn into_std(self: Box<Self>) -> io::Result<std::net::TcpListener>;
}

/// A backend's server socket, and the conversions of what it accepts.
pub(super) struct ListenerOf<L: net::TcpListener> {
    pub(super) object: Object<L, std::net::TcpListener>,
    pub(super) stream_into_std: IntoStd<L::Stream, std::net::TcpStream>,
}

impl<L: net::TcpListener> DynTcpListener for ListenerOf<L> {
    fn accept(&self) -> BoxFuture<'_, io::Result<(TcpStream, SocketAddr)>> {
        Box::pin(async {
            let (socket, addr) = self.object.socket.accept().await?;
            Ok((TcpStream::from_object(Object::new(socket, self.stream_into_std)), addr))
        })
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = self.object.socket.poll_accept(cx);
        accepted.map_ok(|(socket, addr)| {
            (TcpStream::from_object(Object::new(socket, self.stream_into_std)), addr)
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.object.socket.local_addr()
    }

    fn ttl(&self) -> io::Result<u32> {
        self.object.socket.ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.object.socket.set_ttl(ttl)
    }

    fn into_std(self: Box<Self>) -> io::Result<std::net::TcpListener> {
        self.object.into_std()
    }
}

debug!([<L: net::TcpListener>] ListenerOf<L>, object);
debug!([] TcpListener, 0);
loop_api::forward_socket!([<L: net::TcpListener>] ListenerOf<L>, |listener| &listener.object);
erased_socket!([] TcpListener, 0);

impl net::TcpListener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.0.accept().await
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        self.0.poll_accept(cx)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn ttl(&self) -> io::Result<u32> {
        self.0.ttl()
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.0.set_ttl(ttl)
    }
}
