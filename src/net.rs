//! Sockets: TCP, UDP, and on unix unix sockets.
//!
//! Those of the backend in use, under tokio's names. They are tokio's and futures-io's readers and
//! writers: see [`io`](crate::io).
//!
//! What holds for every socket, on every loop:
//!
//! - One reader and one writer may wait on it at once; neither loses its wake-up.
//! - Dropping a pending read or write loses no byte that was already taken.
//! - A write may be buffered; bytes are promised to be sent once a flush is done. Closing sends FIN
//!   after what was flushed, and reading goes on until the peer's own end.
//! - Vectored writes stay vectored.
//! - Dropping it closes it. Its descriptor's number may be used again at once: no event of the old
//!   one reaches the new one.
//! - A socket may outlive its loop. What it then waits for may fail or never come; it does not
//!   panic.
//!
//! What differs from tokio: [`TcpListener::accept`] does not fail because descriptors are exhausted
//! or a client has gone, it waits; [`TcpSocket`] asks the system only when it connects or listens;
//! addresses of unix sockets are the standard library's. There are no named pipes of Windows. A
//! network need not have descriptors: there `as_fd` panics, and `with_std` gives an error.
//!
//! The errors of connecting and binding say what was tried on which address, and what helps. Their
//! kind is the system's; its number is given by [`raw_os_error`](fn@raw_os_error), as an
//! `io::Error` with a message has none of its own.
//!
//! The socket inside can be had where its type is public: `into_tokio` and `into_async_io`, and
//! `From` the other way; all of them go `into_std` and come `from_std`.
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
mod readiness;
mod stream;
pub mod tcp;
mod tcp_listener;
mod tcp_socket;
mod udp;
#[cfg(unix)]
pub mod unix;

pub use lookup::lookup_host;
pub use loop_api::net::error::raw_os_error;
pub use loop_api::net::{TcpOptions, ToSocketAddrs, UdpOptions};
pub use tcp::TcpStream;
pub use tcp_listener::TcpListener;
pub use tcp_socket::TcpSocket;
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixSocket, UnixStream};
