//! Unix sockets: streams and their halves, servers, datagrams; and pipes. An address is a path, or on
//! Linux an abstract name.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::Shutdown;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::net::{
    StdUnixNet, Stream, UnixListener as LoopUnixListener, UnixNet, UnixStream as LoopUnixStream,
};

use super::readiness;
use super::stream::stream;
use crate::any::{self, back, descriptor, each, forward, opaque, pair, socket};
use crate::runtime::Handle;

mod cred;
mod datagram;
pub mod pipe;
mod socket;

pub use cred::{UCred, gid_t, pid_t, uid_t};
pub use datagram::UnixDatagram;
pub use socket::UnixSocket;
/// The standard library's type, which is tokio's by name and methods.
pub use std::os::unix::net::SocketAddr;

/// The address by a path; on Linux a path that begins with a NUL is a name in no folder.
fn address(path: &Path) -> io::Result<SocketAddr> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::ffi::OsStrExt;
        if let Some(name) = path.as_os_str().as_bytes().strip_prefix(b"\0") {
            return SocketAddr::from_abstract_name(name);
        }
    }
    SocketAddr::from_pathname(path)
}

/// A connected unix stream. Dropping it closes it; the other side reads what was written, and then
/// the end. Its methods are those of [`TcpStream`](super::TcpStream).
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::io::{AsyncReadExt, AsyncWriteExt};
/// use anyloop::net::UnixStream;
///
/// let (mut a, mut b) = UnixStream::pair()?;
/// a.write_all(b"ciao").await?;
/// let mut buf = [0; 4];
/// b.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"ciao");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct UnixStream(pub(crate) any::UnixStream);

stream! {
    "a unix stream", SocketAddr, readiness::unix;
    UnixStream UnixStream
    ReadHalf UnixReadHalf
    WriteHalf UnixWriteHalf
    OwnedReadHalf UnixOwnedReadHalf
    OwnedWriteHalf UnixOwnedWriteHalf
}

impl UnixStream {
    /// Connects to the server at `path`, and waits while its backlog is full. Cancel safe: dropping
    /// the future closes the socket.
    ///
    /// # Errors
    ///
    /// `NotFound`, `ConnectionRefused` if no socket listens there, or any other error of
    /// `connect(2)`; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    pub async fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        UnixStream::connect_addr(&address(path.as_ref())?).await
    }

    /// Connects to the server at `addr`, which may be an abstract name. Cancel safe.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_addr(addr: &SocketAddr) -> io::Result<UnixStream> {
        Handle::try_current()?.connect_unix(addr.clone()).await
    }

    /// Two streams connected to one another.
    ///
    /// # Errors
    ///
    /// Any error of `socketpair(2)`, such as `EMFILE` when descriptors are exhausted;
    /// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        Handle::try_current()?.unix_pair()
    }

    /// Takes over a stream of the standard library, blocking or not.
    ///
    /// # Errors
    ///
    /// Any error of adding it to the loop's poller; [`NoLoop`](crate::runtime::NoLoop) inside an
    /// `io::Error` without a loop.
    pub fn from_std(stream: std::os::unix::net::UnixStream) -> io::Result<UnixStream> {
        Handle::try_current()?.unix_stream_from_std(stream)
    }

    /// Gives the stream to the standard library, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of taking it off the loop's poller.
    pub fn into_std(self) -> io::Result<std::os::unix::net::UnixStream> {
        Handle::unix_stream_into_std(self)
    }

    /// Who the peer is, as it was when it connected.
    ///
    /// # Errors
    ///
    /// Any error of `getsockopt(2)` or `getpeereid(3)`; `Unsupported` where the system, or the loop,
    /// does not tell.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let (one, other) = anyloop::net::UnixStream::pair()?;
    /// assert_eq!(one.peer_cred()?.uid(), other.peer_cred()?.uid());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn peer_cred(&self) -> io::Result<UCred> {
        LoopUnixStream::peer_cred(self).map(UCred::new)
    }
}

/// As [`from_std`](UnixStream::from_std).
impl TryFrom<std::os::unix::net::UnixStream> for UnixStream {
    type Error = io::Error;

    fn try_from(socket: std::os::unix::net::UnixStream) -> io::Result<UnixStream> {
        UnixStream::from_std(socket)
    }
}

forward! {
    impl LoopUnixStream for UnixStream, UnixStream {
        fn peer_cred(&self) -> io::Result<(Option<i32>, u32, u32)> {
            each!(UnixStream; &self.0, stream => LoopUnixStream::peer_cred(stream))
        }
    }
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
    }
}

/// A unix server socket. Dropping it closes it, and leaves its path in place, as everywhere.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::io::{AsyncReadExt, AsyncWriteExt};
/// use anyloop::net::{UnixListener, UnixStream};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("socket");
/// let listener = UnixListener::bind(&path)?;
/// let mut client = UnixStream::connect(&path).await?;
/// let (mut server, _) = listener.accept().await?;
/// server.write_all(b"ciao").await?;
/// drop(server);
/// let mut text = String::new();
/// client.read_to_string(&mut text).await?;
/// assert_eq!(text, "ciao");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct UnixListener(pub(crate) any::UnixListener);

opaque!([] UnixListener, UnixListener);
socket!([] UnixListener, UnixListener);
descriptor!(UnixListener);

impl UnixListener {
    /// Binds and listens.
    ///
    /// # Errors
    ///
    /// `AddrInUse` for a path that exists already, also if no socket listens there any more, or any
    /// other error of `bind(2)` or `listen(2)`; [`NoLoop`](crate::runtime::NoLoop) inside an
    /// `io::Error` without a loop.
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        UnixListener::bind_addr(&address(path.as_ref())?)
    }

    /// Binds to `addr`, which may be an abstract name.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixListener> {
        Handle::try_current()?.listen_unix(addr)
    }

    /// Takes over a server socket of the standard library, blocking or not.
    ///
    /// # Errors
    ///
    /// Any error of adding it to the loop's poller; [`NoLoop`](crate::runtime::NoLoop) inside an
    /// `io::Error` without a loop.
    pub fn from_std(listener: std::os::unix::net::UnixListener) -> io::Result<UnixListener> {
        Handle::try_current()?.unix_listener_from_std(listener)
    }

    /// Gives the socket to the standard library, non-blocking still.
    ///
    /// # Errors
    ///
    /// Any error of taking it off the loop's poller.
    pub fn into_std(self) -> io::Result<std::os::unix::net::UnixListener> {
        Handle::unix_listener_into_std(self)
    }

    /// The next connection and its address: as [`TcpListener::accept`](super::TcpListener::accept).
    /// Cancel safe.
    ///
    /// # Errors
    ///
    /// Any error of `accept(2)`, such as `EMFILE` when descriptors are exhausted.
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        each!(UnixListener => UnixStream as wrap; &self.0, l => {
            let (stream, peer) = LoopUnixListener::accept(l).await?;
            Ok((UnixStream(wrap(stream)), peer))
        })
    }

    /// [`accept`](Self::accept) as a poll, with the same care. A second waiter takes the first
    /// one's place.
    ///
    /// # Errors
    ///
    /// Any error of `accept(2)`; `Unsupported` on a loop that leaves it out.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        each!(UnixListener => UnixStream as wrap; &self.0, l => {
            LoopUnixListener::poll_accept(l, cx).map_ok(|(stream, peer)| (UnixStream(wrap(stream)), peer))
        })
    }

    /// The connections as a stream without end, which is accepted from as it is polled.
    pub fn into_incoming(self) -> Incoming {
        Incoming { listener: self }
    }

    /// Takes the error that waits on the socket, if one does.
    ///
    /// # Errors
    ///
    /// Any error of `getsockopt(2)` itself.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.with_std(|socket| socket.take_error())
    }
}

/// As [`from_std`](UnixListener::from_std).
impl TryFrom<std::os::unix::net::UnixListener> for UnixListener {
    type Error = io::Error;

    fn try_from(socket: std::os::unix::net::UnixListener) -> io::Result<UnixListener> {
        UnixListener::from_std(socket)
    }
}

/// The connections of a [`UnixListener`] as a stream: see [`into_incoming`](UnixListener::into_incoming).
#[derive(Debug)]
pub struct Incoming {
    listener: UnixListener,
}

impl Incoming {
    /// The server socket.
    pub fn get_ref(&self) -> &UnixListener {
        &self.listener
    }

    /// Gives the server socket back. No connection is lost.
    pub fn into_inner(self) -> UnixListener {
        self.listener
    }
}

impl futures_core::Stream for Incoming {
    type Item = io::Result<UnixStream>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<UnixStream>>> {
        self.listener.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
    }
}

forward! {
    impl LoopUnixListener for UnixListener, UnixListener {
        type Stream = UnixStream;

        async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
            UnixListener::accept(self).await
        }

        fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
            UnixListener::poll_accept(self, cx)
        }
    }
    fn {
        /// The address it listens on.
        ///
        /// # Errors
        ///
        /// Any error of `getsockname(2)`.
        local_addr(&self) -> io::Result<SocketAddr>;
    }
}

impl UnixNet for Handle {
    type UnixStream = UnixStream;
    type UnixListener = UnixListener;
    type UnixDatagram = UnixDatagram;

    fn connect_unix(
        &self,
        addr: SocketAddr,
    ) -> impl Future<Output = io::Result<UnixStream>> + Send + 'static {
        let handle = self.clone();
        async move {
            let stream: io::Result<any::UnixStream> =
                each!(Handle => UnixStream as wrap; &handle.0, h => h.connect_unix(addr).await.map(wrap));
            stream.map(UnixStream)
        }
    }

    fn listen_unix(&self, addr: &SocketAddr) -> io::Result<UnixListener> {
        each!(Handle => UnixListener as wrap; &self.0, h => h.listen_unix(addr).map(|l| UnixListener(wrap(l))))
    }

    fn unix_pair(&self) -> io::Result<(UnixStream, UnixStream)> {
        each!(Handle => UnixStream as wrap; &self.0, h => {
            let (a, b) = h.unix_pair()?;
            Ok((UnixStream(wrap(a)), UnixStream(wrap(b))))
        })
    }

    fn bind_unix_datagram(&self, addr: &SocketAddr) -> io::Result<UnixDatagram> {
        each!(Handle => UnixDatagram as wrap; &self.0, h => h.bind_unix_datagram(addr).map(|s| UnixDatagram(wrap(s))))
    }

    fn unbound_unix_datagram(&self) -> io::Result<UnixDatagram> {
        each!(Handle => UnixDatagram as wrap; &self.0, h => h.unbound_unix_datagram().map(|s| UnixDatagram(wrap(s))))
    }

    fn unix_datagram_pair(&self) -> io::Result<(UnixDatagram, UnixDatagram)> {
        each!(Handle => UnixDatagram as wrap; &self.0, h => {
            let (a, b) = h.unix_datagram_pair()?;
            Ok((UnixDatagram(wrap(a)), UnixDatagram(wrap(b))))
        })
    }
}

impl StdUnixNet for Handle {
    fn unix_stream_from_std(&self, stream: std::os::unix::net::UnixStream) -> io::Result<UnixStream> {
        each!(Handle => UnixStream as wrap; &self.0, h => h.unix_stream_from_std(stream).map(|s| UnixStream(wrap(s))))
    }

    fn unix_listener_from_std(&self, listener: std::os::unix::net::UnixListener) -> io::Result<UnixListener> {
        each!(Handle => UnixListener as wrap; &self.0, h => h.unix_listener_from_std(listener).map(|l| UnixListener(wrap(l))))
    }

    fn unix_datagram_from_std(&self, socket: std::os::unix::net::UnixDatagram) -> io::Result<UnixDatagram> {
        each!(Handle => UnixDatagram as wrap; &self.0, h => h.unix_datagram_from_std(socket).map(|s| UnixDatagram(wrap(s))))
    }

    fn unix_stream_into_std(stream: UnixStream) -> io::Result<std::os::unix::net::UnixStream> {
        back!(UnixStream, stream.0, unix_stream_into_std)
    }

    fn unix_listener_into_std(listener: UnixListener) -> io::Result<std::os::unix::net::UnixListener> {
        back!(UnixListener, listener.0, unix_listener_into_std)
    }

    fn unix_datagram_into_std(socket: UnixDatagram) -> io::Result<std::os::unix::net::UnixDatagram> {
        back!(UnixDatagram, socket.0, unix_datagram_into_std)
    }
}
