//! The programs on every loop, by clients that nobody here wrote: curl, and OpenSSL's TLS with it.

use std::io::Write;
use std::process::{Command, Output};
use std::time::Duration;

use anyloop_web::serve;
use axum::Router;
use axum::routing::get;
use outside::has;

use crate::support::{BACKENDS, Server, beside_each_other, fails, program};

fn curl(args: &[&str]) -> String {
    let output =
        Command::new("curl").args(["--silent", "--show-error", "--max-time", "30"]).args(args).output();
    let Output { status, stdout, stderr } = output.expect("curl");
    assert!(status.success(), "curl {args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("text")
}

#[test]
fn hello_is_said_over_http_1_and_2() {
    if !has("curl", &["--version"]) {
        return;
    }
    for backend in BACKENDS {
        let mut child = program("http_hello");
        child.env("ANYLOOP_BACKEND", backend);
        let server = Server::spawn("http_hello", child.arg("127.0.0.1:0"));
        let url = format!("http://{}/", server.addr);
        assert_eq!(curl(&["--include", &url]).lines().next(), Some("HTTP/1.1 200 OK"), "{backend}");
        assert_eq!(curl(&[&url]), "Ciao EuroPython\n", "{backend}");
        let version = ["--http2-prior-knowledge", "--write-out", "%{http_version}"];
        assert_eq!(curl(&[&version[..], &[&url]].concat()), "Ciao EuroPython\n2", "{backend}");
    }
    let source = include_str!("../../examples/http_hello.rs");
    let lines = source.lines().filter(|line| !line.starts_with("//!") && !line.is_empty()).count();
    assert!(lines <= 15, "{lines} lines");
}

#[test]
fn a_resource_renders_what_it_can() {
    if !has("curl", &["--version"]) {
        return;
    }
    for backend in BACKENDS {
        let server = Server::start("http_resource", &["--backend", backend]);
        let url = format!("http://{}/hello", server.addr);
        assert_eq!(curl(&[&url]), "Ciao EuroPython\n", "{backend}");
        assert_eq!(curl(&["--data", "anna", &url]), "it greets anna now\n", "{backend}");
        assert_eq!(curl(&[&url]), "Ciao anna\n", "{backend}");
        let status = ["--output", "/dev/null", "--write-out", "%{http_code}"];
        let code = |args: &[&str]| curl(&[&status[..], args].concat());
        assert_eq!(code(&["--request", "DELETE", &url]), "405", "{backend}");
        assert_eq!(code(&["--data-binary", "\u{fffd}", &url]), "200", "{backend}");
        assert_eq!(code(&["--data", &"x".repeat(2000), &url]), "413", "{backend}");
        assert_eq!(code(&[&format!("http://{}/nothing", server.addr)]), "404", "{backend}");
    }
}

#[test]
fn an_application_has_routes_state_and_chunks() {
    if !has("curl", &["--version"]) {
        return;
    }
    for backend in BACKENDS {
        let mut server = Server::start("http_app", &["--backend", backend]);
        let url = format!("http://{}/story/1", server.addr);
        let write = |text: &str| {
            let json = ["--request", "PUT", "--header", "content-type: application/json", "--data", text];
            curl(&[&json[..], &["--write-out", "%{http_code}", &url]].concat())
        };
        assert_eq!(write("\"the talk\""), "201", "{backend}");
        assert_eq!(write("\"and the coffee\""), "200", "{backend}");
        assert!(write("nonsense").ends_with("400"), "{backend}");
        assert_eq!(curl(&[&url]), "\"and the coffee\"", "{backend}");
        let count = format!("http://{}/count/5", server.addr);
        let answer = curl(&["--include", &count]);
        assert!(answer.contains("transfer-encoding: chunked\r\n"), "{backend}: {answer}");
        assert!(answer.ends_with("\r\n\r\n0\n1\n2\n3\n4\n"), "{backend}: {answer}");
        server.terminate();
        server.says("all have finished");
    }
}

#[test]
fn a_proxy_has_the_head_before_the_body() {
    if !has("curl", &["--version"]) {
        return;
    }
    beside_each_other(|backend| {
        let server = Server::start("http_proxy", &["--backend", backend]);
        let answer = curl(&["--include", &format!("http://{}/delay/500", server.addr)]);
        let after = |name: &str| -> u64 {
            let value = answer.lines().find_map(|line| line.strip_prefix(name));
            value.expect(&answer).trim().parse().expect("a number")
        };
        let (head, body) = (after("x-head-after-ms: "), after("x-body-after-ms: "));
        // Each is rounded down, and the head may be late on a busy machine.
        assert!(body >= 500 && body - head >= 100, "{backend}: {answer}");
        assert!(answer.ends_with("500 ms late\n"), "{backend}: {answer}");
        let broken = Server::start("http_proxy", &["--backend", backend, "--to", "http://127.0.0.1:1"]);
        let answer = curl(&["--include", &format!("http://{}/", broken.addr)]);
        assert!(answer.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{backend}: {answer}");
    });
}

#[test]
fn many_urls_come_as_they_were_asked_for() {
    let server = Server::start("http_proxy", &[]);
    let url = |delay: u32| format!("http://{}/delay/{delay}", server.addr);
    // The third is waited for by none of those that wait for some.
    let (now, soon, late) = (url(0), url(50), url(9999));
    let refused = "http://127.0.0.1:1/".to_owned();
    beside_each_other(|backend| {
        let fetch = |how: &str, urls: &[&String]| {
            let mut command = program("http_fetch");
            command.args(["--backend", backend, "--limit", "1500", "--how", how]).args(urls);
            let output = command.output().expect("the program");
            assert!(output.status.success(), "{backend}: {output:?}");
            String::from_utf8(output.stdout).expect("text")
        };
        let tuple = fetch("tuple", &[&soon, &now]);
        assert_eq!(tuple, "one: 200 50 ms late\ntwo: 200 0 ms late\n", "{backend}");
        let listed = format!("{soon}: 200 50 ms late\n{now}: 200 0 ms late\n");
        assert_eq!(fetch("list", &[&soon, &now]), listed, "{backend}");
        let by_name = format!("{now}: 200 0 ms late\n{soon}: 200 50 ms late\n");
        assert_eq!(fetch("dict", &[&soon, &now]), by_name, "{backend}");
        let first = fetch("first", &[&late, &now]);
        assert_eq!(first, "number 1: 200 0 ms late\n1 are not done\n", "{backend}");
        let error = fetch("error", &[&late, &refused]);
        assert!(error.starts_with("number 1: failed: http://127.0.0.1:1/: "), "{backend}: {error}");
        assert!(error.ends_with("\n1 are not done\n"), "{backend}: {error}");
        let within = fetch("within", &[&late, &now]);
        assert_eq!(within, "number 1: 200 0 ms late\n1 are not done\n", "{backend}");
    });
}

#[test]
fn bad_arguments_are_told() {
    for name in ["http_resource", "http_app", "http_proxy", "websocket_echo"] {
        assert!(fails(name, &["--listen", "nonsense"]).contains("nonsense"), "{name}");
        assert!(fails(name, &["--backend", "epoll"]).contains("native, tokio"), "{name}");
    }
    assert!(fails("http_fetch", &["--how", "tuple", "http://127.0.0.1:1/"]).contains("two URLs"));
    for to in ["nonsense", "https://127.0.0.1:1", "/path"] {
        assert!(fails("http_proxy", &["--to", to]).contains("write http://HOST:PORT"), "{to}");
    }
}

/// More connections than there are descriptors: some wait, and all are served.
#[cfg(unix)]
#[test]
fn descriptors_that_run_out_are_waited_for() {
    beside_each_other(|backend| {
        let mut shell = Command::new("sh");
        // The program raises its limit as far as it may.
        shell.args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\""]).arg(program("http_app").get_program());
        let server = Server::spawn("http_app", shell.args(["--backend", backend]));
        let mut open: Vec<_> = (0..60).map(|_| server.connect()).collect();
        for stream in &mut open {
            stream
                .write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
                .expect("a request");
        }
        // Each ends once it is answered, and makes way for another.
        for stream in open {
            let answer = crate::support::read_all(stream);
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{backend}: {answer}");
        }
    });
}

#[test]
fn curl_comes_by_tls() {
    if !has("curl", &["--version"]) {
        return;
    }
    let site = tls::Site::new();
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = folder.path().join("certificate.pem");
    std::fs::write(&certificate, &site.certificate).expect("a file");
    for backend in BACKENDS {
        let backend = backend.parse().expect("a backend");
        let mut runtime = anyloop::runtime::Builder::new().backend(backend).build().expect("a loop");
        runtime.block_on(async {
            let listener = anyloop::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let port = listener.local_addr().expect("its address").port();
            let router = Router::new().route("/", get(|| async { "in private" }));
            anyloop::spawn(serve(listener, router.clone()).tls(site.server.clone()).into_future());
            for (version, expected) in [("--http1.1", "in private1.1"), ("--http2", "in private2")] {
                let url = format!("https://localhost:{port}/");
                let certificate = certificate.display().to_string();
                let asked = anyloop::task::spawn_blocking(move || {
                    let write_out = ["--write-out", "%{http_version}", "--cacert", &certificate];
                    curl(&[&[version][..], &write_out, &[&url]].concat())
                });
                assert_eq!(asked.await.expect("curl"), expected, "{backend}");
            }
            // One that never shakes hands is let go, and one that speaks no TLS.
            let listener = anyloop::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let addr = listener.local_addr().expect("its address");
            let (tell, mut told) = anyloop::sync::mpsc::unbounded_channel();
            let server = serve(listener, router)
                .tls(site.server.clone())
                .header_timeout(Duration::from_millis(100))
                .on_error(move |error| tell.send(error.kind()).expect("the test goes on"));
            anyloop::spawn(server.into_future());
            let silent = std::net::TcpStream::connect(addr).expect("a connection");
            let plain = std::net::TcpStream::connect(addr).expect("a connection");
            (&plain).write_all(b"GET / HTTP/1.1\r\n\r\n").expect("a write");
            for _ in 0..2 {
                assert_eq!(told.recv().await, Some(anyloop_web::ServeErrorKind::Tls), "{backend}");
            }
            drop((silent, plain));
        });
    }
}
