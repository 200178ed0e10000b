//! The client: what it keeps, what it tries again, and what it tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::TcpListener;
use anyloop_web::{BoxError, Client, ErrorKind, Peer, fetch};
use axum::routing::{get as on_get, post};
use axum::{Extension, Router};
use hyper::body::Bytes;
use hyper::{Request, Version};

use crate::raw::{Server, bounded};

fn router() -> Router {
    Router::new()
        .route("/who", on_get(|Extension(peer): Extension<Peer>| async move { peer.addr().to_string() }))
        .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/large", on_get(|| async { vec![b'x'; 300_000] }))
}

#[anyloop::test]
async fn a_connection_is_kept_once_its_body_is_read() -> Result<(), BoxError> {
    let server = Server::start(router(), |server| server).await?;
    let client = Client::new();
    let who = async || client.fetch(server.url("/who")).await?.text().await;
    let first = who().await?;
    assert_eq!(who().await?, first);
    // It is in use: another one is made; and one that was not read to its end is not kept.
    let unread = client.fetch(server.url("/large")).await?;
    let second = who().await?;
    assert_ne!(second, first);
    drop(unread);
    assert_eq!(who().await?, second);
    // A limit of none keeps none.
    let client = Client::builder().max_idle_per_host(0).build();
    let who = async || client.fetch(server.url("/who")).await?.text().await;
    assert_ne!(who().await?, who().await?);
    Ok(())
}

#[anyloop::test]
async fn one_that_the_server_closed_is_left_for_another() -> Result<(), BoxError> {
    let idle = Duration::from_millis(30);
    let server = Server::start(router(), |server| server.idle_timeout(idle)).await?;
    let client = Client::new();
    let who = async || client.fetch(server.url("/who")).await?.text().await;
    let first = who().await?;
    // A busy machine may close it later.
    let another = async {
        while who().await? == first {
            anyloop::time::sleep(idle * 4).await;
        }
        Ok(())
    };
    bounded(another).await
}

#[anyloop::test]
async fn http2_carries_many_requests_on_one_connection() -> Result<(), BoxError> {
    let server = Server::start(router(), |server| server).await?;
    let client = Client::builder().http2_prior_knowledge().build();
    let first = client.fetch(server.url("/who")).await?;
    assert_eq!(first.version(), Version::HTTP_2);
    let first = first.text().await?;
    let many = (0..50).map(|_| async {
        let who = client.fetch(server.url("/who")).await?.text().await?;
        let request = Request::post(server.url("/length")).body("x".repeat(100_000))?;
        let length = client.request(request).await?.text().await?;
        Ok::<_, BoxError>((who, length))
    });
    for one in bounded(anyloop::task::join_all(many)).await {
        assert_eq!(one?, (first.clone(), "100000".to_owned()));
    }
    Ok(())
}

#[anyloop::test]
async fn errors_tell_the_url_and_what_is_wrong() -> Result<(), BoxError> {
    for (url, expected) in [
        ("nonsense", "nonsense: a URL begins with http://"),
        ("http://", "http://: "),
        ("https://localhost/", "https://localhost/: https needs ClientBuilder::tls"),
    ] {
        let error = fetch(url).await.expect_err("no URL");
        assert_eq!(error.kind(), ErrorKind::Url, "{error}");
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    // A port that was there, and is free.
    let url = format!("http://{}/", TcpListener::bind("127.0.0.1:0").await?.local_addr()?);
    let error = fetch(&url).await.expect_err("nothing listens");
    assert_eq!((error.kind(), error.url()), (ErrorKind::Connect, &*url));

    let server = Server::start(router(), |server| server).await?;
    let client = Client::builder().max_body_size(100_000).build();
    let error = client.fetch(server.url("/large")).await?.bytes().await.expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::Body);
    assert!(error.to_string().contains("length limit exceeded"), "{error}");
    Ok(())
}

#[anyloop::test]
async fn a_server_that_answers_nonsense_or_stalls_is_told() -> Result<(), BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    anyloop::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await?;
            let mut buf = [0; 1024];
            let n = stream.read(&mut buf).await?;
            counted.fetch_add(1, Ordering::Relaxed);
            match &buf[..n.min(7)] {
                b"GET /n " => stream.write_all(b"what is that?\r\n\r\n").await?,
                b"GET /e " => continue,
                b"GET /s " => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await?,
                _ => {}
            }
            open.push(stream);
        }
        #[expect(unreachable_code, reason = "it tells the type of the error")]
        std::io::Result::Ok(())
    });
    for path in ["n", "e"] {
        let error = fetch(format!("http://{addr}/{path}")).await.expect_err(path);
        assert_eq!(error.kind(), ErrorKind::Http, "{error}");
    }
    let hasty = Client::builder().timeout(Duration::from_millis(300)).build();
    let error = hasty.fetch(format!("http://{addr}/silent")).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    let stalled = hasty.fetch(format!("http://{addr}/s")).await?;
    assert_eq!(stalled.status(), 200);
    assert_eq!(stalled.text().await.expect_err("half a body").kind(), ErrorKind::Body);
    // What was sent is not sent a second time.
    assert_eq!(asked.load(Ordering::Relaxed), 4);
    Ok(())
}

#[cfg(unix)]
#[anyloop::test]
async fn a_unix_socket_is_served_too() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("web.sock");
    let listener = anyloop::net::UnixListener::bind(&path)?;
    let router = Router::new().route("/", on_get(|| async { "by a path" }));
    anyloop::spawn(anyloop_web::serve(listener, router).into_future());
    let mut stream = anyloop::net::UnixStream::connect(&path).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    bounded(stream.read_to_string(&mut answer)).await?;
    assert!(answer.ends_with("by a path"), "{answer}");
    Ok(())
}
