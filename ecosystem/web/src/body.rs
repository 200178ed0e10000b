//! A body that another sends us: counted, and not waited for without end.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use anyloop::time::{Instant, Sleep, sleep_until};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::Limited;
use hyper::body::Incoming;

use crate::BoxError;

/// The body of a request, as a service reads it, or of an answer, as a client does.
///
/// It is hyper's own with two limits: it fails with http-body-util's `LengthLimitError` (from which
/// axum makes a 413) once it is longer than it may be, and with an `io::Error` of kind `TimedOut`
/// once it comes more slowly than it may. Only the time in which its reader waits counts. Reading a
/// frame is cancel safe. Dropping it unread ends an HTTP/1 connection, as the rest of the body is in
/// the way of what comes next on it, or an HTTP/2 stream.
///
/// ```
/// use anyloop::net::TcpListener;
/// use anyloop_web::{Body, fetch, serve, service_fn};
/// use http_body_util::BodyExt;
/// use hyper::{Request, Response};
///
/// anyloop::runtime::Runtime::new()?.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let url = format!("http://{}/", listener.local_addr()?);
///     let length = service_fn(|request: Request<Body>| async {
///         let body = request.into_body().collect().await?;
///         Ok::<_, anyloop_web::BoxError>(Response::new(body.to_bytes().len().to_string()))
///     });
///     anyloop::spawn(serve(listener, length).into_future());
///     assert_eq!(fetch(&url).await?.text().await?, "0");
///     Ok(())
/// })
/// # .map_err(|error: anyloop_web::BoxError| error)
/// # ?; Ok::<(), anyloop_web::BoxError>(())
/// ```
pub struct Body {
    inner: Limited<Incoming>,
    pace: Option<Pace>,
}

impl Body {
    pub(crate) fn new(body: Incoming, limit: usize, pace: Option<Pace>) -> Body {
        Body { inner: Limited::new(body, limit), pace }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let frame = Pin::new(&mut this.inner).poll_frame(cx);
        let Some(pace) = &mut this.pace else { return frame };
        match &frame {
            Poll::Ready(Some(Ok(frame))) => pace.came(frame.data_ref().map_or(0, Bytes::len)),
            Poll::Ready(_) => {}
            Poll::Pending => {
                if let Poll::Ready(error) = pace.poll_late(cx) {
                    return Poll::Ready(Some(Err(error.into())));
                }
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("size", &self.size_hint()).finish_non_exhaustive()
    }
}

/// How long a reader may wait for a body: `patience` at most, of which waiting takes, and each `rate`
/// bytes that come give a second back.
pub(crate) struct Pace {
    patience: Duration,
    rate: u32,
    left: Duration,
    waits_since: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    pub(crate) fn new(patience: Duration, rate: u32) -> Pace {
        Pace { patience, rate: rate.max(1), left: patience, waits_since: None, sleep: None }
    }

    fn came(&mut self, bytes: usize) {
        // Without a wait nothing was taken that could be given back.
        let Some(since) = self.waits_since.take() else { return };
        let earned = Duration::from_secs_f64(bytes as f64 / f64::from(self.rate));
        self.left = (self.left.saturating_sub(since.elapsed())).saturating_add(earned).min(self.patience);
    }

    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.waits_since.is_none() {
            let now = Instant::now();
            // A limit that is further away than times go is none.
            let Some(deadline) = now.checked_add(self.left) else { return Poll::Pending };
            self.waits_since = Some(now);
            match &mut self.sleep {
                Some(sleep) => sleep.as_mut().reset(deadline),
                None => self.sleep = Some(Box::pin(sleep_until(deadline))),
            }
        }
        match &mut self.sleep {
            Some(sleep) => sleep
                .as_mut()
                .poll(cx)
                .map(|()| io::Error::new(io::ErrorKind::TimedOut, "the peer sends the body too slowly")),
            None => Poll::Pending,
        }
    }
}
