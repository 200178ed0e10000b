//! TCP connections and their halves.

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use loop_api::net::{StdNet, Stream, TcpOptions, TcpStream as LoopTcpStream, ToSocketAddrs, connect_any};

use super::stream::stream;
use crate::any::{self, each, forward, pair};
use crate::runtime::Handle;

/// A TCP connection.
///
/// Dropping a pending read or write loses no byte that was already taken. One task may read while another writes: see
/// [`split`](Self::split) and [`into_split`](Self::into_split).
pub struct TcpStream(pub(crate) any::TcpStream);

stream! {
    "a TCP connection"
    TcpStream TcpStream
    ReadHalf TcpReadHalf
    WriteHalf TcpWriteHalf
    OwnedReadHalf TcpOwnedReadHalf
    OwnedWriteHalf TcpOwnedWriteHalf
}

impl TcpStream {
    /// Connects to `addr`; of several addresses to the first that answers. Dropping the future closes the socket.
    ///
    /// # Errors
    ///
    /// What the system said to the last address, such as `ConnectionRefused`; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error`
    /// without a loop.
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        connect_any(&Handle::try_current()?, addr, &TcpOptions::default()).await
    }

    /// Takes over a connection of the standard library, blocking or not.
    ///
    /// # Errors
    ///
    /// What the system said; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<TcpStream> {
        Handle::try_current()?.tcp_stream_from_std(stream)
    }

    /// Gives the connection to the standard library, non-blocking still.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn into_std(self) -> io::Result<std::net::TcpStream> {
        Handle::tcp_stream_into_std(self)
    }
}

forward! {
    impl LoopTcpStream for TcpStream, TcpStream {}
    fn {
        /// This side's address.
        ///
        /// # Errors
        ///
        /// What the system said.
        local_addr(&self) -> io::Result<SocketAddr>;
        /// The other side's address.
        ///
        /// # Errors
        ///
        /// What the system said, such as `NotConnected`.
        peer_addr(&self) -> io::Result<SocketAddr>;
        /// Whether small writes are sent at once.
        ///
        /// # Errors
        ///
        /// What the system said.
        nodelay(&self) -> io::Result<bool>;
        /// Sends small writes at once, instead of waiting for more.
        ///
        /// # Errors
        ///
        /// What the system said.
        set_nodelay(&self, on: bool) -> io::Result<()>;
        /// The time to live of its packets.
        ///
        /// # Errors
        ///
        /// What the system said.
        ttl(&self) -> io::Result<u32>;
        /// Sets the time to live of its packets.
        ///
        /// # Errors
        ///
        /// What the system said.
        set_ttl(&self, ttl: u32) -> io::Result<()>;
        /// How long closing goes on sending what is unsent.
        ///
        /// # Errors
        ///
        /// What the system said.
        linger(&self) -> io::Result<Option<Duration>>;
        /// Resets the connection when it is closed, instead of sending FIN.
        ///
        /// # Errors
        ///
        /// What the system said.
        set_zero_linger(&self) -> io::Result<()>;
    }
    async fn {
        /// Reads what is there, or waits for it, and leaves it there. Cancel safe.
        ///
        /// # Errors
        ///
        /// What the system said.
        peek(&self, buf: &mut [u8]) -> io::Result<usize>;
    }
}
