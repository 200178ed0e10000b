//! The sockets of a host, and its `Net`.

mod descriptors;
mod net;
mod stream;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;
mod waiting;

pub use stream::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixStream};
