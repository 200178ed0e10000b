//! What clients may take, and what they are told: the server goes on after each of these.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::time::sleep;
use anyloop_web::{Body, BoxError, ServeErrorKind, service_fn};
use axum::Router;
use axum::routing::{get as on_get, post};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};

use crate::raw::{Server, bounded, get, read_answer, read_to_end};

const SHORT: Duration = Duration::from_millis(100);
const MEBIBYTE: usize = 1024 * 1024;

fn router() -> Router {
    Router::new()
        .route("/", on_get(|| async { "ciao" }))
        .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/slow", on_get(|| async { sleep(4 * SHORT).await }))
        .route("/large", on_get(|| async { vec![b'x'; 64 * MEBIBYTE] }))
        .route(
            "/panic",
            on_get(|| async {
                if true {
                    panic!("it does so on purpose")
                }
            }),
        )
}

async fn goes_on(server: &Server) -> io::Result<()> {
    let mut stream = server.connect().await?;
    stream.write_all(get("/").as_bytes()).await?;
    let (head, body) = read_answer(&mut stream).await?;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert_eq!(body, "ciao");
    Ok(())
}

#[anyloop::test]
async fn what_is_no_request_is_answered_and_told() -> io::Result<()> {
    let mut server = Server::start(router(), |server| server.max_header_size(8192)).await?;
    let field = "a: b\r\n".repeat(101);
    let long = "x".repeat(10_000);
    for (text, status) in [
        ("nonsense\r\n\r\n".to_owned(), "400 Bad Request"),
        ("\0\u{1}\u{2}\r\n\r\n".to_owned(), "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost: here\r\ncontent-length: many\r\n\r\n".to_owned(), "400 Bad Request"),
        (
            "POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked, nonsense\r\n\r\n".to_owned(),
            "400 Bad Request",
        ),
        (format!("GET / HTTP/1.1\r\nhost: here\r\n{field}\r\n"), "431 Request Header Fields Too Large"),
        (format!("GET / HTTP/1.1\r\nhost: here\r\na: {long}\r\n\r\n"), "431 Request Header Fields Too Large"),
    ] {
        let answer = server.ask(&text).await?;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{text:.60}: {answer}");
        let (kind, told) = server.error().await;
        assert_eq!(kind, ServeErrorKind::Connection, "{told}");
        goes_on(&server).await?;
    }
    Ok(())
}

#[anyloop::test]
async fn a_head_that_never_ends_is_cut_off() -> io::Result<()> {
    let mut server = Server::start(router(), |server| server.max_header_size(8192)).await?;
    let mut stream = server.connect().await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n").await?;
    // It is refused long before this is sent.
    for n in 0..100_000 {
        if stream.write_all(format!("field-{n}: value\r\n").as_bytes()).await.is_err() {
            break;
        }
        assert!(n < 99_999, "all of it was taken");
    }
    assert_eq!(server.error().await.0, ServeErrorKind::Connection);
    goes_on(&server).await
}

#[anyloop::test]
async fn a_body_that_is_too_long_is_refused() -> io::Result<()> {
    let server = Server::start(router(), |server| server.max_body_size(10)).await?;
    let request = |body: &str| format!("POST /length HTTP/1.1\r\nhost: here\r\nconnection: close\r\n{body}");
    for (body, expected) in [
        ("content-length: 10\r\n\r\n0123456789", "HTTP/1.1 200 OK\r\n"),
        ("content-length: 11\r\n\r\n0123456789a", "HTTP/1.1 413 Payload Too Large\r\n"),
        ("transfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\n"),
        (
            "transfer-encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n",
            "HTTP/1.1 413 Payload Too Large\r\n",
        ),
    ] {
        let answer = server.ask(request(body)).await?;
        assert!(answer.starts_with(expected), "{body}: {answer}");
    }
    goes_on(&server).await
}

#[anyloop::test]
async fn services_of_hyper_alone_have_their_bodies_limited_too() -> io::Result<()> {
    let service = service_fn(|request: Request<Incoming>| async {
        let body = request.into_body().collect().await?.to_bytes();
        Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from(body.len().to_string()))))
    });
    let server = Server::start(service, |server| server.max_body_size(10)).await?;
    let request = |body: &str| format!("POST / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n{body}");
    for (body, expected) in [
        ("content-length: 10\r\n\r\n0123456789", "HTTP/1.1 200 OK\r\n"),
        ("content-length: 11\r\n\r\n0123456789a", "HTTP/1.1 413 Payload Too Large\r\n"),
        ("transfer-encoding: chunked\r\n\r\n1\r\n0\r\n0\r\n\r\n", "HTTP/1.1 411 Length Required\r\n"),
    ] {
        let answer = server.ask(request(body)).await?;
        assert!(answer.starts_with(expected), "{body}: {answer}");
    }
    Ok(())
}

#[anyloop::test]
async fn slow_heads_are_cut_and_slow_services_are_not() -> io::Result<()> {
    let set_up = |server: anyloop_web::Serve<_, _, _>| server.header_timeout(SHORT).idle_timeout(SHORT);
    let mut server = Server::start(router(), set_up).await?;
    let mut silent = server.connect().await?;
    let mut slow = server.connect().await?;
    slow.write_all(b"GET / HTTP/1.1\r\nhost: he").await?;
    let mut patient = server.connect().await?;
    patient.write_all(get("/slow").as_bytes()).await?;
    assert_eq!(read_to_end(&mut silent).await?, "");
    assert_eq!(read_to_end(&mut slow).await?, "");
    for _ in 0..2 {
        let (kind, told) = server.error().await;
        assert_eq!(kind, ServeErrorKind::Connection);
        assert!(told.contains("the head of a request took longer than 100ms"), "{told}");
    }
    let (head, _) = read_answer(&mut patient).await?;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    // Then it is idle, which is no error.
    assert_eq!(read_to_end(&mut patient).await?, "");
    assert!(server.errors.try_recv().is_err());
    // The second head on a connection has a limit as the first has.
    let mut second = server.connect().await?;
    second.write_all(get("/").as_bytes()).await?;
    read_answer(&mut second).await?;
    second.write_all(b"GET").await?;
    assert_eq!(read_to_end(&mut second).await?, "");
    goes_on(&server).await
}

#[anyloop::test]
async fn a_body_that_comes_too_slowly_is_an_error_of_its_reader() -> io::Result<()> {
    let service = service_fn(|request: Request<Body>| async {
        let text = match request.into_body().collect().await {
            Ok(body) => body.to_bytes().len().to_string(),
            Err(error) => error.to_string(),
        };
        Ok::<_, Infallible>(Response::new(text))
    });
    let server = Server::start(service, |server| server.body_timeout(SHORT).min_body_rate(1)).await?;
    let mut stream = server.connect().await?;
    stream.write_all(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\n\r\n").await?;
    let (_, body) = read_answer(&mut stream).await?;
    assert_eq!(body, "the peer sends the body too slowly");
    Ok(())
}

#[anyloop::test]
async fn a_client_that_reads_nothing_is_let_go() -> io::Result<()> {
    let mut server = Server::start(router(), |server| server.write_timeout(SHORT)).await?;
    let mut stream = server.connect().await?;
    stream.write_all(get("/large").as_bytes()).await?;
    let (kind, told) = server.error().await;
    assert_eq!(kind, ServeErrorKind::Connection);
    assert!(told.contains("the peer took nothing for 100ms"), "{told}");
    goes_on(&server).await
}

#[anyloop::test]
async fn connections_past_the_limit_wait() -> io::Result<()> {
    let server = Server::start(router(), |server| server.max_connections(2)).await?;
    let mut first = server.connect().await?;
    let _second = server.connect().await?;
    first.write_all(get("/").as_bytes()).await?;
    read_answer(&mut first).await?;
    let mut third = server.connect().await?;
    third.write_all(get("/").as_bytes()).await?;
    let mut byte = [0];
    assert!(anyloop::time::timeout(SHORT, third.read(&mut byte)).await.is_err(), "a third is served");
    drop(first);
    assert_eq!(read_answer(&mut third).await?.1, "ciao");
    Ok(())
}

#[anyloop::test]
async fn a_service_that_fails_or_panics_ends_nothing_else() -> io::Result<()> {
    let mut server = Server::start(router(), |server| server).await?;
    assert_eq!(server.ask(get("/panic")).await?, "");
    let (kind, told) = server.error().await;
    assert_eq!(kind, ServeErrorKind::Panic);
    assert!(told.contains("on purpose"), "{told}");
    goes_on(&server).await?;

    let failing =
        service_fn(|_: Request<Body>| async { Err::<Response<String>, BoxError>("no disk".into()) });
    let mut server = Server::start(failing, |server| server).await?;
    let mut stream = server.connect().await?;
    for _ in 0..2 {
        stream.write_all(get("/").as_bytes()).await?;
        let (head, body) = read_answer(&mut stream).await?;
        assert!(head.starts_with("HTTP/1.1 500 "), "{head}");
        assert_eq!(body, "the service failed\n");
        let (kind, told) = server.error().await;
        assert_eq!(kind, ServeErrorKind::Service);
        assert!(told.ends_with("the service: no disk"), "{told}");
    }
    Ok(())
}

#[anyloop::test]
async fn pipelined_requests_are_answered_in_their_order() -> io::Result<()> {
    let server = Server::start(router(), |server| server).await?;
    let mut stream = server.connect().await?;
    stream.write_all((get("/slow") + &get("/") + &get("/nothing")).as_bytes()).await?;
    for (status, text) in [("200", ""), ("200", "ciao"), ("404", "")] {
        let (head, body) = bounded(read_answer(&mut stream)).await?;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert_eq!(body, text);
    }
    Ok(())
}
