//! hyper over anyloop's own streams, with no wrapper between, and over tokio's pipe in one, on
//! every backend.

mod support;

use std::io;
use std::process::Command;

use anyloop::compat::io::TokioIo;
use anyloop::net::{TcpListener, TcpStream};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};

use support::{bounded, run, sockets};

/// Says hello, or back what it was told.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = match (request.method(), request.uri().path()) {
        (&Method::GET, "/hello") => Bytes::from_static(b"Ciao EuroPython\n"),
        (&Method::POST, "/echo") => request.into_body().collect().await?.to_bytes(),
        _ => {
            let mut unknown = Response::new(Full::default());
            *unknown.status_mut() = StatusCode::NOT_FOUND;
            return Ok(unknown);
        }
    };
    Ok(Response::new(Full::new(body)))
}

async fn serve<S>(stream: S) -> io::Result<()>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    let builder = hyper::server::conn::http1::Builder::new();
    builder.serve_connection(stream, service_fn(answer)).await.map_err(io::Error::other)
}

/// A client and a server over a connected pair: requests one after the other on it.
async fn conversation<S>(client: S, server: S) -> io::Result<()>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let server = anyloop::spawn(serve(server));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(client).await.map_err(io::Error::other)?;
    let connection = anyloop::spawn(connection);
    let large = Bytes::from((0..500_000).map(|i| i as u8).collect::<Vec<_>>());
    for (method, path, body, expected) in [
        (Method::GET, "/hello", Bytes::new(), (StatusCode::OK, Bytes::from_static(b"Ciao EuroPython\n"))),
        (Method::POST, "/echo", large.clone(), (StatusCode::OK, large)),
        (Method::GET, "/nothing", Bytes::new(), (StatusCode::NOT_FOUND, Bytes::new())),
    ] {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a path");
        request.headers_mut().insert("host", "localhost".parse().expect("a value"));
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status();
        let heard = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
        assert_eq!(status, expected.0);
        assert!(heard == expected.1, "{path}: the body is another");
    }
    drop(sender);
    connection.await?.map_err(io::Error::other)?;
    server.await?
}

#[anyloop::test]
async fn on_both_ends_of_tcp() -> io::Result<()> {
    let (client, server) = sockets().await?;
    bounded(conversation(client, server)).await
}

#[cfg(unix)]
#[anyloop::test]
async fn on_both_ends_of_a_unix_stream() -> io::Result<()> {
    let (client, server) = anyloop::net::UnixStream::pair()?;
    bounded(conversation(client, server)).await
}

#[anyloop::test]
async fn on_both_ends_of_a_pipe_in_memory() -> io::Result<()> {
    // It is tokio's own, which has not hyper's traits.
    let (client, server) = anyloop::io::duplex(1000);
    bounded(conversation(TokioIo::new(client), TokioIo::new(server))).await
}

#[anyloop::test]
#[ignore = "runs curl (Debian: curl)"]
async fn curl_is_the_client() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = anyloop::spawn(async move {
        let (stream, _): (TcpStream, _) = listener.accept().await?;
        serve(stream).await
    });
    bounded(async move {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--max-time",
            "30",
            "--noproxy",
            "*",
            "--write-out",
            "%{http_code} ",
        ]);
        // Three requests on one connection.
        curl.arg(format!("http://{addr}/hello"))
            .arg("--next")
            .arg("--silent")
            .args(["--write-out", "%{http_code} "]);
        curl.args(["--data", "said by curl", &format!("http://{addr}/echo")]).arg("--next").arg("--silent");
        curl.args(["--write-out", "%{http_code} %{num_connects}", &format!("http://{addr}/nothing")]);
        let output = String::from_utf8_lossy(&run(curl).await.stdout).into_owned();
        assert_eq!(output, "Ciao EuroPython\n200 said by curl200 404 0");
        server.await??;
        Ok(())
    })
    .await
}
