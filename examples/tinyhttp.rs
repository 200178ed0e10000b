//! A very small web server, in tokio's idiom: /plaintext and /json, kept alive. Everything a client
//! can make it hold has a limit: the head of a request, the time for it and for taking the answer,
//! and the number of connections.
//!
//!     cargo run --example tinyhttp -- --listen 127.0.0.1:8080
//!     curl http://127.0.0.1:8080/json

use std::io;
use std::process::ExitCode;

use anyloop::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::task::JoinSet;
use clap::Parser;
use examples::{Limits, Options, Outcome};

/// The longest head of a request, in bytes.
const HEAD_LIMIT: u64 = 16 * 1024;

/// A very small web server, with /plaintext and /json.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    limits: Limits,
}

fn main() -> ExitCode {
    let Args { options, limits } = Args::parse();
    examples::serve(options.backend, || serve(options.listen, limits))
}

pub(crate) async fn serve(listen: String, limits: Limits) -> Outcome {
    let listener = TcpListener::bind(&listen).await?;
    println!("tinyhttp on http://{}", listener.local_addr()?);
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = limits.accept(&listener, &mut connections).await?;
        connections.spawn(async move {
            if let Err(error) = process(stream, limits).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

async fn process(stream: TcpStream, limits: Limits) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    // A client that is idle between two requests has the same time as one that is slow with its
    // head.
    while let Some(request) = limits.wait(read_head(&mut reader)).await? {
        let (status, kind, body) = respond(&request);
        let close = if request.close { "Connection: close\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{close}\r\n",
            body.len()
        );
        let body = if request.method == "HEAD" { "" } else { body };
        let answer = [head.as_bytes(), body.as_bytes()].concat();
        limits.wait(writer.write_all(&answer)).await?;
        if request.close {
            break;
        }
    }
    writer.shutdown().await
}

struct Request {
    method: String,
    path: String,
    close: bool,
}

/// The next request's head, or `None` at the end of the connection.
async fn read_head(reader: &mut (impl anyloop::io::AsyncBufRead + Unpin)) -> io::Result<Option<Request>> {
    let mut reader = reader.take(HEAD_LIMIT);
    let mut line = String::new();
    if reader.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (Some(method), Some(path), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not an HTTP request line"));
    };
    let mut request =
        Request { method: method.to_owned(), path: path.to_owned(), close: version == "HTTP/1.0" };
    loop {
        line.clear();
        if reader.read_line(&mut line).await? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the request's head is cut off or too long",
            ));
        }
        match line.trim_end().split_once(':') {
            None => return Ok(Some(request)),
            Some((name, value)) if name.eq_ignore_ascii_case("connection") => {
                request.close = value.trim().eq_ignore_ascii_case("close");
            }
            Some(_) => {}
        }
    }
}

fn respond(request: &Request) -> (&'static str, &'static str, &'static str) {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET" | "HEAD", "/plaintext") => ("200 OK", "text/plain", "Hello, World!"),
        ("GET" | "HEAD", "/json") => ("200 OK", "application/json", "{\"message\":\"Hello, World!\"}"),
        ("GET" | "HEAD", _) => ("404 Not Found", "text/plain", "not found: try /plaintext or /json\n"),
        _ => ("405 Method Not Allowed", "text/plain", "only GET and HEAD\n"),
    }
}
