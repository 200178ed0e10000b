//! The network of the facade's handle: that of the loop inside it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use loop_api::net::{Net, StdNet, TcpOptions, UdpOptions};

use super::{TcpListener, TcpStream, UdpSocket};
use crate::any::{back, each};
use crate::runtime::Handle;

impl Net for Handle {
    type TcpStream = TcpStream;
    type TcpListener = TcpListener;
    type UdpSocket = UdpSocket;

    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: TcpOptions,
    ) -> impl Future<Output = io::Result<TcpStream>> + Send + 'static {
        let handle = self.clone();
        async move {
            let stream: io::Result<crate::any::TcpStream> = each!(Handle => TcpStream as wrap; &handle.0, h => h.connect_tcp(addr, options).await.map(wrap));
            stream.map(TcpStream)
        }
    }

    fn listen_tcp(&self, addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener> {
        each!(Handle => TcpListener as wrap; &self.0, h => h.listen_tcp(addr, options).map(|l| TcpListener(wrap(l))))
    }

    fn bind_udp(&self, addr: SocketAddr, options: &UdpOptions) -> io::Result<UdpSocket> {
        each!(Handle => UdpSocket as wrap; &self.0, h => h.bind_udp(addr, options).map(|s| UdpSocket(wrap(s))))
    }

    fn lookup_host(
        &self,
        host: String,
        port: u16,
    ) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static {
        let handle = self.clone();
        async move { each!(Handle; &handle.0, h => h.lookup_host(host, port).await) }
    }
}

impl StdNet for Handle {
    fn tcp_stream_from_std(&self, stream: std::net::TcpStream) -> io::Result<TcpStream> {
        each!(Handle => TcpStream as wrap; &self.0, h => h.tcp_stream_from_std(stream).map(|s| TcpStream(wrap(s))))
    }

    fn tcp_listener_from_std(&self, listener: std::net::TcpListener) -> io::Result<TcpListener> {
        each!(Handle => TcpListener as wrap; &self.0, h => h.tcp_listener_from_std(listener).map(|l| TcpListener(wrap(l))))
    }

    fn udp_socket_from_std(&self, socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        each!(Handle => UdpSocket as wrap; &self.0, h => h.udp_socket_from_std(socket).map(|s| UdpSocket(wrap(s))))
    }

    fn tcp_stream_into_std(stream: TcpStream) -> io::Result<std::net::TcpStream> {
        back!(TcpStream, stream.0, tcp_stream_into_std)
    }

    fn tcp_listener_into_std(listener: TcpListener) -> io::Result<std::net::TcpListener> {
        back!(TcpListener, listener.0, tcp_listener_into_std)
    }

    fn udp_socket_into_std(socket: UdpSocket) -> io::Result<std::net::UdpSocket> {
        back!(UdpSocket, socket.0, udp_socket_into_std)
    }
}
