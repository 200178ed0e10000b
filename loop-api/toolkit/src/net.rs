//! Sockets for a backend that has only [`Readiness`](loop_api::readiness::Readiness): with
//! [`ready_net!`](crate::ready_net) its handle has a whole network.
//!
//! The sockets are the standard library's, registered with the loop; a read is one system call and
//! no more.

mod socket;
mod split;
mod stream;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;

pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
pub use stream::{StdStream, Stream};
pub use tcp::{TcpListener, TcpStream, connect_tcp, listen_tcp};
pub use udp::{UdpSocket, bind_udp};
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixStream, connect_unix, unix_pair};

/// Gives a handle that implements [`Readiness`](loop_api::readiness::Readiness) its
/// [`Net`](loop_api::net::Net), [`StdNet`](loop_api::net::StdNet) and, on unix,
/// [`UnixNet`](loop_api::net::UnixNet) and [`StdUnixNet`](loop_api::net::StdUnixNet):
///
/// ```ignore
/// impl Readiness for MyHandle { .. }
/// loop_toolkit::ready_net!(MyHandle);
/// ```
#[macro_export]
macro_rules! ready_net {
    ($handle:ty) => {
        const _: () = {
            use ::std::{future::Future, io::Result, net, net::SocketAddr};
            use $crate::api::net::{Net, StdNet, TcpOptions, UdpOptions};
            use $crate::net as ready;

            impl Net for $handle {
                type TcpStream = ready::TcpStream<Self>;
                type TcpListener = ready::TcpListener<Self>;
                type UdpSocket = ready::UdpSocket<Self>;

                fn connect_tcp(
                    &self,
                    addr: SocketAddr,
                    options: TcpOptions,
                ) -> impl Future<Output = Result<Self::TcpStream>> + Send + 'static {
                    ready::connect_tcp(self.clone(), addr, options)
                }
                fn listen_tcp(&self, addr: SocketAddr, options: &TcpOptions) -> Result<Self::TcpListener> {
                    ready::listen_tcp(self, addr, options)
                }
                fn bind_udp(&self, addr: SocketAddr, options: &UdpOptions) -> Result<Self::UdpSocket> {
                    ready::bind_udp(self, addr, options)
                }
            }

            impl StdNet for $handle {
                fn tcp_stream_from_std(&self, stream: net::TcpStream) -> Result<Self::TcpStream> {
                    stream.set_nonblocking(true)?;
                    ready::TcpStream::new(self, stream)
                }
                fn tcp_listener_from_std(&self, listener: net::TcpListener) -> Result<Self::TcpListener> {
                    listener.set_nonblocking(true)?;
                    ready::TcpListener::new(self, listener)
                }
                fn udp_socket_from_std(&self, socket: net::UdpSocket) -> Result<Self::UdpSocket> {
                    socket.set_nonblocking(true)?;
                    ready::UdpSocket::new(self, socket)
                }
                fn tcp_stream_into_std(stream: Self::TcpStream) -> Result<net::TcpStream> {
                    stream.into_inner()
                }
                fn tcp_listener_into_std(listener: Self::TcpListener) -> Result<net::TcpListener> {
                    listener.into_inner()
                }
                fn udp_socket_into_std(socket: Self::UdpSocket) -> Result<net::UdpSocket> {
                    socket.into_inner()
                }
            }
        };
        $crate::__ready_unix_net!($handle);
    };
}

/// The part of [`ready_net!`](crate::ready_net) for unix; nothing elsewhere.
#[cfg(unix)]
#[doc(hidden)]
#[macro_export]
macro_rules! __ready_unix_net {
    ($handle:ty) => {
        const _: () = {
            use ::std::{future::Future, io::Result, os::unix::net, os::unix::net::SocketAddr};
            use $crate::api::net::{StdUnixNet, UnixNet};
            use $crate::{net as ready, socket};

            impl UnixNet for $handle {
                type UnixStream = ready::UnixStream<Self>;
                type UnixListener = ready::UnixListener<Self>;
                type UnixDatagram = ready::UnixDatagram<Self>;

                fn connect_unix(
                    &self,
                    addr: SocketAddr,
                ) -> impl Future<Output = Result<Self::UnixStream>> + Send + 'static {
                    ready::connect_unix(self.clone(), addr)
                }
                fn listen_unix(&self, addr: &SocketAddr) -> Result<Self::UnixListener> {
                    ready::UnixListener::new(self, socket::unix_listener(addr)?)
                }
                fn unix_pair(&self) -> Result<(Self::UnixStream, Self::UnixStream)> {
                    ready::unix_pair(self)
                }
                fn bind_unix_datagram(&self, addr: &SocketAddr) -> Result<Self::UnixDatagram> {
                    ready::UnixDatagram::new(self, socket::unix_datagram(addr)?)
                }
                fn unbound_unix_datagram(&self) -> Result<Self::UnixDatagram> {
                    ready::UnixDatagram::new(self, socket::unix_datagram_unbound()?)
                }
                fn unix_datagram_pair(&self) -> Result<(Self::UnixDatagram, Self::UnixDatagram)> {
                    let (a, b) = socket::unix_datagram_pair()?;
                    Ok((ready::UnixDatagram::new(self, a)?, ready::UnixDatagram::new(self, b)?))
                }
            }

            impl StdUnixNet for $handle {
                fn unix_stream_from_std(&self, stream: net::UnixStream) -> Result<Self::UnixStream> {
                    stream.set_nonblocking(true)?;
                    ready::UnixStream::new(self, stream)
                }
                fn unix_listener_from_std(&self, listener: net::UnixListener) -> Result<Self::UnixListener> {
                    listener.set_nonblocking(true)?;
                    ready::UnixListener::new(self, listener)
                }
                fn unix_datagram_from_std(&self, socket: net::UnixDatagram) -> Result<Self::UnixDatagram> {
                    socket.set_nonblocking(true)?;
                    ready::UnixDatagram::new(self, socket)
                }
                fn unix_stream_into_std(stream: Self::UnixStream) -> Result<net::UnixStream> {
                    stream.into_inner()
                }
                fn unix_listener_into_std(listener: Self::UnixListener) -> Result<net::UnixListener> {
                    listener.into_inner()
                }
                fn unix_datagram_into_std(socket: Self::UnixDatagram) -> Result<net::UnixDatagram> {
                    socket.into_inner()
                }
            }
        };
    };
}

/// The part of [`ready_net!`](crate::ready_net) for unix; nothing elsewhere.
#[cfg(not(unix))]
#[doc(hidden)]
#[macro_export]
macro_rules! __ready_unix_net {
    ($handle:ty) => {};
}
