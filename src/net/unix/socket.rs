//! A unix socket before it connects or listens.

use std::future::ready;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::path::Path;

use loop_api::net::Stream;
use loop_toolkit::retry_blocked;
use socket2::{Domain, SockAddr, Socket, Type};

use super::{UnixDatagram, UnixListener, UnixStream};
use crate::time::sleep;

/// A unix socket that is yet to connect, listen, or be used for datagrams. It is one of the
/// system's, also while its path is one of a simulated world, which knows of it from when it
/// listens or has datagrams. Dropping it closes it.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::net::{UnixSocket, UnixStream};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("socket");
/// let socket = UnixSocket::new_stream()?;
/// socket.bind(&path)?;
/// let listener = socket.listen(128)?;
/// let client = UnixSocket::new_stream()?.connect(&path).await?;
/// let (_server, _) = listener.accept().await?;
/// assert_eq!(client.peer_addr()?.as_pathname(), Some(&*path));
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UnixSocket {
    socket: Socket,
    datagrams: bool,
    /// In a simulated world: the path that it was given, which is one of the host.
    #[cfg(feature = "sim")]
    in_world: Option<std::sync::OnceLock<std::path::PathBuf>>,
}

impl UnixSocket {
    /// A socket for a stream or a server.
    ///
    /// # Errors
    ///
    /// Any error of `socket(2)`, such as `EMFILE` when descriptors are exhausted.
    pub fn new_stream() -> io::Result<UnixSocket> {
        UnixSocket::new(false)
    }

    /// A socket for datagrams.
    ///
    /// # Errors
    ///
    /// As [`new_stream`](Self::new_stream).
    pub fn new_datagram() -> io::Result<UnixSocket> {
        UnixSocket::new(true)
    }

    fn new(datagrams: bool) -> io::Result<UnixSocket> {
        let kind = if datagrams { Type::DGRAM } else { Type::STREAM };
        let socket = Socket::new(Domain::UNIX, kind, None)?;
        socket.set_nonblocking(true)?;
        #[cfg(feature = "sim")]
        let in_world = crate::sim::World::try_current().map(|_| std::sync::OnceLock::new());
        Ok(UnixSocket {
            socket,
            datagrams,
            #[cfg(feature = "sim")]
            in_world,
        })
    }

    fn check(&self, datagrams: bool, what: &str, instead: &str) -> io::Result<()> {
        if self.datagrams == datagrams {
            return Ok(());
        }
        let message = format!("this socket cannot {what}: make it by UnixSocket::{instead}");
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }

    /// Gives it an address.
    ///
    /// # Errors
    ///
    /// `AddrInUse` for a path that exists already, which a simulated world tells when the socket
    /// listens or has datagrams; any other error of `bind(2)`.
    pub fn bind(&self, path: impl AsRef<Path>) -> io::Result<()> {
        #[cfg(feature = "sim")]
        if let Some(bound) = &self.in_world {
            // As the system, for one that has an address already.
            let again = |_| io::ErrorKind::InvalidInput.into();
            return bound.set(path.as_ref().to_owned()).map_err(again);
        }
        self.socket.bind(&SockAddr::unix(path)?)
    }

    /// Listens, with a queue for `backlog` connections that are not yet accepted.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a socket for datagrams; any error of `listen(2)`; those of
    /// [`UnixListener::from_std`].
    pub fn listen(self, backlog: u32) -> io::Result<UnixListener> {
        self.check(false, "listen", "new_stream")?;
        #[cfg(feature = "sim")]
        if let Some(bound) = self.in_world {
            // As the system, for one without an address.
            return UnixListener::bind(bound.into_inner().ok_or(io::ErrorKind::InvalidInput)?);
        }
        self.socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        UnixListener::from_std(self.socket.into())
    }

    /// Connects to the server at `path`, and waits while its backlog is full. Cancel safe: dropping
    /// the future closes the socket.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a socket for datagrams; `NotFound`, `ConnectionRefused`, or any other
    /// error of `connect(2)`; those of [`UnixStream::from_std`]; in a simulated world `Unsupported`
    /// for a socket with an address.
    pub async fn connect(self, path: impl AsRef<Path>) -> io::Result<UnixStream> {
        self.check(false, "connect", "new_stream")?;
        #[cfg(feature = "sim")]
        if let Some(bound) = self.in_world {
            if bound.get().is_some() {
                let message =
                    "in a simulated world a unix stream that connects has no address: leave bind out";
                return Err(io::Error::new(io::ErrorKind::Unsupported, message));
            }
            return UnixStream::connect(path).await;
        }
        let addr = SockAddr::unix(path)?;
        // The system does not report when a full backlog has space again.
        let connect = || ready(self.socket.connect(&addr));
        retry_blocked(connect, sleep).await?;
        let stream = UnixStream::from_std(self.socket.into())?;
        Stream::writable(&stream).await?;
        match stream.take_error()? {
            None => Ok(stream),
            Some(error) => Err(error),
        }
    }

    /// Makes a datagram socket of it.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a socket for streams; those of [`UnixDatagram::from_std`].
    pub fn datagram(self) -> io::Result<UnixDatagram> {
        self.check(true, "have datagrams", "new_datagram")?;
        #[cfg(feature = "sim")]
        if let Some(bound) = self.in_world {
            return bound.into_inner().map_or_else(UnixDatagram::unbound, UnixDatagram::bind);
        }
        UnixDatagram::from_std(self.socket.into())
    }
}

impl AsFd for UnixSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for UnixSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}
