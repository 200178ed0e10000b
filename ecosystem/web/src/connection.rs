//! One connection: its handshake, its time limits, and its end.

use std::future::{Future, poll_fn};
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use anyloop::io::{AsyncRead, AsyncWrite};
use anyloop::sync::{OwnedSemaphorePermit, watch};
use anyloop::time::{Instant, sleep};
use loop_compat::io::TokioIo;

use crate::activity::{Activity, Due};
use crate::answer::{Answers, AnswersAs};
use crate::error::{ServeError, ServeErrorKind};
use crate::limits::Limits;
use crate::service::HttpService;
use crate::site::Site;
use crate::stream::{Stream, Transport};
use crate::{BoxError, Peer};

/// Serves a connection until it ends, or is upgraded.
pub(crate) async fn serve<Io, S, M>(
    io: Io,
    peer: Option<SocketAddr>,
    service: S,
    site: Arc<Site>,
    draining: watch::Receiver<()>,
    place: OwnedSemaphorePermit,
) where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: HttpService<M>,
    M: 'static,
{
    let activity = Activity::new();
    let outcome = match handshake(io, &site).await {
        Ok(transport) => {
            let stream = Stream::new(transport, Arc::clone(&activity), site.limits.write_timeout, place);
            let answers = Answers {
                service,
                site: Arc::clone(&site),
                activity: Arc::clone(&activity),
                peer: peer.map(Peer),
            };
            converse(stream, AnswersAs(answers, PhantomData), &activity, &site, draining)
                .await
                .map_err(|error| ServeError::new(ServeErrorKind::Connection, peer, error))
        }
        Err(error) => Err(ServeError::new(ServeErrorKind::Tls, peer, error)),
    };
    if let Err(error) = outcome {
        site.tell(error);
    }
}

#[cfg(feature = "tls")]
async fn handshake<Io>(io: Io, site: &Site) -> io::Result<Transport<Io>>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let Some(tls) = &site.tls else { return Ok(Transport::Plain(io)) };
    let limit = site.limits.header_timeout;
    match anyloop::time::timeout(limit, tls.accept(io)).await {
        Ok(stream) => Ok(Transport::Tls(Box::new(stream?))),
        Err(_elapsed) => Err(too_long("it", limit)),
    }
}

#[cfg(not(feature = "tls"))]
async fn handshake<Io>(io: Io, _site: &Site) -> io::Result<Transport<Io>> {
    Ok(Transport::Plain(io))
}

fn too_long(what: &str, limit: std::time::Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("{what} took longer than {limit:?}"))
}

async fn converse<Io, S, M>(
    stream: Stream<Io>,
    service: AnswersAs<S, M>,
    activity: &Activity,
    site: &Site,
    mut draining: watch::Receiver<()>,
) -> Result<(), BoxError>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: HttpService<M>,
    M: 'static,
{
    let Limits { header_timeout, idle_timeout, .. } = site.limits;
    let mut connection = pin!(site.http.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut drain = pin!(async move {
        // The sender is never used, but dropped.
        let _dropped = draining.changed().await;
    });
    let mut clock = pin!(sleep(header_timeout));
    let mut closes = false;
    poll_fn(|cx| {
        loop {
            match connection.as_mut().poll(cx) {
                Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
                // One that was told to close before its first byte came says that it was cancelled.
                Poll::Ready(Err(_)) if closes => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {}
            }
            if !closes && drain.as_mut().poll(cx).is_ready() {
                closes = true;
                connection.as_mut().graceful_shutdown();
                continue;
            }
            // The clock is not set anew at each request, but when it is due; or when something is due
            // before. Once the connection closes, its end is set.
            let due = activity.due(header_timeout, idle_timeout);
            let sooner = due.filter(|due| due.at() < clock.deadline());
            if let Some(due) = sooner.filter(|due| !closes || matches!(due, Due::Head(_))) {
                clock.as_mut().reset(due.at());
            }
            if clock.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            let next = match due {
                // A request is being answered, for as long as its service takes.
                None => now.checked_add(idle_timeout.min(header_timeout)),
                Some(due) if due.at() > now => Some(due.at()),
                Some(Due::Head(_)) => {
                    return Poll::Ready(Err(too_long("the head of a request", header_timeout).into()));
                }
                Some(Due::Idle(_)) if closes => return Poll::Ready(Ok(())),
                Some(Due::Idle(_)) => {
                    closes = true;
                    connection.as_mut().graceful_shutdown();
                    // What is still to be written has this long.
                    now.checked_add(header_timeout)
                }
            };
            match next {
                Some(next) => clock.as_mut().reset(next),
                None => return Poll::Pending,
            }
        }
    })
    .await
}
