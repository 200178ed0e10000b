//! TCP connections and their halves.
//!
//! ```
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use anyloop::io::{AsyncReadExt, AsyncWriteExt};
//! use anyloop::net::{TcpListener, TcpStream};
//!
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let mut client = TcpStream::connect(listener.local_addr()?).await?;
//! let (server, _) = listener.accept().await?;
//!
//! // Borrowed halves, for one task that reads while it writes.
//! let (mut read, mut write) = client.split();
//! let mut buf = [0; 4];
//! // Owned halves, for two tasks.
//! let (mut from_client, mut to_client) = server.into_split();
//! let echo = anyloop::spawn(async move {
//!     anyloop::io::copy(&mut (&mut from_client).take(4), &mut to_client).await?;
//!     std::io::Result::Ok((from_client, to_client))
//! });
//! let (_, n) = anyloop::try_join!(write.write_all(b"ciao"), read.read_exact(&mut buf))?;
//! assert_eq!(&buf[..n], b"ciao");
//!
//! let (from_client, to_client) = echo.await??;
//! let server = from_client.reunite(to_client).unwrap();
//! assert_eq!(server.peer_addr()?, client.local_addr()?);
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use loop_api::net::{StdNet, Stream, TcpOptions, TcpStream as LoopTcpStream, ToSocketAddrs, connect_any};

use super::readiness::{inet, peek, poll_peek};
use super::stream::stream;
use crate::any::{self, each, forward, pair};
use crate::runtime::Handle;

/// A TCP connection. Dropping it closes it: what was written is still sent, then FIN; bytes that
/// arrived and were not read make most systems reset the connection instead.
///
/// Dropping a pending read or write loses no byte that was already taken. One task may read while
/// another writes: see [`split`](Self::split) and [`into_split`](Self::into_split).
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::io::{AsyncReadExt, AsyncWriteExt};
/// use anyloop::net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (server, peer) = listener.accept().await?;
/// assert_eq!(peer, client.local_addr()?);
/// server.set_nodelay(true)?;
///
/// // Two tasks for the two directions.
/// let (mut read, mut write) = server.into_split();
/// let reading = anyloop::spawn(async move {
///     let mut all = Vec::new();
///     read.read_to_end(&mut all).await.map(|_| all)
/// });
/// write.write_all(b"from the server").await?;
/// drop(write); // sends FIN
///
/// client.write_all(b"from the client").await?;
/// client.shutdown().await?; // sends FIN, and reading goes on
/// let mut text = String::new();
/// client.read_to_string(&mut text).await?;
/// assert_eq!(text, "from the server");
/// assert_eq!(reading.await??, b"from the client");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// Without waiting, or waiting apart from reading:
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use std::io::ErrorKind;
/// use anyloop::net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// let (server, _) = listener.accept().await?;
/// let mut buf = [0; 8];
/// assert_eq!(client.try_read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
/// server.writable().await?;
/// assert_eq!(server.try_write(b"ciao")?, 4);
/// assert_eq!(client.peek(&mut buf).await?, 4); // stays there
/// client.readable().await?;
/// assert_eq!(client.try_read(&mut buf)?, 4);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct TcpStream(pub(crate) any::TcpStream);

stream! {
    "a TCP connection", SocketAddr, inet;
    TcpStream TcpStream
    ReadHalf TcpReadHalf
    WriteHalf TcpWriteHalf
    OwnedReadHalf TcpOwnedReadHalf
    OwnedWriteHalf TcpOwnedWriteHalf
}

poll_peek!([] TcpStream);
peek!([<'a>] ReadHalf<'a>);
peek!([] OwnedReadHalf);

impl TcpStream {
    /// Connects to `addr`; of several addresses to the first that answers, tried in order. Cancel
    /// safe: dropping the future closes the socket.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused`, or any other error of `connect(2)`, of the last address;
    /// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use std::io::ErrorKind;
    /// use anyloop::net::{TcpListener, TcpStream};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let addr = listener.local_addr()?;
    /// assert_eq!(TcpStream::connect(addr).await?.peer_addr()?, addr);
    ///
    /// drop(listener);
    /// let refused = TcpStream::connect(addr).await.unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        connect_any(&Handle::try_current()?, addr, TcpOptions::default()).await
    }

    /// Takes over a connection of the standard library, blocking or not; it is made non-blocking.
    ///
    /// # Errors
    ///
    /// Any error of adding it to the loop's poller; [`NoLoop`](crate::runtime::NoLoop) inside an
    /// `io::Error` without a loop.
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<TcpStream> {
        Handle::try_current()?.tcp_stream_from_std(stream)
    }

    /// Gives the connection to the standard library, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of taking it off the loop's poller.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::net::{TcpListener, TcpStream};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// let addr = stream.local_addr()?;
    /// let stream: std::net::TcpStream = stream.into_std()?;
    /// assert_eq!(TcpStream::from_std(stream)?.local_addr()?, addr);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_std(self) -> io::Result<std::net::TcpStream> {
        Handle::tcp_stream_into_std(self)
    }

    /// How long closing goes on sending what is unsent; zero resets the connection, `None` is the
    /// system's own way. Dropping the connection may then block the thread for as long.
    ///
    /// # Errors
    ///
    /// Any error of `setsockopt(2)`; `Unsupported` on a network without system sockets.
    pub fn set_linger(&self, time: Option<Duration>) -> io::Result<()> {
        self.with_std(|socket| socket.set_linger(time))
    }

    /// Whether what arrives is acknowledged at once, for now.
    ///
    /// # Errors
    ///
    /// Any error of `getsockopt(2)`; `Unsupported` on a network without system sockets.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn quickack(&self) -> io::Result<bool> {
        self.with_std(|socket| socket.tcp_quickack())
    }

    /// Acknowledges what arrives at once, until the system thinks better of it.
    ///
    /// # Errors
    ///
    /// Any error of `setsockopt(2)`; `Unsupported` on a network without system sockets.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn set_quickack(&self, on: bool) -> io::Result<()> {
        self.with_std(|socket| socket.set_tcp_quickack(on))
    }
}

/// As [`from_std`](TcpStream::from_std).
impl TryFrom<std::net::TcpStream> for TcpStream {
    type Error = io::Error;

    fn try_from(socket: std::net::TcpStream) -> io::Result<TcpStream> {
        TcpStream::from_std(socket)
    }
}

forward! {
    impl LoopTcpStream for TcpStream, TcpStream {}
    fn {
        /// This side's address.
        ///
        /// # Errors
        ///
        /// Any error of `getsockname(2)`.
        local_addr(&self) -> io::Result<SocketAddr>;
        /// The other side's address.
        ///
        /// # Errors
        ///
        /// `NotConnected`, or any other error of `getpeername(2)`.
        peer_addr(&self) -> io::Result<SocketAddr>;
        /// Whether small writes are sent at once.
        ///
        /// # Errors
        ///
        /// Any error of `getsockopt(2)`.
        nodelay(&self) -> io::Result<bool>;
        /// Sends small writes at once, instead of waiting for more.
        ///
        /// # Errors
        ///
        /// Any error of `setsockopt(2)`.
        set_nodelay(&self, on: bool) -> io::Result<()>;
        /// The time to live of its packets.
        ///
        /// # Errors
        ///
        /// Any error of `getsockopt(2)`.
        ttl(&self) -> io::Result<u32>;
        /// Sets the time to live of its packets.
        ///
        /// # Errors
        ///
        /// Any error of `setsockopt(2)`.
        set_ttl(&self, ttl: u32) -> io::Result<()>;
        /// How long closing goes on sending what is unsent; `None` is the system's own way, in the
        /// background.
        ///
        /// # Errors
        ///
        /// Any error of `getsockopt(2)`.
        linger(&self) -> io::Result<Option<Duration>>;
        /// Resets the connection when it is closed, instead of sending FIN.
        ///
        /// # Errors
        ///
        /// Any error of `setsockopt(2)`.
        set_zero_linger(&self) -> io::Result<()>;
    }
    async fn {
        /// Reads what is there, or waits for it, and leaves it there. Cancel safe.
        ///
        /// # Errors
        ///
        /// Any error of `recv(2)`, such as `ConnectionReset`.
        peek(&self, buf: &mut [u8]) -> io::Result<usize>;
    }
}
