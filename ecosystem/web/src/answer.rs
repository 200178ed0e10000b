//! One request: refused by a limit, or given to the service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http_body::Body as _;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Response, StatusCode, Version};
use pin_project_lite::pin_project;

use crate::activity::{Activity, Counted, InFlight};
use crate::body::{Body, Pace};
use crate::error::{ServeError, ServeErrorKind};
use crate::service::HttpService;
use crate::site::Site;
use crate::{BoxError, Peer};

/// The service of a connection, as hyper calls it.
#[derive(Debug)]
pub(crate) struct Answers<S> {
    pub(crate) service: S,
    pub(crate) site: Arc<Site>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) peer: Option<Peer>,
}

/// hyper's trait has no parameter for the kind of a service, so that this has one.
#[derive(Debug)]
pub(crate) struct AnswersAs<S, M>(pub(crate) Answers<S>, pub(crate) std::marker::PhantomData<fn(M)>);

impl<S: HttpService<M>, M> Service<Request<Incoming>> for AnswersAs<S, M> {
    type Response = Response<Counted<S::ResBody>>;
    type Error = Infallible;
    type Future = Answer<S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let Answers { service, site, activity, peer } = &self.0;
        let limits = &site.limits;
        let in_flight = Some(activity.begin(request.version() == Version::HTTP_2));
        let size = request.body().size_hint();
        let limit = limits.body_size as u64;
        let work = if size.lower() > limit {
            Work::Refused { status: StatusCode::PAYLOAD_TOO_LARGE }
        } else if !S::COUNTS && limits.body_size < usize::MAX && size.upper().is_none() {
            Work::Refused { status: StatusCode::LENGTH_REQUIRED }
        } else {
            if let Some(peer) = *peer {
                request.extensions_mut().insert(peer);
            }
            let pace =
                (!request.body().is_end_stream()).then(|| Pace::new(limits.body_timeout, limits.body_rate));
            let future = service.answer(request, |body| Body::new(body, limits.body_size, pace));
            Work::Service { future }
        };
        Answer { work, in_flight, site: Arc::clone(site), peer: *peer }
    }
}

pin_project! {
    /// The answer to one request.
    pub(crate) struct Answer<F> {
        #[pin]
        work: Work<F>,
        in_flight: Option<InFlight>,
        site: Arc<Site>,
        peer: Option<Peer>,
    }
}

pin_project! {
    #[project = WorkProject]
    enum Work<F> {
        Refused { status: StatusCode },
        Service { #[pin] future: F },
    }
}

impl<F, B, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<Counted<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = match this.work.project() {
            WorkProject::Refused { status } => Err(*status),
            WorkProject::Service { future } => ready!(future.poll(cx)).map_err(|error| {
                this.site.tell(ServeError::new(ServeErrorKind::Service, this.peer.map(Peer::addr), error));
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        };
        let in_flight = this.in_flight.take().expect("polled after it was ready");
        Poll::Ready(Ok(match answer {
            Ok(response) => response.map(|body| Counted::of_service(body, in_flight)),
            Err(status) => {
                let text = match status {
                    StatusCode::PAYLOAD_TOO_LARGE => "the body is longer than this server takes\n",
                    StatusCode::LENGTH_REQUIRED => "this server takes no body whose length is not told\n",
                    _ => "the service failed\n",
                };
                let mut response = Response::new(Counted::text(text, in_flight));
                *response.status_mut() = status;
                response
            }
        }))
    }
}
