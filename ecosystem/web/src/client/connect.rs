//! A connection, and how a request is sent on it.

use anyloop::net::TcpStream;
use anyloop::time::timeout;
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::header::{HOST, HeaderValue};
use hyper::rt::{Executor, Read, Write};
use hyper::{Request, Response, Uri, Version};
use loop_compat::io::TokioIo;

use super::config::Config;
use super::error::{Error, ErrorKind};
use super::target::{Origin, Target};
use crate::{BoxError, Loop};

/// The body of a request, of whichever type.
pub(super) type Outgoing = UnsyncBoxBody<Bytes, BoxError>;

/// The near end of a connection, whose task runs on the loop.
pub(super) enum Sender {
    Http1(http1::SendRequest<Outgoing>),
    Http2(http2::SendRequest<Outgoing>),
}

impl Sender {
    pub(super) fn is_closed(&self) -> bool {
        match self {
            Sender::Http1(sender) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        }
    }

    /// With an error, the request as it was, if nothing of it was sent.
    pub(super) async fn send(
        &mut self,
        mut request: Request<Outgoing>,
        target: &Target,
    ) -> Result<Response<Incoming>, (BoxError, Option<Request<Outgoing>>)> {
        let sent = match self {
            Sender::Http1(sender) => {
                if let Err(error) = sender.ready().await {
                    return Err((error.into(), Some(request)));
                }
                if let Err(error) = as_http1(&mut request) {
                    return Err((error, None));
                }
                sender.try_send_request(request).await
            }
            Sender::Http2(sender) => {
                if let Err(error) = sender.ready().await {
                    return Err((error.into(), Some(request)));
                }
                *request.version_mut() = Version::HTTP_2;
                request.headers_mut().remove(HOST);
                sender.try_send_request(request).await
            }
        };
        sent.map_err(|mut error: TrySendError<_>| {
            let unsent = error.take_message().map(|request| as_it_was(request, target));
            (error.into_error().into(), unsent)
        })
    }
}

/// HTTP/1 names the host beside the path.
fn as_http1(request: &mut Request<Outgoing>) -> Result<(), BoxError> {
    let uri = request.uri();
    if let Some(authority) = uri.authority().filter(|_| !request.headers().contains_key(HOST)) {
        // What stands before an @ is for the client.
        let host = authority.as_str().rsplit('@').next().unwrap_or_default();
        let host = HeaderValue::from_str(host)?;
        request.headers_mut().insert(HOST, host);
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let path = path.parse::<Uri>()?;
    *request.uri_mut() = path;
    *request.version_mut() = Version::HTTP_11;
    Ok(())
}

fn as_it_was(mut request: Request<Outgoing>, target: &Target) -> Request<Outgoing> {
    if let Ok(uri) = target.url().parse() {
        *request.uri_mut() = uri;
    }
    request
}

pub(super) async fn connect(target: &Target, config: &Config) -> Result<Sender, Error> {
    let limit = config.connect_timeout;
    match timeout(limit, try_connect(target.origin(), config)).await {
        Ok(Ok(sender)) => Ok(sender),
        Ok(Err(error)) => Err(Error::new(ErrorKind::Connect, target.url(), error)),
        Err(_elapsed) => {
            let why = format!("no connection was made within {limit:?}");
            Err(Error::new(ErrorKind::TimedOut, target.url(), why))
        }
    }
}

async fn try_connect(origin: &Origin, config: &Config) -> Result<Sender, BoxError> {
    let stream = TcpStream::connect((origin.host.as_str(), origin.port)).await?;
    // What has been closed since fails at the first write.
    let _closed = stream.set_nodelay(true);
    #[cfg(feature = "tls")]
    if let Some(tls) = config.tls.as_ref().filter(|_| origin.tls) {
        let name = tokio_rustls::rustls::pki_types::ServerName::try_from(origin.host.clone())?;
        let stream =
            tokio_rustls::TlsConnector::from(std::sync::Arc::clone(tls)).connect(name, stream).await?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        return handshake(TokioIo::new(stream), http2).await;
    }
    handshake(TokioIo::new(stream), config.http2).await
}

async fn handshake<Io>(io: Io, http2: bool) -> Result<Sender, BoxError>
where
    Io: Read + Write + Unpin + Send + 'static,
{
    if http2 {
        let (sender, connection) = http2::Builder::new(Loop).timer(Loop).handshake(io).await?;
        run(connection);
        Ok(Sender::Http2(sender))
    } else {
        let (sender, connection) = http1::handshake(io).await?;
        run(connection.with_upgrades());
        Ok(Sender::Http1(sender))
    }
}

/// Its errors come to the request that is under way, too.
fn run(connection: impl Future<Output = hyper::Result<()>> + Send + 'static) {
    Loop.execute(async { drop(connection.await) });
}
