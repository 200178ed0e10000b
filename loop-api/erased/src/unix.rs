//! Unix sockets on an erased loop.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::os::unix::net::{self as std_unix, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use super::object::{FromObject, IntoStd, Object};
use super::socket::{DynSocket, erased_socket};
use super::split::debug;
use super::stream::{DynStream, erased_stream};
use super::{BoxFuture, ErasedHandle, unsupported};
use loop_api::net::{self, StdUnixNet, UnixNet};

/// A unix stream on an erased loop.
pub struct UnixStream(Box<dyn DynUnixStream>);

/// [`net::UnixStream`] without types of its own.
trait DynUnixStream: DynStream<UnixStream> {
    fn local_addr(&self) -> io::Result<SocketAddr>;
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    fn peer_cred(&self) -> io::Result<(Option<i32>, u32, u32)>;
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

    fn peer_cred(&self) -> io::Result<(Option<i32>, u32, u32)> {
        self.socket.peer_cred()
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

    fn peer_cred(&self) -> io::Result<(Option<i32>, u32, u32)> {
        self.0.peer_cred()
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
struct ListenerOf<H: UnixNet> {
    object: Object<H::UnixListener, std_unix::UnixListener>,
    stream_into_std: IntoStd<H::UnixStream, std_unix::UnixStream>,
}

impl<H: UnixNet> DynUnixListener for ListenerOf<H> {
    fn accept(&self) -> BoxFuture<'_, io::Result<(UnixStream, SocketAddr)>> {
        Box::pin(async {
            let (socket, addr) = net::UnixListener::accept(&self.object.socket).await?;
            Ok((UnixStream::from_object(Object::new(socket, self.stream_into_std)), addr))
        })
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        net::UnixListener::poll_accept(&self.object.socket, cx).map_ok(|(socket, addr)| {
            (UnixStream::from_object(Object::new(socket, self.stream_into_std)), addr)
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        net::UnixListener::local_addr(&self.object.socket)
    }

    fn into_std(self: Box<Self>) -> io::Result<std_unix::UnixListener> {
        self.object.into_std()
    }
}

debug!([<H: UnixNet>] ListenerOf<H>, object);
debug!([] UnixListener, 0);
loop_api::forward_socket!([<H: UnixNet>] ListenerOf<H>, |listener| &listener.object.socket);
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
    fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize>;
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], addr: &SocketAddr) -> Poll<io::Result<usize>>;
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

    fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        self.socket.try_send_to(buf, addr)
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.try_recv_from(buf)
    }

    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], addr: &SocketAddr) -> Poll<io::Result<usize>> {
        self.socket.poll_send_to(cx, buf, addr)
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

    fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        self.0.try_send_to(buf, addr)
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.try_recv_from(buf)
    }

    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], addr: &SocketAddr) -> Poll<io::Result<usize>> {
        self.0.poll_send_to(cx, buf, addr)
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

/// A handle with unix sockets.
pub(super) struct UnixNetOf<H: UnixNet> {
    pub(super) handle: H,
    pub(super) conversions: Option<StdUnixConversions<H>>,
}

type From<H, Std, Socket> = fn(&H, Std) -> io::Result<Socket>;
type Into<Socket, Std> = fn(Socket) -> io::Result<Std>;

/// The methods of [`StdUnixNet`], for a handle that has them.
pub(super) struct StdUnixConversions<H: UnixNet> {
    stream_from: From<H, std_unix::UnixStream, H::UnixStream>,
    listener_from: From<H, std_unix::UnixListener, H::UnixListener>,
    datagram_from: From<H, std_unix::UnixDatagram, H::UnixDatagram>,
    stream_into: Into<H::UnixStream, std_unix::UnixStream>,
    listener_into: Into<H::UnixListener, std_unix::UnixListener>,
    datagram_into: Into<H::UnixDatagram, std_unix::UnixDatagram>,
}

impl<H: StdUnixNet> StdUnixConversions<H> {
    pub(super) fn new() -> Self {
        StdUnixConversions {
            stream_from: H::unix_stream_from_std,
            listener_from: H::unix_listener_from_std,
            datagram_from: H::unix_datagram_from_std,
            stream_into: H::unix_stream_into_std,
            listener_into: H::unix_listener_into_std,
            datagram_into: H::unix_datagram_into_std,
        }
    }
}

impl<H: UnixNet> UnixNetOf<H> {
    fn conversions(&self) -> io::Result<&StdUnixConversions<H>> {
        self.conversions.as_ref().ok_or_else(|| {
            unsupported(
                "this loop cannot take over unix sockets of the standard library, or was erased without .std_unix_net()",
            )
        })
    }

    fn stream_into(&self) -> IntoStd<H::UnixStream, std_unix::UnixStream> {
        self.conversions.as_ref().map(|conversions| conversions.stream_into)
    }

    fn stream(&self, socket: H::UnixStream) -> UnixStream {
        UnixStream::from_object(Object::new(socket, self.stream_into()))
    }

    fn listener(&self, socket: H::UnixListener) -> UnixListener {
        let into_std = self.conversions.as_ref().map(|conversions| conversions.listener_into);
        let object = Object::new(socket, into_std);
        UnixListener(Box::new(ListenerOf::<H> { object, stream_into_std: self.stream_into() }))
    }

    fn datagram(&self, socket: H::UnixDatagram) -> UnixDatagram {
        let into_std = self.conversions.as_ref().map(|conversions| conversions.datagram_into);
        UnixDatagram(Box::new(Object::new(socket, into_std)))
    }
}

impl<H: UnixNet> DynUnixNet for UnixNetOf<H> {
    fn connect(&self, addr: SocketAddr) -> BoxFuture<'static, io::Result<UnixStream>> {
        let (connecting, into_std) = (self.handle.connect_unix(addr), self.stream_into());
        Box::pin(async move { Ok(UnixStream::from_object(Object::new(connecting.await?, into_std))) })
    }

    fn listen(&self, addr: &SocketAddr) -> io::Result<UnixListener> {
        Ok(self.listener(self.handle.listen_unix(addr)?))
    }

    fn pair(&self) -> io::Result<(UnixStream, UnixStream)> {
        let (a, b) = self.handle.unix_pair()?;
        Ok((self.stream(a), self.stream(b)))
    }

    fn bind_datagram(&self, addr: &SocketAddr) -> io::Result<UnixDatagram> {
        Ok(self.datagram(self.handle.bind_unix_datagram(addr)?))
    }

    fn unbound_datagram(&self) -> io::Result<UnixDatagram> {
        Ok(self.datagram(self.handle.unbound_unix_datagram()?))
    }

    fn datagram_pair(&self) -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (a, b) = self.handle.unix_datagram_pair()?;
        Ok((self.datagram(a), self.datagram(b)))
    }

    fn stream_from_std(&self, socket: std_unix::UnixStream) -> io::Result<UnixStream> {
        Ok(self.stream((self.conversions()?.stream_from)(&self.handle, socket)?))
    }

    fn listener_from_std(&self, socket: std_unix::UnixListener) -> io::Result<UnixListener> {
        Ok(self.listener((self.conversions()?.listener_from)(&self.handle, socket)?))
    }

    fn datagram_from_std(&self, socket: std_unix::UnixDatagram) -> io::Result<UnixDatagram> {
        Ok(self.datagram((self.conversions()?.datagram_from)(&self.handle, socket)?))
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
}

impl StdUnixNet for ErasedHandle {
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
