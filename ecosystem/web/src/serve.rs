//! A server: it takes connections, and ends when it is told to.

use std::fmt;
use std::future::{Future, IntoFuture, Pending, pending};
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyloop::sync::{OwnedSemaphorePermit, Semaphore, watch};
use anyloop::task::{JoinError, JoinSet};
use anyloop::time::{sleep, timeout};

use crate::connection;
use crate::error::{ServeError, ServeErrorKind};
use crate::first::{First, first};
use crate::limits::{ACCEPT_PAUSE, LEAST_HEADER_SIZE, Limits};
use crate::listener::Listener;
use crate::service::HttpService;
use crate::site::{self, OnError, Site};

/// Serves the connections of `listener` by `service`, which is any of hyper's or tower's, such as
/// axum's `Router`: see [`HttpService`]. HTTP/1 and HTTP/2 are told apart by how a connection
/// begins; upgrades, such as to web sockets, are hyper's (`hyper::upgrade::on`).
///
/// What clients may take is limited, and each limit has a method that sets it. The server is a
/// future: awaited, it runs in the task that awaits it, with a task for each connection on the same
/// loop, until the signal of [`with_graceful_shutdown`](Serve::with_graceful_shutdown). Dropping it
/// ends its connections at once.
///
/// A request that is no HTTP is answered 400, a head that is too large 431, a body that is too
/// large 413, and a service that fails 500; a service that panics loses its connection. None of
/// these ends the server.
///
/// An HTTP/1 client that ends its side of the connection (half-close, as `nc -N` does) is taken for
/// one that has gone: a request of it that is not answered by then is dropped, so that none is
/// worked on for a client that has left. Whether one that is answered at once still gets its answer
/// depends on the loop.
///
/// ```
/// use anyloop::net::TcpListener;
/// use anyloop_web::{fetch, serve};
/// use axum::{Router, routing::get};
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let router = Router::new().route("/", get(|| async { "Ciao EuroPython" }));
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let url = format!("http://{}/", listener.local_addr()?);
/// anyloop::spawn(serve(listener, router).into_future());
/// assert_eq!(fetch(&url).await?.text().await?, "Ciao EuroPython");
/// # Ok::<_, anyloop_web::BoxError>(())
/// # })?;
/// # Ok::<(), anyloop_web::BoxError>(())
/// ```
pub fn serve<L, S, M>(listener: L, service: S) -> Serve<L, S, M>
where
    L: Listener,
    S: HttpService<M>,
{
    Serve {
        listener,
        service,
        signal: pending(),
        limits: Limits::default(),
        on_error: None,
        #[cfg(feature = "tls")]
        tls: None,
        kind: PhantomData,
    }
}

/// A server that [`serve`] makes: it is set up by its methods, and run by awaiting it.
#[must_use = "a server does nothing unless it is awaited"]
pub struct Serve<L, S, M, F = Pending<()>> {
    listener: L,
    service: S,
    signal: F,
    limits: Limits,
    on_error: Option<OnError>,
    #[cfg(feature = "tls")]
    tls: Option<tokio_rustls::TlsAcceptor>,
    kind: PhantomData<fn(M)>,
}

impl<L, S, M, F> Serve<L, S, M, F> {
    /// How many connections may be open at once, those that were upgraded included; 10,000 if it is
    /// not set, and one at least. Further ones wait in the system's backlog, as they do while there
    /// are no descriptors.
    pub fn max_connections(mut self, connections: usize) -> Self {
        let connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self.limits.connections = u32::try_from(connections).unwrap_or(u32::MAX);
        self
    }

    /// How long the head of a request may take to come, a connection's first head and its TLS
    /// handshake included; 10 s if it is not set. A connection that takes longer is closed.
    pub fn header_timeout(mut self, limit: Duration) -> Self {
        self.limits.header_timeout = limit;
        self
    }

    /// How long a connection may be open without a request, after its first; 60 s if it is not set.
    /// It is closed as [`with_graceful_shutdown`](Self::with_graceful_shutdown) does.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.idle_timeout = limit;
        self
    }

    /// How long a write may wait for a peer that takes nothing; 30 s if it is not set. Upgraded
    /// connections have it too.
    pub fn write_timeout(mut self, limit: Duration) -> Self {
        self.limits.write_timeout = limit;
        self
    }

    /// How long the reader of a [`Body`](crate::Body) may wait in sum; each
    /// [`min_body_rate`](Self::min_body_rate) bytes that come give a second of it back. 20 s if it
    /// is not set.
    pub fn body_timeout(mut self, limit: Duration) -> Self {
        self.limits.body_timeout = limit;
        self
    }

    /// The bytes a second below which a body is too slow once its
    /// [`body_timeout`](Self::body_timeout) is used up; 500 if it is not set, and one at least.
    pub fn min_body_rate(mut self, bytes: u32) -> Self {
        self.limits.body_rate = bytes.max(1);
        self
    }

    /// How many bytes the body of a request may have; 2 MiB if it is not set, `usize::MAX` is no
    /// limit. A request that tells a greater length is answered 413 and does not reach the service;
    /// the reader of one that does not tell gets http-body-util's `LengthLimitError`.
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.limits.body_size = bytes;
        self
    }

    /// How many bytes the head of a request may have; 32 KiB if it is not set, and 8 KiB at least.
    /// More is answered 431.
    pub fn max_header_size(mut self, bytes: usize) -> Self {
        self.limits.header_size = bytes.max(LEAST_HEADER_SIZE);
        self
    }

    /// How many header fields a request may have over HTTP/1; 100 if it is not set. More are
    /// answered 431.
    pub fn max_headers(mut self, fields: usize) -> Self {
        self.limits.headers = fields;
        self
    }

    /// How many requests may be under way at once on one HTTP/2 connection; 200 if it is not set.
    pub fn max_concurrent_streams(mut self, streams: u32) -> Self {
        self.limits.streams = streams;
        self
    }

    /// How long connections have to finish after the signal of
    /// [`with_graceful_shutdown`](Self::with_graceful_shutdown); 30 s if it is not set.
    pub fn drain_timeout(mut self, limit: Duration) -> Self {
        self.limits.drain_timeout = limit;
        self
    }

    /// Calls `tell` with each error that ends a connection or a request, and not the server. It runs
    /// on the loop, so it must not block. Without it they are passed over.
    pub fn on_error(mut self, tell: impl Fn(&ServeError) + Send + Sync + 'static) -> Self {
        self.on_error = Some(Box::new(tell));
        self
    }

    /// Speaks TLS on each connection. If `config` names no protocols (ALPN), h2 and http/1.1 are
    /// offered.
    ///
    /// There is a program in [`ClientBuilder::tls`](crate::ClientBuilder::tls).
    #[cfg(feature = "tls")]
    pub fn tls(mut self, config: Arc<tokio_rustls::rustls::ServerConfig>) -> Self {
        let mut config = config;
        if config.alpn_protocols.is_empty() {
            Arc::make_mut(&mut config).alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        self.tls = Some(config.into());
        self
    }

    /// Ends the server once `signal` is ready: it takes no further connection, closes those that
    /// are idle, answers the requests that are under way, telling that the connection closes
    /// (HTTP/1) or goes away (HTTP/2), and waits for connections that were upgraded to be dropped by
    /// what serves them, which is to heed the same signal.
    ///
    /// What has not finished after [`drain_timeout`](Self::drain_timeout) is cut, and the server
    /// ends with an error of kind `TimedOut` that tells how many connections that were.
    ///
    /// ```
    /// use anyloop::net::TcpListener;
    /// use anyloop_web::{fetch, serve};
    /// use axum::{Router, routing::get};
    ///
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let (stop, stopped) = anyloop::sync::oneshot::channel::<()>();
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let url = format!("http://{}/", listener.local_addr()?);
    /// let router = Router::new().route("/", get(|| async { "ciao" }));
    /// let server = serve(listener, router).with_graceful_shutdown(async { drop(stopped.await) });
    /// let server = anyloop::spawn(server.into_future());
    /// assert_eq!(fetch(&url).await?.text().await?, "ciao");
    /// drop(stop);
    /// server.await??;
    /// assert!(fetch(&url).await.is_err(), "nothing listens there any more");
    /// # Ok::<_, anyloop_web::BoxError>(())
    /// # })?;
    /// # Ok::<(), anyloop_web::BoxError>(())
    /// ```
    pub fn with_graceful_shutdown<G>(self, signal: G) -> Serve<L, S, M, G>
    where
        G: Future<Output = ()> + Send + 'static,
    {
        Serve {
            listener: self.listener,
            service: self.service,
            signal,
            limits: self.limits,
            on_error: self.on_error,
            #[cfg(feature = "tls")]
            tls: self.tls,
            kind: PhantomData,
        }
    }
}

impl<L, S, M, F> Serve<L, S, M, F>
where
    L: Listener,
    S: HttpService<M>,
    M: 'static,
    F: Future<Output = ()> + Send + 'static,
{
    async fn run(self) -> io::Result<()> {
        let Serve {
            mut listener,
            service,
            signal,
            limits,
            on_error,
            #[cfg(feature = "tls")]
            tls,
            kind: _,
        } = self;
        let site = Arc::new(Site {
            http: site::http(&limits),
            limits,
            on_error,
            #[cfg(feature = "tls")]
            tls,
        });
        let Limits { connections: most, drain_timeout, .. } = site.limits;
        let places = Arc::new(Semaphore::new(most as usize));
        // Dropping the one end tells all that have the other.
        let (drain, draining) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut signal = pin!(signal);
        loop {
            let accepting = accept(&mut listener, &places, &site, &mut connections);
            let First::Right((io, peer, place)) = first(signal.as_mut(), accepting).await else { break };
            let task =
                connection::serve(io, peer, service.clone(), Arc::clone(&site), draining.clone(), place);
            connections.spawn(task);
        }
        // Further ones are refused.
        drop((listener, drain, draining));
        let finish = async {
            while let Some(ended) = connections.join_next().await {
                tell_panic(&site, ended);
            }
            // What was upgraded has no task here any more, but its place.
            drop(places.acquire_many(most).await);
        };
        if timeout(drain_timeout, finish).await.is_ok() {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!(
                "{} connections had not finished {drain_timeout:?} after the server was told to end",
                most as usize - places.available_permits()
            ),
        ))
    }
}

/// The next connection, with a place among those that may be open. Those that have ended meanwhile
/// are taken out of the set.
async fn accept<L: Listener>(
    listener: &mut L,
    places: &Arc<Semaphore>,
    site: &Site,
    connections: &mut JoinSet<()>,
) -> (L::Io, Option<SocketAddr>, OwnedSemaphorePermit) {
    loop {
        let incoming = async {
            let place = Arc::clone(places).acquire_owned().await.expect("it is never closed");
            listener.accept().await.map(|(io, peer)| (io, peer, place))
        };
        let error = match first(incoming, ended(connections)).await {
            First::Left(Ok(incoming)) => return incoming,
            First::Left(Err(error)) => error,
            First::Right(ended) => {
                tell_panic(site, ended);
                continue;
            }
        };
        if is_of_one_connection(&error) {
            continue;
        }
        site.tell(ServeError::new(ServeErrorKind::Accept, None, error));
        // It would fail again at once.
        if let First::Right(ended) = first(sleep(ACCEPT_PAUSE), ended(connections)).await {
            tell_panic(site, ended);
        }
    }
}

/// What the next connection to end came to; pending while there is none.
async fn ended(connections: &mut JoinSet<()>) -> Result<(), JoinError> {
    match connections.join_next().await {
        Some(ended) => ended,
        None => pending().await,
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn tell_panic(site: &Site, ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        site.tell(ServeError::new(ServeErrorKind::Panic, None, error));
    }
}

impl<L, S, M, F> IntoFuture for Serve<L, S, M, F>
where
    L: Listener,
    S: HttpService<M>,
    M: 'static,
    F: Future<Output = ()> + Send + 'static,
{
    type Output = io::Result<()>;
    type IntoFuture = ServeFuture;

    fn into_future(self) -> ServeFuture {
        ServeFuture(Box::pin(self.run()))
    }
}

/// A server that runs: see [`serve`]. Dropping it ends its connections at once.
#[must_use = "a server does nothing unless it is awaited"]
pub struct ServeFuture(Pin<Box<dyn Future<Output = io::Result<()>> + Send>>);

impl Future for ServeFuture {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for ServeFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeFuture").finish_non_exhaustive()
    }
}

impl<L: fmt::Debug, S, M, F> fmt::Debug for Serve<L, S, M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
