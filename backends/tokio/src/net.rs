//! tokio's sockets, in newtypes that cost nothing.

use std::any::Any;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use loop_api::Closed;
use loop_api::error::Panic;
use loop_api::net::{Net, StdNet, TcpOptions, UdpOptions};
use loop_toolkit::socket;

use crate::inner::TokioHandle;

mod accept;
mod stream;
mod tcp;
mod udp;
mod uninit;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod unix_datagram;
#[cfg(unix)]
mod unix_read;

pub use tcp::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, TcpListener, TcpStream, WriteHalf};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{
    OwnedUnixReadHalf, OwnedUnixWriteHalf, UnixListener, UnixReadHalf, UnixStream, UnixWriteHalf,
};
#[cfg(unix)]
pub use unix_datagram::UnixDatagram;

impl TokioHandle {
    /// Makes a socket where tokio finds this runtime.
    pub(crate) fn register_with<T>(&self, f: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.is_closed() {
            return Err(Closed.into());
        }
        // tokio panics where its runtime has no I/O.
        match catch_unwind(AssertUnwindSafe(|| self.within(f))) {
            Ok(made) => made.map_err(closed),
            Err(payload) => Err(refused(payload)),
        }
    }
}

/// What tokio panics with where it cannot wait for descriptors: its message names the remedy.
#[cold]
fn refused(payload: Box<dyn Any + Send>) -> io::Error {
    let panic = Panic::new(payload);
    let error =
        format!("the tokio runtime that was adopted cannot wait for descriptors: {}", panic.message());
    io::Error::new(io::ErrorKind::Unsupported, error)
}

/// tokio's own error for a runtime that ended is ours.
#[cold]
pub(crate) fn closed(error: io::Error) -> io::Error {
    if tokio::runtime::is_rt_shutdown_err(&error) { Closed.into() } else { error }
}

/// As `closed`, for what is written to a stream.
#[cold]
pub(crate) fn unwritten(error: io::Error) -> io::Error {
    socket::written(closed(error))
}

impl Net for TokioHandle {
    type TcpStream = TcpStream;
    type TcpListener = TcpListener;
    type UdpSocket = UdpSocket;

    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: TcpOptions,
    ) -> impl Future<Output = io::Result<TcpStream>> + Send + 'static {
        tcp::connect(self.clone(), addr, options)
    }

    fn listen_tcp(&self, addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener> {
        let listener = socket::tcp_listener(addr, options)?;
        let listener = self.register_with(|| tokio::net::TcpListener::from_std(listener))?;
        Ok(TcpListener::new(listener, Some(self.clone())))
    }

    fn bind_udp(&self, addr: SocketAddr, options: &UdpOptions) -> io::Result<UdpSocket> {
        let socket = socket::udp(addr, options)?;
        self.register_with(|| tokio::net::UdpSocket::from_std(socket)).map(UdpSocket::from)
    }
}

impl StdNet for TokioHandle {
    fn tcp_stream_from_std(&self, stream: std::net::TcpStream) -> io::Result<TcpStream> {
        stream.set_nonblocking(true)?;
        self.register_with(|| tokio::net::TcpStream::from_std(stream)).map(TcpStream::from)
    }

    fn tcp_listener_from_std(&self, listener: std::net::TcpListener) -> io::Result<TcpListener> {
        listener.set_nonblocking(true)?;
        let listener = self.register_with(|| tokio::net::TcpListener::from_std(listener))?;
        Ok(TcpListener::new(listener, Some(self.clone())))
    }

    fn udp_socket_from_std(&self, socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        socket.set_nonblocking(true)?;
        self.register_with(|| tokio::net::UdpSocket::from_std(socket)).map(UdpSocket::from)
    }

    fn tcp_stream_into_std(stream: TcpStream) -> io::Result<std::net::TcpStream> {
        stream.into_inner().into_std()
    }

    fn tcp_listener_into_std(listener: TcpListener) -> io::Result<std::net::TcpListener> {
        listener.into_inner().into_std()
    }

    fn udp_socket_into_std(socket: UdpSocket) -> io::Result<std::net::UdpSocket> {
        socket.into_inner().into_std()
    }
}

loop_toolkit::std_fs!(TokioHandle);
