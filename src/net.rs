//! Sockets: TCP, UDP, and on unix unix sockets.
//!
//! Those of the backend in use, under tokio's names. They speak futures-io, with the extension traits of [`io`](crate::io).
//!
//! ```
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use anyloop::io::{AsyncReadExt, AsyncWriteExt};
//! use anyloop::net::{TcpListener, TcpStream};
//!
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let mut client = TcpStream::connect(listener.local_addr()?).await?;
//! let (mut server, _) = listener.accept().await?;
//! client.write_all(b"ciao").await?;
//! client.shutdown().await?;
//! let mut text = String::new();
//! server.read_to_string(&mut text).await?;
//! assert_eq!(text, "ciao");
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```

mod lookup;
mod loops;
mod stream;
pub mod tcp;
mod tcp_listener;
mod tcp_socket;
mod udp;
#[cfg(unix)]
pub mod unix;

pub use lookup::lookup_host;
pub use loop_api::net::{TcpOptions, ToSocketAddrs, UdpOptions};
pub use tcp::TcpStream;
pub use tcp_listener::TcpListener;
pub use tcp_socket::TcpSocket;
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixStream};
