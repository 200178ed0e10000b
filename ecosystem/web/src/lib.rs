//! HTTP on any event loop: a server for the services of hyper and tower (axum's `Router` is one), and a
//! client, written once against [anyloop](https://docs.rs/anyloop), so that they run on its native
//! loop, on tokio, on smol and in a simulated world, whichever the program picks.
//!
//! ```
//! use anyloop::net::TcpListener;
//! use axum::{Router, routing::get};
//!
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! let router = Router::new().route("/", get(|| async { "Ciao EuroPython" }));
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let url = format!("http://{}/", listener.local_addr()?);
//! anyloop::spawn(anyloop_web::serve(listener, router).into_future());
//!
//! // Two awaits: the head, and the body.
//! let response = anyloop_web::fetch(&url).await?;
//! assert_eq!(response.status(), 200);
//! assert_eq!(response.text().await?, "Ciao EuroPython");
//! # Ok::<_, anyloop_web::BoxError>(())
//! # })?;
//! # Ok::<(), anyloop_web::BoxError>(())
//! ```
//!
//! - [`serve()`] is the server: HTTP/1 and 2, upgrades, limits on what clients may take, a graceful
//!   end. [`Serve`] has its settings.
//! - [`Client`] is the client, which keeps connections; [`fetch`] is one request.
//! - [`Loop`] is the loop as hyper's executor and timer, for code that uses hyper itself.
//!
//! | feature | what it gives |
//! | --- | --- |
//! | `tls` | TLS by rustls, on both sides; the program picks rustls's cryptography |
//!
//! This crate has no loop in it: the program depends on anyloop with the features of the loops it
//! picks.
#![forbid(unsafe_code)]

mod activity;
mod answer;
mod body;
mod client;
mod connection;
mod error;
mod first;
mod limits;
mod listener;
mod rt;
mod serve;
mod service;
mod site;
mod stream;

use std::net::SocketAddr;

pub use body::Body;
pub use client::{Client, ClientBuilder, Error, ErrorKind, Response, ResponseBody, fetch};
pub use error::{ServeError, ServeErrorKind};
pub use hyper::service::service_fn;
pub use listener::Listener;
pub use rt::Loop;
pub use serve::{Serve, ServeFuture, serve};
pub use service::{HttpService, Hyper, HyperIncoming, Tower};
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;

/// Any error, as hyper's and tower's traits have it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Whose request it is: an extension of each request whose connection has an address.
///
/// ```
/// use std::convert::Infallible;
/// use anyloop::net::TcpListener;
/// use anyloop_web::{Body, Peer, fetch, serve, service_fn};
/// use hyper::{Request, Response};
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let url = format!("http://{}/", listener.local_addr()?);
/// let who = service_fn(|request: Request<Body>| async move {
///     let peer = request.extensions().get::<Peer>().expect("TCP has addresses");
///     Ok::<_, Infallible>(Response::new(peer.addr().ip().to_string()))
/// });
/// anyloop::spawn(serve(listener, who).into_future());
/// assert_eq!(fetch(&url).await?.text().await?, "127.0.0.1");
/// # Ok::<_, anyloop_web::BoxError>(())
/// # })?;
/// # Ok::<(), anyloop_web::BoxError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer(SocketAddr);

impl Peer {
    /// The address of the other end of the connection, which may be a proxy's.
    pub fn addr(self) -> SocketAddr {
        self.0
    }
}
