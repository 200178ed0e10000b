//! TCP servers.

use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use loop_api::net::{
    Net, StdNet, TcpListener as LoopTcpListener, TcpOptions, ToSocketAddrs, resolve, try_each,
};

use super::TcpStream;
use crate::any::{self, descriptor, each, forward, opaque, socket};
use crate::runtime::Handle;

/// A TCP server socket. Dropping it closes it: connections that were not accepted yet are refused
/// or reset by the system.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// let (_server, peer) = listener.accept().await?;
/// assert_eq!(peer, client.local_addr()?);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct TcpListener(pub(crate) any::TcpListener);

opaque!([] TcpListener, TcpListener);
socket!([] TcpListener, TcpListener);
descriptor!(TcpListener);

impl TcpListener {
    /// Binds and listens; port 0 lets the system choose. Cancel safe. Of several addresses the
    /// first that can be had. On unix an address that was in use a moment ago can be bound again
    /// (`SO_REUSEADDR`); [`TcpSocket`](super::TcpSocket) sets more.
    ///
    /// # Errors
    ///
    /// `AddrInUse`, or any other error of `bind(2)` or `listen(2)`, with the address in the
    /// message; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use std::io::ErrorKind;
    /// use anyloop::net::TcpListener;
    ///
    /// let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    /// let taken = listener.local_addr()?;
    /// let error = TcpListener::bind(taken).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::AddrInUse);
    /// assert!(error.to_string().contains(&taken.to_string()));
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        let handle = Handle::try_current()?;
        let addrs = resolve(&handle, addr).await?;
        try_each(addrs, |addr| ready(handle.listen_tcp(addr, &TcpOptions::default()))).await
    }

    /// Takes over a server socket of the standard library, blocking or not; it is made
    /// non-blocking.
    ///
    /// # Errors
    ///
    /// Any error of adding it to the loop's poller; [`NoLoop`](crate::runtime::NoLoop) inside an
    /// `io::Error` without a loop.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<TcpListener> {
        Handle::try_current()?.tcp_listener_from_std(listener)
    }

    /// Gives the socket to the standard library, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of taking it off the loop's poller.
    pub fn into_std(self) -> io::Result<std::net::TcpListener> {
        Handle::tcp_listener_into_std(self)
    }

    /// The next connection, and where it comes from. One that was gone before it could be accepted
    /// is passed over, unlike with tokio. When descriptors are exhausted it waits, without
    /// spinning, until some are free. Any number may wait.
    ///
    /// Cancel safe: a connection is either given or still in the backlog.
    ///
    /// # Errors
    ///
    /// Any error of `accept(2)`, such as `EMFILE` when descriptors are exhausted.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::net::{TcpListener, TcpStream};
    /// use anyloop::time::{Duration, timeout};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let no_peer = timeout(Duration::from_millis(2), listener.accept()).await;
    /// assert!(no_peer.is_err());
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_stream, peer) = listener.accept().await?;
    /// assert_eq!(peer, client.local_addr()?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        each!(TcpListener => TcpStream as wrap; &self.0, l => {
            let (stream, peer) = LoopTcpListener::accept(l).await?;
            Ok((TcpStream(wrap(stream)), peer))
        })
    }

    /// [`accept`](Self::accept) as a poll, with the same care. A second waiter takes the first
    /// one's place.
    ///
    /// # Errors
    ///
    /// Any error of `accept(2)`; `Unsupported` on a loop that leaves it out.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        each!(TcpListener => TcpStream as wrap; &self.0, l => {
            LoopTcpListener::poll_accept(l, cx).map_ok(|(stream, peer)| (TcpStream(wrap(stream)), peer))
        })
    }

    /// The connections as a stream without end, which is accepted from as it is polled.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::net::{TcpListener, TcpStream};
    /// use futures_lite::StreamExt;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let mut incoming = listener.into_incoming();
    /// let server = incoming.try_next().await?.unwrap();
    /// assert_eq!(server.peer_addr()?, client.local_addr()?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_incoming(self) -> Incoming {
        Incoming { listener: self }
    }
}

/// As [`from_std`](TcpListener::from_std).
impl TryFrom<std::net::TcpListener> for TcpListener {
    type Error = io::Error;

    fn try_from(socket: std::net::TcpListener) -> io::Result<TcpListener> {
        TcpListener::from_std(socket)
    }
}

/// The connections of a [`TcpListener`] as a stream: see [`into_incoming`](TcpListener::into_incoming).
#[derive(Debug)]
pub struct Incoming {
    listener: TcpListener,
}

impl Incoming {
    /// The server socket.
    pub fn get_ref(&self) -> &TcpListener {
        &self.listener
    }

    /// Gives the server socket back. No connection is lost.
    pub fn into_inner(self) -> TcpListener {
        self.listener
    }
}

impl Stream for Incoming {
    type Item = io::Result<TcpStream>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<TcpStream>>> {
        self.listener.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
    }
}

forward! {
    impl LoopTcpListener for TcpListener, TcpListener {
        type Stream = TcpStream;

        async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
            TcpListener::accept(self).await
        }

        fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
            TcpListener::poll_accept(self, cx)
        }
    }
    fn {
        /// The address it listens on.
        ///
        /// # Errors
        ///
        /// Any error of `getsockname(2)`.
        local_addr(&self) -> io::Result<SocketAddr>;
        /// The time to live of accepted connections' packets.
        ///
        /// # Errors
        ///
        /// Any error of `getsockopt(2)`.
        ttl(&self) -> io::Result<u32>;
        /// Sets the time to live of accepted connections' packets.
        ///
        /// # Errors
        ///
        /// Any error of `setsockopt(2)`.
        set_ttl(&self, ttl: u32) -> io::Result<()>;
    }
}
