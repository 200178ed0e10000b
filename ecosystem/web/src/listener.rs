//! Where connections come from.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use anyloop::io::{AsyncRead, AsyncWrite};
use anyloop::net::{TcpListener, TcpStream};
#[cfg(unix)]
use anyloop::net::{UnixListener, UnixStream};

/// What [`serve`](crate::serve()) takes connections from: anyloop's `TcpListener` and, on unix, its
/// `UnixListener`; and anything else that yields streams, such as a channel of them in a test.
///
/// ```
/// use std::io;
/// use std::net::SocketAddr;
/// use anyloop::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
/// use anyloop::sync::mpsc;
/// use anyloop_web::{Body, Listener, serve, service_fn};
/// use hyper::{Request, Response};
///
/// /// Streams that the other end of a channel makes: a server without sockets.
/// struct Streams(mpsc::Receiver<DuplexStream>);
///
/// impl Listener for Streams {
///     type Io = DuplexStream;
///
///     async fn accept(&mut self) -> io::Result<(DuplexStream, Option<SocketAddr>)> {
///         match self.0.recv().await {
///             Some(stream) => Ok((stream, None)),
///             None => std::future::pending().await,
///         }
///     }
/// }
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let (connect, streams) = mpsc::channel(1);
/// let service = service_fn(|_: Request<Body>| async { Ok::<_, io::Error>(Response::new("ciao".to_owned())) });
/// anyloop::spawn(serve(Streams(streams), service).into_future());
/// let (mut client, server) = duplex(1024);
/// connect.send(server).await.expect("it takes streams");
/// client.write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await?;
/// let mut answer = String::new();
/// client.read_to_string(&mut answer).await?;
/// assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nciao"), "{answer}");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub trait Listener: Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for a connection, and tells the peer's address where it has one. It must be cancel
    /// safe: a connection is given or still waits.
    ///
    /// # Errors
    ///
    /// Any error. `ConnectionAborted` and its kin are passed over; after others, such as that of
    /// too many open files, the server waits until a connection ends or a tenth of a second has
    /// passed, and tries again.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, Option<SocketAddr>)>> + Send;
}

impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<SocketAddr>)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // An answer is written as a whole; that the system waits for more of it only delays it. What
        // has been closed since fails at its first read.
        let _closed = stream.set_nodelay(true);
        Ok((stream, Some(peer)))
    }
}

#[cfg(unix)]
impl Listener for UnixListener {
    type Io = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, Option<SocketAddr>)> {
        let (stream, _) = UnixListener::accept(self).await?;
        Ok((stream, None))
    }
}
