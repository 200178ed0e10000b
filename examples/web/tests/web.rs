//! The programs on every backend, as they are seen from outside.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

#[path = "../../tests/support/mod.rs"]
mod support;
mod worlds;

use support::{BACKENDS, Server, beside_each_other, fails, is_let_go, read_all};

/// The head of an answer, and as many bytes of the body as it tells.
fn answer(stream: &mut BufReader<TcpStream>) -> (String, String) {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let begin = head.len();
        assert_ne!(stream.read_line(&mut head).expect("an answer"), 0, "it ends: {head}");
        match head[begin..].trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().expect("a number");
            }
            None if head[begin..].trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("the body");
    (head, String::from_utf8(body).expect("text"))
}

#[cfg(unix)]
#[test]
fn the_service_drains_at_both_signals() {
    use rustix::process::{Pid, Signal, kill_process};
    for backend in BACKENDS {
        for (signal, grace, finishes) in [(Signal::TERM, "20000", true), (Signal::INT, "50", false)] {
            let mut server = Server::start("service", &["--backend", backend, "--grace", grace]);
            // Both have been served once; then one is idle, and the other in the middle of a request.
            let [mut idle, mut busy] = [(); 2].map(|()| {
                let mut stream = BufReader::new(server.connect());
                stream.get_mut().write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").expect("a request");
                assert_eq!(answer(&mut stream).1, "ciao\n", "{backend}");
                stream
            });
            let head =
                "POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n";
            busy.get_mut().write_all(head.as_bytes()).expect("a request");
            // The service has begun to read the body.
            assert!(answer(&mut busy).0.starts_with("HTTP/1.1 100 "), "{backend}");
            kill_process(Pid::from_child(&server.child), signal).expect("the signal");
            server.says("2 connections have");
            assert!(TcpStream::connect(server.addr).is_err(), "{backend}: a new client is taken");
            assert!(is_let_go(idle.get_mut()), "{backend}: it waits for a client that is idle");
            if finishes {
                busy.get_mut().write_all(b"all of it").expect("the body");
                let (head, body) = answer(&mut busy);
                assert!(head.contains("connection: close"), "{backend}: {head}");
                assert_eq!(body, "all of i", "{backend}");
            }
            assert!(server.child.wait().expect("its end").success(), "{backend}");
            let end = read_all(&mut server.stdout);
            let expected = if finishes { "all have finished" } else { "1 have not finished" };
            assert!(end.contains(expected), "{backend}: {end}");
        }
    }
}

#[test]
fn the_service_has_limits() {
    beside_each_other(|backend| {
        let limits = ["--backend", backend, "--patience", "1", "--connections", "2"];
        let server = Server::start("service", &limits);
        // Two that never finish a request take all there is; they are let go, and others are served.
        let (silent, slow) = (server.connect(), server.connect());
        (&slow)
            .write_all(b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n1")
            .expect("a write");
        let mut third = BufReader::new(server.connect());
        let head = "POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n";
        third.get_mut().write_all(head.as_bytes()).expect("a request");
        // It need not take all of this.
        let _rest = third.get_mut().write_all(&[b'x'; 100_000]);
        assert!(answer(&mut third).0.starts_with("HTTP/1.1 400 "), "{backend}");
        let mut slow = BufReader::new(slow);
        assert!(answer(&mut slow).0.starts_with("HTTP/1.1 408 "), "{backend}");
        assert!(is_let_go(&silent), "{backend}");
    });
}

/// If curl is installed.
#[test]
fn curl_is_served() {
    for backend in BACKENDS {
        let server = Server::start("service", &["--backend", backend]);
        let url = format!("http://{}/echo", server.addr);
        match Command::new("curl").args(["--silent", "--data", "ciao", &url]).output() {
            Ok(output) => assert_eq!(output.stdout, b"ciao", "{backend}: {output:?}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "curl: {error}"),
        }
    }
}

fn join(server: &Server) -> WebSocket<TcpStream> {
    let url = format!("ws://{}/", server.addr);
    tungstenite::client(url, server.connect()).expect("the handshake").0
}

fn hear(client: &mut WebSocket<TcpStream>) -> String {
    loop {
        if let Message::Text(text) = client.read().expect("a message") {
            return text.as_str().to_owned();
        }
    }
}

#[test]
fn broadcast_tells_all_but_the_speaker() {
    for backend in BACKENDS {
        let server = Server::start("broadcast", &["--backend", backend]);
        let [mut anna, mut bert, mut carl] = [(); 3].map(|()| join(&server));
        // Its first ping tells that a client is in.
        for client in [&mut anna, &mut bert, &mut carl] {
            assert!(client.read().expect("a message").is_ping(), "{backend}");
        }
        anna.send(Message::text("from anna")).expect("to be sent");
        assert_eq!([hear(&mut bert), hear(&mut carl)], ["from anna", "from anna"], "{backend}");
        bert.close(None).expect("a close");
        carl.send(Message::text("from carl")).expect("to be sent");
        // Not what anna said.
        assert_eq!(hear(&mut anna), "from carl", "{backend}");
        // One that says too much is let go, and the others go on.
        let _refused = carl.send(Message::text("x".repeat(17 * 1024)));
        assert!(is_let_go(carl.get_mut()), "{backend}");
        let mut dora = join(&server);
        dora.send(Message::text("from dora")).expect("to be sent");
        assert_eq!(hear(&mut anna), "from dora", "{backend}");
    }
}

#[test]
fn broadcast_lets_go_who_does_not_shake_hands_or_answer() {
    beside_each_other(|backend| {
        let limits = ["--backend", backend, "--patience", "0.3", "--connections", "2"];
        let server = Server::start("broadcast", &limits);
        let silent = server.connect();
        // It takes part, but does not answer pings.
        let mut deaf = join(&server);
        assert!(is_let_go(&silent), "{backend}");
        assert!(is_let_go(deaf.get_mut()), "{backend}");
        // There are free places again.
        assert!(join(&server).read().expect("a message").is_ping(), "{backend}");
    });
}

#[test]
fn bad_arguments_are_told() {
    for name in ["service", "broadcast"] {
        assert!(fails(name, &["--listen", "nonsense"]).contains("nonsense"));
        assert!(fails(name, &["--backend", "epoll"]).contains("native, tokio"));
    }
}
