//! The load on a server: a program of the user's, or one of ours.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::command::CommandLine;
use super::tool::{Found, read_load};
use crate::load::Load;

/// What asks the servers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Client {
    /// A program that prints what wrk, h2load or ab print.
    Command(CommandLine),
    /// `GET` of a path, on this many connections, each of which asks again when it has its answer.
    /// Answers have a `content-length`, and are equally long.
    Http {
        /// Such as `/`.
        path: String,
        /// How many.
        connections: usize,
    },
    /// This many bytes, which the server sends back.
    Echo {
        /// Of a request.
        bytes: usize,
        /// How many.
        connections: usize,
    },
}

/// A client that is at its work.
pub(super) enum Working<'a> {
    Command(&'a CommandLine, SocketAddr),
    Ours(Box<Load>),
}

impl Client {
    pub(super) fn start(&self, server: SocketAddr) -> io::Result<Working<'_>> {
        let (request, answer, connections) = match self {
            Client::Command(line) => return Ok(Working::Command(line, server)),
            Client::Echo { bytes, connections } => (vec![b'x'; *bytes], *bytes, connections),
            Client::Http { path, connections } => {
                let request = format!("GET {path} HTTP/1.1\r\nhost: {server}\r\n\r\n").into_bytes();
                let answer = http_answer(server, &request)?;
                (request, answer, connections)
            }
        };
        Ok(Working::Ours(Box::new(Load::connect(server, *connections, request, answer)?)))
    }
}

impl Working<'_> {
    /// Asks for so long.
    pub(super) fn slice(&mut self, slice: Duration) -> io::Result<Found> {
        match self {
            Working::Command(line, server) => {
                let output = line.command(*server, slice).stdin(Stdio::null()).output().map_err(|error| {
                    io::Error::new(error.kind(), format!("`{}` cannot be started: {error}", line.program()))
                })?;
                let said = String::from_utf8_lossy(&output.stdout);
                if !output.status.success() {
                    let errors = String::from_utf8_lossy(&output.stderr);
                    let what = format!("`{line}` ended ({}): {}", output.status, errors.trim());
                    return Err(io::Error::other(what));
                }
                read_load(&said).map_err(io::Error::other)
            }
            Working::Ours(load) => {
                let begun = Instant::now();
                let requests = load.run_for(slice)? as f64;
                let latencies = load.latencies();
                Ok(Found {
                    requests,
                    failed: 0.0,
                    per_second: requests / begun.elapsed().as_secs_f64(),
                    p50: Some(latencies.p50),
                    p99: Some(latencies.p99),
                })
            }
        }
    }
}

/// How long the answer to a request is, head and body.
fn http_answer(server: SocketAddr, request: &[u8]) -> io::Result<usize> {
    const LIMIT: usize = 64 << 10;
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request)?;
    let mut head = Vec::new();
    let end = loop {
        let mut buf = [0; 4096];
        let n = stream.read(&mut buf)?;
        head.extend_from_slice(&buf[..n]);
        if let Some(at) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if n == 0 || head.len() > LIMIT {
            return Err(io::Error::other("the server's answer is not one of HTTP"));
        }
    };
    let text = String::from_utf8_lossy(&head[..end]);
    let mut lines = text.lines();
    let status = lines.next().unwrap_or_default();
    if !status.split_whitespace().nth(1).is_some_and(|code| code.starts_with('2')) {
        return Err(io::Error::other(format!("the server answers `{status}`")));
    }
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length
        .ok_or_else(|| io::Error::other("the answer has no content-length: ask with wrk, by --load"))?;
    Ok(end + 4 + length)
}
