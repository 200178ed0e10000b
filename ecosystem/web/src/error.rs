//! What goes wrong in a server while it goes on.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;

use crate::BoxError;

/// An error that ends a connection or a request, and not the server; told to
/// [`on_error`](crate::Serve::on_error).
///
/// ```
/// use anyloop::io::AsyncWriteExt;
/// use anyloop::net::{TcpListener, TcpStream};
/// use anyloop_web::{ServeErrorKind, serve};
/// use axum::Router;
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let addr = listener.local_addr()?;
/// let (tell, mut told) = anyloop::sync::mpsc::unbounded_channel();
/// let server = serve(listener, Router::new()).on_error(move |error| {
///     let _no_receiver = tell.send((error.kind(), error.peer(), error.to_string()));
/// });
/// anyloop::spawn(server.into_future());
/// let mut client = TcpStream::connect(addr).await?;
/// client.write_all(b"nonsense\r\n\r\n").await?;
/// let (kind, peer, text) = told.recv().await.expect("an error");
/// assert_eq!((kind, peer), (ServeErrorKind::Connection, Some(client.local_addr()?)));
/// assert!(text.contains("invalid HTTP"), "{text}");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct ServeError {
    kind: ServeErrorKind,
    peer: Option<SocketAddr>,
    source: BoxError,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServeErrorKind {
    /// A connection could not be accepted, such as for want of descriptors; the server tries again.
    Accept,
    /// The TLS handshake failed, or took too long.
    Tls,
    /// The connection broke, the peer sent what is no HTTP, or a time limit ended it.
    Connection,
    /// A service failed; the peer was answered 500.
    Service,
    /// A service panicked, which ended its connection.
    Panic,
}

impl ServeError {
    pub(crate) fn new(
        kind: ServeErrorKind,
        peer: Option<SocketAddr>,
        source: impl Into<BoxError>,
    ) -> ServeError {
        ServeError { kind, peer, source: source.into() }
    }

    /// What went wrong.
    pub fn kind(&self) -> ServeErrorKind {
        self.kind
    }

    /// Whose connection it was, as far as that is known.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(peer) = self.peer {
            write!(f, "{peer}: ")?;
        }
        let what = match self.kind {
            ServeErrorKind::Accept => "accepting a connection",
            ServeErrorKind::Tls => "the TLS handshake",
            ServeErrorKind::Connection => "the connection",
            ServeErrorKind::Service => "the service",
            ServeErrorKind::Panic => "the service panicked",
        };
        write!(f, "{what}: {}", self.source)?;
        let mut source = self.source.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
