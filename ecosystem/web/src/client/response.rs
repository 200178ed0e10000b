//! An answer: its head, and the body that is still to come.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{HeaderMap, StatusCode, Version};

use super::config::Config;
use super::connect::Sender;
use super::error::{Error, ErrorKind};
use super::pool::Pool;
use super::target::{Origin, Target};
use crate::BoxError;
use crate::body::{Body, Pace};

/// An answer whose head has come.
///
/// ```
/// use anyloop::net::TcpListener;
/// use anyloop_web::{fetch, serve};
/// use axum::{Router, routing::get};
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let url = format!("http://{}/", listener.local_addr()?);
/// let router = Router::new().route("/", get(|| async { ([("content-type", "text/x-greeting")], "ciao") }));
/// anyloop::spawn(serve(listener, router).into_future());
/// let mut response = fetch(&url).await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()["content-type"], "text/x-greeting");
/// assert_eq!(response.chunk().await?.as_deref(), Some(&b"ciao"[..]));
/// assert_eq!(response.chunk().await?, None);
/// # Ok::<_, anyloop_web::BoxError>(())
/// # })?;
/// # Ok::<(), anyloop_web::BoxError>(())
/// ```
#[derive(Debug)]
pub struct Response {
    inner: http::Response<ResponseBody>,
    url: String,
}

impl Response {
    pub(super) fn new(
        response: http::Response<Incoming>,
        sender: Sender,
        pool: &Arc<Pool>,
        config: &Config,
        target: &Target,
    ) -> Response {
        // A byte a second is enough: the limit is to each wait.
        let pace = Pace::new(config.timeout, 1);
        let mut back = Some(Back {
            pool: Arc::downgrade(pool),
            origin: target.origin().clone(),
            sender,
            most: config.idle_per_host,
        });
        let inner = response.map(|body| {
            if body.is_end_stream() {
                give_back(&mut back);
            }
            ResponseBody { body: Body::new(body, config.body_size, Some(pace)), back }
        });
        Response { inner, url: target.url().to_owned() }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// The header fields.
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// The version of HTTP by which it came.
    pub fn version(&self) -> Version {
        self.inner.version()
    }

    /// Waits for the next part of the body; `None` at its end. Cancel safe.
    ///
    /// # Errors
    ///
    /// Of the kind [`Body`](ErrorKind::Body), if the connection breaks, the body is longer than
    /// [`max_body_size`](crate::ClientBuilder::max_body_size), or nothing of it comes within
    /// [`timeout`](crate::ClientBuilder::timeout).
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.inner.body_mut().frame().await {
            let frame = frame.map_err(|error| Error::new(ErrorKind::Body, &*self.url, error))?;
            // Trailers are passed over.
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// Waits for all of the body.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let Response { inner, url } = self;
        match inner.into_body().collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) => Err(Error::new(ErrorKind::Body, url, error)),
        }
    }

    /// Waits for all of the body, which must be UTF-8.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk), or that it is not UTF-8.
    pub async fn text(self) -> Result<String, Error> {
        let url = self.url.clone();
        let body = self.bytes().await?;
        String::from_utf8(body.into()).map_err(|error| Error::new(ErrorKind::Body, url, error))
    }

    /// The answer as hyper's and tower's code takes it, such as a proxy's, whose own answer it is.
    pub fn into_inner(self) -> http::Response<ResponseBody> {
        self.inner
    }
}

/// The body of an answer. Once it is read to its end its connection waits for the next request;
/// dropping it before closes that (HTTP/1), or ends its stream (HTTP/2).
pub struct ResponseBody {
    body: Body,
    back: Option<Back>,
}

/// The connection, and where it is kept.
struct Back {
    pool: Weak<Pool>,
    origin: Origin,
    sender: Sender,
    most: usize,
}

/// HTTP/2's is shared, and was kept when it was made.
fn give_back(back: &mut Option<Back>) {
    let Some(Back { pool, origin, sender: sender @ Sender::Http1(_), most }) = back.take() else { return };
    if let Some(pool) = pool.upgrade() {
        pool.put(&origin, sender, most);
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        let is_last = match &frame {
            Poll::Ready(None) => true,
            Poll::Ready(Some(Ok(_))) => self.body.is_end_stream(),
            _ => false,
        };
        if is_last {
            give_back(&mut self.back);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("body", &self.body).finish_non_exhaustive()
    }
}
