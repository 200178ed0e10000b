//! What answers requests: services of hyper and of tower, as one.

use std::future::Future;

use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};

use crate::{Body, BoxError};

/// What answers requests. It is implemented for
///
/// | what | the body it is given |
/// | --- | --- |
/// | tower's `Service<Request<Body>>`, such as axum's `Router` | [`Body`], with all limits |
/// | hyper's `Service<Request<Body>>`, such as [`service_fn`](crate::service_fn) of a closure | [`Body`], with all limits |
/// | hyper's `Service<Request<Incoming>>`, written for hyper alone | hyper's own |
///
/// The last reads its body past this crate's limits: where
/// [`max_body_size`](crate::Serve::max_body_size) is set, which it is by default, a body whose
/// length is not told beforehand is refused with 411, and no body is refused for being slow.
///
/// `M` tells the three apart, and is found by the compiler. The service is cloned for each
/// connection; an error of it is answered with 500 and told to
/// [`on_error`](crate::Serve::on_error).
///
/// ```
/// use std::convert::Infallible;
/// use anyloop_web::{Body, HttpService, service_fn};
/// use axum::Router;
/// use hyper::body::Incoming;
/// use hyper::{Request, Response};
///
/// fn serves<M>(_: impl HttpService<M>) {}
///
/// serves(Router::new());
/// serves(service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(String::new())) }));
/// serves(service_fn(|_: Request<Incoming>| async { Ok::<_, Infallible>(Response::new(String::new())) }));
/// ```
pub trait HttpService<M>: Clone + Send + 'static {
    /// The body of its answers.
    type ResBody: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static;
    /// What it fails with.
    type Error: Into<BoxError>;
    /// Its work on one request.
    type Future: Future<Output = Result<Response<Self::ResBody>, Self::Error>> + Send + 'static;
    /// Whether the body that it is given counts its bytes.
    #[doc(hidden)]
    const COUNTS: bool = true;

    /// Begins to answer.
    fn answer(&self, request: Request<Incoming>, limit: impl FnOnce(Incoming) -> Body) -> Self::Future;
}

/// tower's services.
#[derive(Debug)]
pub struct Tower(());

/// hyper's services that take this crate's [`Body`].
#[derive(Debug)]
pub struct Hyper(());

/// hyper's services that take hyper's own body.
#[derive(Debug)]
pub struct HyperIncoming(());

impl<S, B> HttpService<Tower> for S
where
    S: tower_service::Service<
            Request<Body>,
            Response = Response<B>,
            Error: Into<BoxError>,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static,
    B: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type ResBody = B;
    type Error = S::Error;
    type Future = TowerToHyperServiceFuture<S, Request<Body>>;

    fn answer(&self, request: Request<Incoming>, limit: impl FnOnce(Incoming) -> Body) -> Self::Future {
        hyper::service::Service::call(&TowerToHyperService::new(self.clone()), request.map(limit))
    }
}

impl<S, B> HttpService<Hyper> for S
where
    S: hyper::service::Service<
            Request<Body>,
            Response = Response<B>,
            Error: Into<BoxError>,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static,
    B: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type ResBody = B;
    type Error = S::Error;
    type Future = S::Future;

    fn answer(&self, request: Request<Incoming>, limit: impl FnOnce(Incoming) -> Body) -> Self::Future {
        self.call(request.map(limit))
    }
}

impl<S, B> HttpService<HyperIncoming> for S
where
    S: hyper::service::Service<
            Request<Incoming>,
            Response = Response<B>,
            Error: Into<BoxError>,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static,
    B: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type ResBody = B;
    type Error = S::Error;
    type Future = S::Future;
    const COUNTS: bool = false;

    fn answer(&self, request: Request<Incoming>, _limit: impl FnOnce(Incoming) -> Body) -> Self::Future {
        self.call(request)
    }
}
