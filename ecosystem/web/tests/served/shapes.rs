//! Requests of unusual shapes, also those by which one request is passed off as two: each is answered
//! as HTTP wants it or refused, and the server goes on.

use std::io;

use anyloop::io::AsyncWriteExt;
use axum::Router;
use axum::routing::{get, post};
use hyper::body::Bytes;

use crate::raw::{Server, read_answer, read_to_end};

const POST: &str = "POST /echo HTTP/1.1\r\nhost: here\r\nconnection: close\r\n";

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "ciao" }))
        .route("/echo", post(|body: Bytes| async move { body }))
        .route("/inner", get(|| async { "smuggled" }))
}

#[anyloop::test]
async fn no_request_is_smuggled_in_the_body_of_another() -> io::Result<()> {
    let server = Server::start(router(), |server| server).await?;
    let inner = "GET /inner HTTP/1.1\r\nhost: here\r\n\r\n";
    for fields in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 6\r\n",
        "content-length: -1\r\n",
        "content-length: +5\r\n",
        "content-length: 0x5\r\n",
        "content-length: 99999999999999999999999\r\n",
        "transfer-encoding: identity\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding : chunked\r\n",
        "content-length : 5\r\n",
    ] {
        let answer = server.ask(format!("{POST}{fields}\r\n0\r\n\r\n{inner}")).await?;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{fields}: {answer}");
        assert!(!answer.contains("smuggled"), "{fields}: {answer}");
    }
    // Where both are told, the chunks count (RFC 9112, 6.3), and what follows them is not served.
    for fields in [
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
    ] {
        let answer = server.ask(format!("{POST}{fields}\r\n2\r\nab\r\n0\r\n\r\n{inner}")).await?;
        assert!(!answer.contains("smuggled"), "{fields}: {answer}");
        let taken = answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nab");
        assert!(taken || answer.starts_with("HTTP/1.1 400 "), "{fields}: {answer}");
    }
    Ok(())
}

#[anyloop::test]
async fn chunks_of_wrong_sizes_are_refused() -> io::Result<()> {
    let server = Server::start(router(), |server| server).await?;
    for chunks in ["x\r\nab\r\n", "-1\r\nab\r\n", "1\r\nab\r\n0\r\n\r\n", "fffffffffffffffff\r\nab\r\n"] {
        let answer = server.ask(format!("{POST}transfer-encoding: chunked\r\n\r\n{chunks}")).await?;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{chunks:?}: {answer}");
    }
    Ok(())
}

#[anyloop::test]
async fn old_and_odd_requests_are_answered_as_they_should_be() -> io::Result<()> {
    let server = Server::start(router(), |server| server).await?;
    // HTTP/1.0 closes by itself.
    let answer = server.ask("GET / HTTP/1.0\r\n\r\n").await?;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\nciao"), "{answer}");
    // HEAD has the length, and no body.
    let answer = server.ask("HEAD / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(answer.contains("content-length: 4\r\n"), "{answer}");
    // An upgrade that is not taken is a plain request.
    let upgrade = "upgrade: other/1\r\nconnection: upgrade, close\r\n";
    let answer = server.ask(format!("GET / HTTP/1.1\r\nhost: here\r\n{upgrade}\r\n")).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("ciao"), "{answer}");
    // A client that waits is told to go on, and then answered.
    let mut stream = server.connect().await?;
    stream.write_all(format!("{POST}content-length: 2\r\nexpect: 100-continue\r\n\r\n").as_bytes()).await?;
    let (head, _) = read_answer(&mut stream).await?;
    assert_eq!(head, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ab").await?;
    let (head, body) = read_answer(&mut stream).await?;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert_eq!(body, "ab");
    Ok(())
}

#[anyloop::test]
async fn what_ends_its_side_is_answered_as_a_whole_or_not_at_all() -> io::Result<()> {
    let server = Server::start(router(), |server| server).await?;
    let part = format!("{POST}content-length: 9\r\n\r\nab");
    for (sent, may_be_answered) in
        [("GET / HTTP/1.1\r\nhost: here\r\n\r\n", true), ("GET / HTTP/1.1\r\nho", false), (&*part, false)]
    {
        let mut stream = server.connect().await?;
        stream.write_all(sent.as_bytes()).await?;
        stream.shutdown().await?;
        let answer = read_to_end(&mut stream).await?;
        let whole = answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nciao");
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 400 ");
        assert!(refused || (may_be_answered && whole), "{sent:?}: {answer}");
    }
    Ok(())
}
