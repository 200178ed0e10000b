//! Unix sockets on an erased loop.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::os::unix::net::{self as std_unix, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use super::object::{FromObject, Object};
use super::socket::{DynSocket, erased_socket};
use super::split::debug;
use super::stream::{DynStream, erased_stream};
use super::{BoxFuture, ErasedHandle};
use loop_api::net::{self, UnixNet};

/// A unix stream on an erased loop.
pub struct UnixStream(Box<dyn DynUnixStream>);

/// [`net::UnixStream`] without types of its own.
trait DynUnixStream: DynStream<UnixStream> {
    fn local_addr(&self) -> io::Result<SocketAddr>;
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    fn into_std(self: Box<Self>) -> io::Result<std_unix::UnixStream>;
}

impl<S: net::UnixStream> FromObject<S, std_unix::UnixStream> for UnixStream {
    fn from_object(object: Object<S, std_unix::UnixStream>) -> Self {
        UnixStream(Box::new(object))
    }
}

impl<S: net::UnixStream> DynUnixStream for Object<S, std_unix::UnixStream> {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    fn into_std(self: Box<Self>) -> io::Result<std_unix::UnixStream> {
        Object::into_std(*self)
    }
}

erased_stream!(UnixStream);

impl net::UnixStream for UnixStream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}

/// A unix server socket on an erased loop.
pub struct UnixListener(Box<dyn DynUnixListener>);

trait DynUnixListener: DynSocket + fmt::Debug + Send + Sync {
    fn accept(&self) -> BoxFuture<'_, io::Result<(UnixStream, SocketAddr)>>;
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>>;
    fn local_addr(&self) -> io::Result<SocketAddr>;
    fn into_std(self: Box<Self>) -> io::Result<std_unix::UnixListener>;
}

/// The socket of a handle `H`, with its way back to the standard library's.
struct ListenerOf<H: UnixNet>(H::UnixListener);

impl<H: UnixNet> DynUnixListener for ListenerOf<H> {
    fn accept(&self) -> BoxFuture<'_, io::Result<(UnixStream, SocketAddr)>> {
        Box::pin(async {
            let (socket, addr) = net::UnixListener::accept(&self.0).await?;
            Ok((stream::<H>(socket), addr))
        })
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        net::UnixListener::poll_accept(&self.0, cx).map_ok(|(socket, addr)| (stream::<H>(socket), addr))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        net::UnixListener::local_addr(&self.0)
    }

    fn into_std(self: Box<Self>) -> io::Result<std_unix::UnixListener> {
        H::unix_listener_into_std(self.0)
    }
}

debug!([<H: UnixNet>] ListenerOf<H>, 0);
debug!([] UnixListener, 0);
loop_api::forward_socket!([<H: UnixNet>] ListenerOf<H>, |listener| &listener.0);
erased_socket!([] UnixListener, 0);
erased_socket!([] UnixDatagram, 0);

impl net::UnixListener for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        self.0.accept().await
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        self.0.poll_accept(cx)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A unix datagram socket on an erased loop.
pub struct UnixDatagram(Box<dyn DynUnixDatagram>);

trait DynUnixDatagram: DynSocket + fmt::Debug + Send + Sync {
    fn connect(&self, addr: &SocketAddr) -> io::Result<()>;
    fn send<'a>(&'a self, buf: &'a [u8]) -> BoxFuture<'a, io::Result<usize>>;
    fn recv<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<usize>>;
    fn send_to<'a>(&'a self, buf: &'a [u8], addr: &'a SocketAddr) -> BoxFuture<'a, io::Result<usize>>;
    fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>>;
    fn readable(&self) -> BoxFuture<'_, io::Result<()>>;
    fn writable(&self) -> BoxFuture<'_, io::Result<()>>;
    fn try_send(&self, buf: &[u8]) -> io::Result<usize>;
    fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize>;
    fn local_addr(&self) -> io::Result<SocketAddr>;
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;
    fn take_error(&self) -> io::Result<Option<io::Error>>;
    fn into_std(self: Box<Self>) -> io::Result<std_unix::UnixDatagram>;
}

impl<S: net::UnixDatagram> DynUnixDatagram for Object<S, std_unix::UnixDatagram> {
    fn connect(&self, addr: &SocketAddr) -> io::Result<()> {
        self.socket.connect(addr)
    }

    fn send<'a>(&'a self, buf: &'a [u8]) -> BoxFuture<'a, io::Result<usize>> {
        Box::pin(self.socket.send(buf))
    }

    fn recv<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<usize>> {
        Box::pin(self.socket.recv(buf))
    }

    fn send_to<'a>(&'a self, buf: &'a [u8], addr: &'a SocketAddr) -> BoxFuture<'a, io::Result<usize>> {
        Box::pin(self.socket.send_to(buf, addr))
    }

    fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>> {
        Box::pin(self.socket.recv_from(buf))
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

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket.shutdown(how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.socket.take_error()
    }

    fn into_std(self: Box<Self>) -> io::Result<std_unix::UnixDatagram> {
        Object::into_std(*self)
    }
}

debug!([] UnixDatagram, 0);

impl net::UnixDatagram for UnixDatagram {
    fn connect(&self, addr: &SocketAddr) -> io::Result<()> {
        self.0.connect(addr)
    }

    async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.send(buf).await
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.recv(buf).await
    }

    async fn send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        self.0.send_to(buf, addr).await
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(buf).await
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

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.0.take_error()
    }
}

/// [`UnixNet`] without types of its own.
pub(super) trait DynUnixNet: Send + Sync {
    fn connect(&self, addr: SocketAddr) -> BoxFuture<'static, io::Result<UnixStream>>;
    fn listen(&self, addr: &SocketAddr) -> io::Result<UnixListener>;
    fn pair(&self) -> io::Result<(UnixStream, UnixStream)>;
    fn bind_datagram(&self, addr: &SocketAddr) -> io::Result<UnixDatagram>;
    fn unbound_datagram(&self) -> io::Result<UnixDatagram>;
    fn datagram_pair(&self) -> io::Result<(UnixDatagram, UnixDatagram)>;
    fn stream_from_std(&self, stream: std_unix::UnixStream) -> io::Result<UnixStream>;
    fn listener_from_std(&self, listener: std_unix::UnixListener) -> io::Result<UnixListener>;
    fn datagram_from_std(&self, socket: std_unix::UnixDatagram) -> io::Result<UnixDatagram>;
}

pub(super) struct UnixNetOf<H> {
    pub(super) handle: H,
}

fn stream<H: UnixNet>(socket: H::UnixStream) -> UnixStream {
    UnixStream::from_object(Object::new(socket, Some(H::unix_stream_into_std)))
}

fn listener<H: UnixNet>(socket: H::UnixListener) -> UnixListener {
    UnixListener(Box::new(ListenerOf::<H>(socket)))
}

fn datagram<H: UnixNet>(socket: H::UnixDatagram) -> UnixDatagram {
    UnixDatagram(Box::new(Object::new(socket, Some(H::unix_datagram_into_std))))
}

impl<H: UnixNet> DynUnixNet for UnixNetOf<H> {
    fn connect(&self, addr: SocketAddr) -> BoxFuture<'static, io::Result<UnixStream>> {
        let connecting = self.handle.connect_unix(addr);
        Box::pin(async move { connecting.await.map(stream::<H>) })
    }

    fn listen(&self, addr: &SocketAddr) -> io::Result<UnixListener> {
        self.handle.listen_unix(addr).map(listener::<H>)
    }

    fn pair(&self) -> io::Result<(UnixStream, UnixStream)> {
        self.handle.unix_pair().map(|(a, b)| (stream::<H>(a), stream::<H>(b)))
    }

    fn bind_datagram(&self, addr: &SocketAddr) -> io::Result<UnixDatagram> {
        self.handle.bind_unix_datagram(addr).map(datagram::<H>)
    }

    fn unbound_datagram(&self) -> io::Result<UnixDatagram> {
        self.handle.unbound_unix_datagram().map(datagram::<H>)
    }

    fn datagram_pair(&self) -> io::Result<(UnixDatagram, UnixDatagram)> {
        self.handle.unix_datagram_pair().map(|(a, b)| (datagram::<H>(a), datagram::<H>(b)))
    }

    fn stream_from_std(&self, socket: std_unix::UnixStream) -> io::Result<UnixStream> {
        self.handle.unix_stream_from_std(socket).map(stream::<H>)
    }

    fn listener_from_std(&self, socket: std_unix::UnixListener) -> io::Result<UnixListener> {
        self.handle.unix_listener_from_std(socket).map(listener::<H>)
    }

    fn datagram_from_std(&self, socket: std_unix::UnixDatagram) -> io::Result<UnixDatagram> {
        self.handle.unix_datagram_from_std(socket).map(datagram::<H>)
    }
}

impl UnixNet for ErasedHandle {
    type UnixStream = UnixStream;
    type UnixListener = UnixListener;
    type UnixDatagram = UnixDatagram;

    fn connect_unix(
        &self,
        addr: SocketAddr,
    ) -> impl Future<Output = io::Result<UnixStream>> + Send + 'static {
        let connecting = self.unix().map(|unix| unix.connect(addr));
        async move { connecting?.await }
    }

    fn listen_unix(&self, addr: &SocketAddr) -> io::Result<UnixListener> {
        self.unix()?.listen(addr)
    }

    fn unix_pair(&self) -> io::Result<(UnixStream, UnixStream)> {
        self.unix()?.pair()
    }

    fn bind_unix_datagram(&self, addr: &SocketAddr) -> io::Result<UnixDatagram> {
        self.unix()?.bind_datagram(addr)
    }

    fn unbound_unix_datagram(&self) -> io::Result<UnixDatagram> {
        self.unix()?.unbound_datagram()
    }

    fn unix_datagram_pair(&self) -> io::Result<(UnixDatagram, UnixDatagram)> {
        self.unix()?.datagram_pair()
    }

    fn unix_stream_from_std(&self, stream: std_unix::UnixStream) -> io::Result<UnixStream> {
        self.unix()?.stream_from_std(stream)
    }

    fn unix_listener_from_std(&self, listener: std_unix::UnixListener) -> io::Result<UnixListener> {
        self.unix()?.listener_from_std(listener)
    }

    fn unix_datagram_from_std(&self, socket: std_unix::UnixDatagram) -> io::Result<UnixDatagram> {
        self.unix()?.datagram_from_std(socket)
    }

    fn unix_stream_into_std(stream: UnixStream) -> io::Result<std_unix::UnixStream> {
        stream.0.into_std()
    }

    fn unix_listener_into_std(listener: UnixListener) -> io::Result<std_unix::UnixListener> {
        listener.0.into_std()
    }

    fn unix_datagram_into_std(socket: UnixDatagram) -> io::Result<std_unix::UnixDatagram> {
        socket.0.into_std()
    }
}
