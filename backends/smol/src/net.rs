//! Sockets: async-io's own, in newtypes that give them this crate's rules. `From` leads both ways,
//! so that code written for async-io can have them. async-io's reactor serves the whole process;
//! what belongs to a loop tells its end all the same, and what is converted inside a loop belongs
//! to that one.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use async_io::Async;
use loop_api::Closed;
use loop_api::Handle;
use loop_api::net::{Net, StdNet, TcpOptions, UdpOptions};
use loop_toolkit::socket;

use crate::inner::SmolHandle;
use crate::link::Link;

/// What every newtype around an `Async` has.
macro_rules! newtype {
    ($name:ident, $std:ty) => {
        impl $name {
            /// async-io's own type. It stays registered.
            pub fn into_inner(self) -> async_io::Async<$std> {
                self.io
            }

            /// async-io's own type.
            pub fn get_ref(&self) -> &async_io::Async<$std> {
                &self.io
            }
        }

        impl From<async_io::Async<$std>> for $name {
            fn from(io: async_io::Async<$std>) -> Self {
                $name { io, link: crate::link::Link::current() }
            }
        }

        impl From<$name> for async_io::Async<$std> {
            fn from(socket: $name) -> Self {
                socket.io
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.io.get_ref().fmt(f)
            }
        }
    };
}

mod split;
mod stream;
mod tcp;
mod udp;
mod under;
#[cfg(unix)]
mod unix;

pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
pub use stream::{StdStream, Stream};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixStream};

impl SmolHandle {
    pub(crate) fn check_open(&self) -> Result<(), Closed> {
        if self.shared().is_closed() { Err(Closed) } else { Ok(()) }
    }
}

impl Net for SmolHandle {
    type TcpStream = TcpStream;
    type TcpListener = TcpListener;
    type UdpSocket = UdpSocket;

    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: TcpOptions,
    ) -> impl Future<Output = io::Result<TcpStream>> + Send + 'static {
        let link = self.check_open().map(|()| Link::of(self));
        async move { tcp::connect(link?, addr, &options).await }
    }

    fn listen_tcp(&self, addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener> {
        self.check_open()?;
        let io = Async::new_nonblocking(socket::tcp_listener(addr, options)?)?;
        Ok(TcpListener { io, link: Link::of(self) })
    }

    fn bind_udp(&self, addr: SocketAddr, options: &UdpOptions) -> io::Result<UdpSocket> {
        self.check_open()?;
        Ok(UdpSocket { io: Async::new_nonblocking(socket::udp(addr, options)?)?, link: Link::of(self) })
    }
}

impl StdNet for SmolHandle {
    fn tcp_stream_from_std(&self, stream: std::net::TcpStream) -> io::Result<TcpStream> {
        self.check_open()?;
        Ok(Stream { io: Async::new(stream)?, link: Link::of(self) })
    }

    fn tcp_listener_from_std(&self, listener: std::net::TcpListener) -> io::Result<TcpListener> {
        self.check_open()?;
        Ok(TcpListener { io: Async::new(listener)?, link: Link::of(self) })
    }

    fn udp_socket_from_std(&self, socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        self.check_open()?;
        Ok(UdpSocket { io: Async::new(socket)?, link: Link::of(self) })
    }

    fn tcp_stream_into_std(stream: TcpStream) -> io::Result<std::net::TcpStream> {
        stream.into_inner().into_inner()
    }

    fn tcp_listener_into_std(listener: TcpListener) -> io::Result<std::net::TcpListener> {
        listener.into_inner().into_inner()
    }

    fn udp_socket_into_std(socket: UdpSocket) -> io::Result<std::net::UdpSocket> {
        socket.into_inner().into_inner()
    }
}

loop_toolkit::std_fs!(SmolHandle);
