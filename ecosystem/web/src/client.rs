//! A client that keeps its connections.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyloop::time::timeout;
use bytes::Bytes;
use http_body::Body as HttpBody;
use http_body_util::{BodyExt, Empty};
use hyper::{Method, Request};

use crate::BoxError;

mod config;
mod connect;
mod error;
mod pool;
mod response;
mod target;

pub use error::{Error, ErrorKind};
pub use response::{Response, ResponseBody};

use config::Config;
use connect::{Outgoing, Sender};
use pool::Pool;
use target::Target;

/// An HTTP client that keeps connections for the next request to the same host: HTTP/1, and HTTP/2
/// where TLS agrees on it or [`ClientBuilder::http2_prior_knowledge`] says so.
///
/// Cloning it clones a handle to the same connections. They live on the loop that they were made on,
/// and are closed once the last handle is dropped and their answers are read. Redirects are answers
/// as others are; no proxy is asked.
///
/// ```
/// use anyloop::net::TcpListener;
/// use anyloop_web::{Client, Peer, serve};
/// use axum::{Extension, Router, routing::get};
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let who = |Extension(peer): Extension<Peer>| async move { peer.addr().to_string() };
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let url = format!("http://{}/", listener.local_addr()?);
/// anyloop::spawn(serve(listener, Router::new().route("/", get(who))).into_future());
///
/// let client = Client::new();
/// let first = client.fetch(&url).await?.text().await?;
/// let second = client.fetch(&url).await?.text().await?;
/// assert_eq!(first, second, "both came by one connection");
/// # Ok::<_, anyloop_web::BoxError>(())
/// # })?;
/// # Ok::<(), anyloop_web::BoxError>(())
/// ```
#[derive(Clone)]
pub struct Client {
    config: Arc<Config>,
    pool: Arc<Pool>,
}

impl Client {
    /// A client with the limits that [`ClientBuilder`] tells.
    pub fn new() -> Client {
        Client::builder().build()
    }

    /// A client with limits of one's own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder { config: Config::default() }
    }

    /// Gets `url`: ready once the head of the answer has come; its body is for another await.
    ///
    /// Cancel safe in that nothing is left behind: dropping it gives the request up, and its
    /// connection.
    ///
    /// # Errors
    ///
    /// An [`Error`] of the kind [`Url`](ErrorKind::Url), [`Connect`](ErrorKind::Connect),
    /// [`TimedOut`](ErrorKind::TimedOut) or [`Http`](ErrorKind::Http). An answer of any status is
    /// none.
    pub async fn fetch(&self, url: impl AsRef<str>) -> Result<Response, Error> {
        let url = url.as_ref();
        let request = Request::get(url)
            .body(Empty::<Bytes>::new())
            .map_err(|error| Error::new(ErrorKind::Url, url, error))?;
        self.request(request).await
    }

    /// Sends `request`, whose URI must have a scheme and a host; otherwise as
    /// [`fetch`](Self::fetch). A kept connection that the server has closed is left for another one,
    /// as long as nothing was sent on it.
    ///
    /// # Errors
    ///
    /// As `fetch`; an error of the request's body is of the kind `Http`.
    ///
    /// ```
    /// use anyloop::net::TcpListener;
    /// use anyloop_web::{Client, serve};
    /// use axum::{Router, routing::post};
    /// use hyper::{Method, Request};
    ///
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let url = format!("http://{}/loud", listener.local_addr()?);
    /// let router = Router::new().route("/loud", post(|text: String| async move { text.to_uppercase() }));
    /// anyloop::spawn(serve(listener, router).into_future());
    /// let request = Request::post(&url).body("ciao".to_owned())?;
    /// assert_eq!(Client::new().request(request).await?.text().await?, "CIAO");
    /// # Ok::<_, anyloop_web::BoxError>(())
    /// # })?;
    /// # Ok::<(), anyloop_web::BoxError>(())
    /// ```
    pub async fn request<B>(&self, request: Request<B>) -> Result<Response, Error>
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let target = Target::of(request.uri(), self.has_tls())?;
        if request.method() == Method::CONNECT {
            let why = "CONNECT is for proxies, and not sent by this client";
            return Err(Error::new(ErrorKind::Url, target.url(), why));
        }
        let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
        match timeout(self.config.timeout, self.send(request, &target)).await {
            Ok(response) => response,
            Err(_elapsed) => {
                let limit = self.config.timeout;
                Err(Error::new(ErrorKind::TimedOut, target.url(), format!("no answer came within {limit:?}")))
            }
        }
    }

    async fn send(&self, mut request: Request<Outgoing>, target: &Target) -> Result<Response, Error> {
        loop {
            let kept = self.pool.take(target.origin(), self.config.idle_timeout);
            let is_kept = kept.is_some();
            let mut sender = match kept {
                Some(sender) => sender,
                None => connect::connect(target, &self.config).await?,
            };
            if let Sender::Http2(sender) = &sender {
                self.pool.put(target.origin(), Sender::Http2(sender.clone()), self.config.idle_per_host);
            }
            match sender.send(request, target).await {
                Ok(response) => return Ok(Response::new(response, sender, &self.pool, &self.config, target)),
                Err((_, Some(unsent))) if is_kept => request = unsent,
                Err((error, _)) => return Err(Error::new(ErrorKind::Http, target.url(), error)),
            }
        }
    }

    fn has_tls(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.config.tls.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }
}

impl Default for Client {
    fn default() -> Self {
        Client::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("pool", &self.pool).finish_non_exhaustive()
    }
}

/// Gets `url` by a client of its own, whose connection is closed after: see [`Client::fetch`], which
/// a program that asks a host more than once is to use.
///
/// # Errors
///
/// As [`Client::fetch`].
pub async fn fetch(url: impl AsRef<str>) -> Result<Response, Error> {
    Client::new().fetch(url).await
}

/// The settings of a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use anyloop::net::TcpListener;
/// use anyloop_web::{Client, ErrorKind};
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// // It takes connections, and answers none.
/// let silent = TcpListener::bind("127.0.0.1:0").await?;
/// let client = Client::builder().timeout(Duration::from_millis(20)).build();
/// let error = client.fetch(format!("http://{}/", silent.local_addr()?)).await.expect_err("no answer");
/// assert_eq!(error.kind(), ErrorKind::TimedOut);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[must_use]
pub struct ClientBuilder {
    config: Config,
}

impl ClientBuilder {
    /// How long a connection may take to be made, the TLS handshake included; 10 s if it is not set.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.config.connect_timeout = limit;
        self
    }

    /// How long the head of an answer may take, and after it each wait for more of its body; 30 s if
    /// it is not set.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.config.timeout = limit;
        self
    }

    /// How long a connection is kept without a request; 30 s if it is not set. One that is older is
    /// closed when its host is asked again.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.config.idle_timeout = limit;
        self
    }

    /// How many connections without a request are kept for each host; 32 if it is not set.
    pub fn max_idle_per_host(mut self, connections: usize) -> Self {
        self.config.idle_per_host = connections;
        self
    }

    /// How many bytes the body of an answer may have; 64 MiB if it is not set, `usize::MAX` is no
    /// limit. Reading a longer one fails.
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.config.body_size = bytes;
        self
    }

    /// Speaks HTTP/2 over connections without TLS, whose servers must know it.
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.config.http2 = true;
        self
    }

    /// Speaks TLS with this configuration where the scheme is https. If it names no protocols (ALPN),
    /// h2 and http/1.1 are offered.
    ///
    /// ```
    /// use anyloop::net::TcpListener;
    /// use anyloop_web::{Client, serve};
    /// use axum::{Router, routing::get};
    /// use std::sync::Arc;
    /// use anyloop_web::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
    ///
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let made = rcgen::generate_simple_self_signed([String::from("localhost")])?;
    /// let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    /// let provider = Arc::new(ring::default_provider());
    /// let server = ServerConfig::builder_with_provider(provider.clone())
    ///     .with_safe_default_protocol_versions()?
    ///     .with_no_client_auth()
    ///     .with_single_cert(vec![made.cert.der().clone()], key)?;
    /// let mut roots = RootCertStore::empty();
    /// roots.add(made.cert.der().clone())?;
    /// let client = ClientConfig::builder_with_provider(provider)
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(roots)
    ///     .with_no_client_auth();
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let url = format!("https://localhost:{}/", listener.local_addr()?.port());
    /// let router = Router::new().route("/", get(|| async { "in private" }));
    /// anyloop::spawn(serve(listener, router).tls(Arc::new(server)).into_future());
    /// let client = Client::builder().tls(Arc::new(client)).build();
    /// let response = client.fetch(&url).await?;
    /// assert_eq!(response.version(), hyper::Version::HTTP_2);
    /// assert_eq!(response.text().await?, "in private");
    /// # Ok::<_, anyloop_web::BoxError>(())
    /// # })?;
    /// # Ok::<(), anyloop_web::BoxError>(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(mut self, config: Arc<tokio_rustls::rustls::ClientConfig>) -> Self {
        let mut config = config;
        if config.alpn_protocols.is_empty() {
            Arc::make_mut(&mut config).alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        self.config.tls = Some(config);
        self
    }

    /// The client. It connects at its first request.
    pub fn build(self) -> Client {
        Client { config: Arc::new(self.config), pool: Arc::default() }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("timeout", &self.config.timeout).finish_non_exhaustive()
    }
}
