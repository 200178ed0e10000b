//! The network of an erased loop.

use std::io;
use std::net::SocketAddr;

use super::object::{FromObject, IntoStd, Object};
use super::tcp::{ListenerOf, TcpListener, TcpStream};
use super::udp::UdpSocket;
use super::{BoxFuture, ErasedHandle, unsupported};
use loop_api::net::{Net, StdNet, TcpOptions, UdpOptions};

/// [`Net`] and [`StdNet`] without types of their own.
pub(super) trait DynNet: Send + Sync {
    fn connect_tcp(&self, addr: SocketAddr, options: TcpOptions)
    -> BoxFuture<'static, io::Result<TcpStream>>;
    fn listen_tcp(&self, addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener>;
    fn bind_udp(&self, addr: SocketAddr, options: &UdpOptions) -> io::Result<UdpSocket>;
    fn lookup_host(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;
    fn tcp_stream_from_std(&self, stream: std::net::TcpStream) -> io::Result<TcpStream>;
    fn tcp_listener_from_std(&self, listener: std::net::TcpListener) -> io::Result<TcpListener>;
    fn udp_socket_from_std(&self, socket: std::net::UdpSocket) -> io::Result<UdpSocket>;
}

/// A handle with a network.
pub(super) struct NetOf<H: Net> {
    pub(super) handle: H,
    pub(super) conversions: Option<StdConversions<H>>,
}

type From<H, Std, Socket> = fn(&H, Std) -> io::Result<Socket>;
type Into<Socket, Std> = fn(Socket) -> io::Result<Std>;

/// The methods of [`StdNet`], for a handle that has them.
pub(super) struct StdConversions<H: Net> {
    stream_from: From<H, std::net::TcpStream, H::TcpStream>,
    listener_from: From<H, std::net::TcpListener, H::TcpListener>,
    socket_from: From<H, std::net::UdpSocket, H::UdpSocket>,
    stream_into: Into<H::TcpStream, std::net::TcpStream>,
    listener_into: Into<H::TcpListener, std::net::TcpListener>,
    socket_into: Into<H::UdpSocket, std::net::UdpSocket>,
}

impl<H: StdNet> StdConversions<H> {
    pub(super) fn new() -> Self {
        StdConversions {
            stream_from: H::tcp_stream_from_std,
            listener_from: H::tcp_listener_from_std,
            socket_from: H::udp_socket_from_std,
            stream_into: H::tcp_stream_into_std,
            listener_into: H::tcp_listener_into_std,
            socket_into: H::udp_socket_into_std,
        }
    }
}

impl<H: Net> NetOf<H> {
    fn conversions(&self) -> io::Result<&StdConversions<H>> {
        self.conversions.as_ref().ok_or_else(|| {
            unsupported(
                "this loop cannot take over sockets of the standard library, or was erased without .std_net()",
            )
        })
    }

    fn stream_into(&self) -> IntoStd<H::TcpStream, std::net::TcpStream> {
        self.conversions.as_ref().map(|conversions| conversions.stream_into)
    }

    fn listener(&self, socket: H::TcpListener) -> TcpListener {
        let into_std = self.conversions.as_ref().map(|conversions| conversions.listener_into);
        let object = Object::new(socket, into_std);
        TcpListener(Box::new(ListenerOf { object, stream_into_std: self.stream_into() }))
    }

    fn socket(&self, socket: H::UdpSocket) -> UdpSocket {
        let into_std = self.conversions.as_ref().map(|conversions| conversions.socket_into);
        UdpSocket(Box::new(Object::new(socket, into_std)))
    }
}

impl<H: Net> DynNet for NetOf<H> {
    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: TcpOptions,
    ) -> BoxFuture<'static, io::Result<TcpStream>> {
        let connecting = self.handle.connect_tcp(addr, options);
        let into_std = self.stream_into();
        Box::pin(async move { Ok(TcpStream::from_object(Object::new(connecting.await?, into_std))) })
    }

    fn listen_tcp(&self, addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener> {
        Ok(self.listener(self.handle.listen_tcp(addr, options)?))
    }

    fn bind_udp(&self, addr: SocketAddr, options: &UdpOptions) -> io::Result<UdpSocket> {
        Ok(self.socket(self.handle.bind_udp(addr, options)?))
    }

    fn lookup_host(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        Box::pin(self.handle.lookup_host(host, port))
    }

    fn tcp_stream_from_std(&self, stream: std::net::TcpStream) -> io::Result<TcpStream> {
        let socket = (self.conversions()?.stream_from)(&self.handle, stream)?;
        Ok(TcpStream::from_object(Object::new(socket, self.stream_into())))
    }

    fn tcp_listener_from_std(&self, listener: std::net::TcpListener) -> io::Result<TcpListener> {
        Ok(self.listener((self.conversions()?.listener_from)(&self.handle, listener)?))
    }

    fn udp_socket_from_std(&self, socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        Ok(self.socket((self.conversions()?.socket_from)(&self.handle, socket)?))
    }
}

impl Net for ErasedHandle {
    type TcpStream = TcpStream;
    type TcpListener = TcpListener;
    type UdpSocket = UdpSocket;

    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: TcpOptions,
    ) -> impl Future<Output = io::Result<TcpStream>> + Send + 'static {
        let connecting = self.net().map(|net| net.connect_tcp(addr, options));
        async move { connecting?.await }
    }

    fn listen_tcp(&self, addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener> {
        self.net()?.listen_tcp(addr, options)
    }

    fn bind_udp(&self, addr: SocketAddr, options: &UdpOptions) -> io::Result<UdpSocket> {
        self.net()?.bind_udp(addr, options)
    }

    fn lookup_host(
        &self,
        host: String,
        port: u16,
    ) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static {
        let lookup = self.net().map(|net| net.lookup_host(host, port));
        async move { lookup?.await }
    }
}

impl StdNet for ErasedHandle {
    fn tcp_stream_from_std(&self, stream: std::net::TcpStream) -> io::Result<TcpStream> {
        self.net()?.tcp_stream_from_std(stream)
    }

    fn tcp_listener_from_std(&self, listener: std::net::TcpListener) -> io::Result<TcpListener> {
        self.net()?.tcp_listener_from_std(listener)
    }

    fn udp_socket_from_std(&self, socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        self.net()?.udp_socket_from_std(socket)
    }

    fn tcp_stream_into_std(stream: TcpStream) -> io::Result<std::net::TcpStream> {
        stream.0.into_std()
    }

    fn tcp_listener_into_std(listener: TcpListener) -> io::Result<std::net::TcpListener> {
        listener.0.into_std()
    }

    fn udp_socket_into_std(socket: UdpSocket) -> io::Result<std::net::UdpSocket> {
        socket.0.into_std()
    }
}
