use std::convert::Infallible;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyloop::io::AsyncReadExt;
use anyloop::net::{TcpListener, TcpStream};
use anyloop::time::timeout;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, client, server};

use crate::support::plug;

async fn shout(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.expect("the client sends its body whole");
    let body = String::from_utf8_lossy(&body.to_bytes()).to_uppercase();
    Ok(Response::new(Full::new(body.into())))
}

/// A server of HTTP/2 that hyper runs by the plug's tasks and timers.
async fn serve() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    anyloop::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut builder = server::conn::http2::Builder::new(plug());
            builder.timer(plug()).keep_alive_interval(Duration::from_millis(5));
            anyloop::spawn(builder.serve_connection(stream, service_fn(shout)));
        }
    });
    addr
}

#[anyloop::test]
async fn http2_spawns_and_keeps_alive_on_the_loop() {
    let stream = TcpStream::connect(serve().await).await.unwrap();
    let mut builder = client::conn::http2::Builder::new(plug());
    builder.timer(plug()).keep_alive_interval(Duration::from_millis(5)).keep_alive_while_idle(true);
    let (mut sender, connection) = builder.handshake(stream).await.unwrap();
    anyloop::spawn(connection);
    for _ in 0..3 {
        let request = Request::post("http://localhost/").body(Full::new(Bytes::from("ciao"))).unwrap();
        let response = timeout(Duration::from_secs(20), sender.send_request(request)).await.unwrap().unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "CIAO");
        // Some pings of the keep-alive, whose timer is reset in place.
        anyloop::time::sleep(Duration::from_millis(20)).await;
    }
}

#[anyloop::test]
async fn a_client_that_sends_nothing_is_given_up_by_the_timer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let mut builder = server::conn::http1::Builder::new();
    let serving = builder
        .timer(plug())
        .header_read_timeout(Duration::from_millis(5))
        .serve_connection(stream, service_fn(shout));
    assert!(timeout(Duration::from_secs(20), serving).await.unwrap().unwrap_err().is_timeout());
    assert_eq!(client.read(&mut [0; 8]).await.unwrap_or(0), 0, "the connection is closed");
}

#[anyloop::test]
#[ignore = "runs curl (Debian: curl)"]
async fn curl_talks_http2_to_it() {
    let addr = serve().await;
    let output = anyloop::task::spawn_blocking(move || {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--max-time",
            "20",
            "--http2-prior-knowledge",
            "--data",
            "ciao",
        ]);
        curl.arg(format!("http://{addr}/")).stdin(Stdio::null()).output()
    });
    let output = output.await.unwrap().expect("curl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"CIAO");
}
