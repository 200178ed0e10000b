//! The load: one client for all servers, a raw epoll loop in a process of its own. Each connection
//! asks, waits for the whole answer, and asks again.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Instant;

use hdrhistogram::Histogram;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use super::process::{Child, Hello};
use crate::job::{Job, Start, Values};
use crate::names;
use crate::results::Metric;
use crate::wire;

/// The child that is no contestant.
pub(crate) const NAME: &str = "load";

/// Starts the client of a server at this job, on the second core, with its connections open. It may
/// spin if that core is its own.
pub(crate) fn client(job: &Job, port: u16, spin: bool) -> io::Result<Child> {
    let job = job.with("port", port.into()).with("spin", spin.into());
    match Child::start(NAME, &job, Some(1))? {
        (child, Hello::Ready) => Ok(child),
        (_, Hello::LeftOut(why)) => Err(io::Error::other(why)),
        (_, Hello::Listening(_)) => Err(io::Error::other("a client does not listen")),
    }
}

/// A load on `connections` to `port`: of requests of `bytes` that are echoed, or of HTTP.
pub(crate) fn start(job: &Job) -> Start {
    if job.workload == names::SERVERS {
        return super::callers::start(job);
    }
    let (port, connections) = (job.param("port") as u16, job.param("connections"));
    let load = match job.workload.as_str() {
        names::HYPER_HELLO => http_answer(port)
            .and_then(|answer| Load::connect(port, connections, wire::REQUEST.to_vec(), answer)),
        _ => {
            let bytes = job.param("bytes");
            Load::connect(port, connections, vec![b'x'; bytes], bytes)
        }
    };
    match load {
        Ok(mut load) => {
            load.spin = job.params.get("spin") == Some(1);
            load.start()
        }
        Err(error) => Start::left_out(format!("{connections} connections: {error}")),
    }
}

/// How long the server's answer is, head and body: it is the same every time.
fn http_answer(port: u16) -> io::Result<usize> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(wire::REQUEST)?;
    let mut answer = Vec::new();
    let mut buf = [0; 1024];
    while !answer.ends_with(wire::BODY) {
        match stream.read(&mut buf)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => answer.extend_from_slice(&buf[..n]),
        }
    }
    Ok(answer.len())
}

const ZERO: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Connections that are open, and what is sent on them.
pub(crate) struct Load {
    epoll: OwnedFd,
    events: Vec<Event>,
    connections: Vec<Connection>,
    request: Vec<u8>,
    /// How long an answer is, in bytes.
    answer: usize,
    buf: Vec<u8>,
    /// Whether to look for answers again and again: then no server pays for waking the client, be
    /// it fast or slow.
    spin: bool,
    /// Of the slice, in nanoseconds.
    latencies: Histogram<u64>,
}

struct Connection {
    stream: TcpStream,
    asked: Instant,
    got: usize,
}

impl Load {
    pub(crate) fn connect(
        port: u16,
        connections: usize,
        request: Vec<u8>,
        answer: usize,
    ) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut open = Vec::with_capacity(connections);
        for key in 0..connections {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
            epoll::add(&epoll, &stream, EventData::new_u64(key as u64), flags)?;
            open.push(Connection { stream, asked: Instant::now(), got: 0 });
        }
        Ok(Self {
            epoll,
            events: Vec::with_capacity(1024),
            connections: open,
            request,
            answer,
            buf: vec![0; 64 << 10],
            latencies: Histogram::new_with_bounds(1, 60_000_000_000, 3).map_err(io::Error::other)?,
            spin: false,
        })
    }

    pub(crate) fn start(mut self) -> Start {
        Start::Steps(Box::new(move |times| self.run(times).expect("the server answers")))
    }

    /// `times` requests in all, no more than one at a time on each connection.
    fn run(&mut self, times: u64) -> io::Result<Values> {
        self.latencies.reset();
        let (mut to_ask, mut to_hear) = (times, times);
        for connection in self.connections.iter_mut().take(times as usize) {
            connection.ask(&self.request)?;
            to_ask -= 1;
        }
        while to_hear > 0 {
            self.events.clear();
            let timeout = self.spin.then_some(&ZERO);
            epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), timeout)?;
            for event in &self.events {
                let connection = &mut self.connections[event.data.u64() as usize];
                if !connection.hear(&mut self.buf, self.answer)? {
                    continue;
                }
                to_hear -= 1;
                // A latency past the histogram's end is counted at its end.
                self.latencies.saturating_record(connection.asked.elapsed().as_nanos() as u64);
                if to_ask > 0 {
                    to_ask -= 1;
                    connection.ask(&self.request)?;
                }
            }
        }
        let quantile = |q: f64| self.latencies.value_at_quantile(q) as f64 / 1e3;
        Ok(vec![
            (Metric::P50Us, quantile(0.5)),
            (Metric::P99Us, quantile(0.99)),
            (Metric::P999Us, quantile(0.999)),
        ])
    }
}

impl Connection {
    fn ask(&mut self, request: &[u8]) -> io::Result<()> {
        self.asked = Instant::now();
        // It fits into the socket's buffer: the answer to the last one has come, so that one was
        // read.
        self.stream.write_all(request)
    }

    /// Whether the answer is whole.
    fn hear(&mut self, buf: &mut [u8], answer: usize) -> io::Result<bool> {
        loop {
            match self.stream.read(buf) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    self.got += n;
                    if n < buf.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let whole = self.got >= answer;
        if whole {
            self.got -= answer;
        }
        Ok(whole)
    }
}
