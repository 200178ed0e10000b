//! The load: one client for all servers, a raw epoll loop. Each connection asks, waits for the whole
//! answer, and asks again.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

const ZERO: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// How long a server may be silent before that is an error.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections that are open, and what is sent on them.
pub struct Load {
    epoll: OwnedFd,
    events: Vec<Event>,
    connections: Vec<Connection>,
    request: Vec<u8>,
    /// How long an answer is, in bytes.
    answer: usize,
    buf: Vec<u8>,
    /// Whether to look for answers again and again.
    spin: bool,
    /// Of the slice, in nanoseconds.
    latencies: Histogram<u64>,
}

struct Connection {
    stream: TcpStream,
    asked: Instant,
    got: usize,
}

/// What a slice found, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latencies {
    /// The middle.
    pub p50: f64,
    /// 99 of 100 are below.
    pub p99: f64,
    /// 999 of 1,000 are below.
    pub p999: f64,
}

impl Load {
    /// Opens `connections` to a server that answers each `request` with `answer` bytes.
    ///
    /// # Errors
    ///
    /// Any error of connecting, with how many connections were open.
    pub fn connect(
        server: SocketAddr,
        connections: usize,
        request: Vec<u8>,
        answer: usize,
    ) -> io::Result<Load> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut open = Vec::with_capacity(connections);
        for key in 0..connections {
            let stream = TcpStream::connect(server).map_err(|error| {
                io::Error::new(error.kind(), format!("{error}, with {key} connections open"))
            })?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
            epoll::add(&epoll, &stream, EventData::new_u64(key as u64), flags)?;
            open.push(Connection { stream, asked: Instant::now(), got: 0 });
        }
        Ok(Load {
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

    /// Looks for answers again and again, on a core of its own: then no server pays for waking the
    /// client, be it fast or slow.
    pub fn spin(&mut self, spin: bool) {
        self.spin = spin;
    }

    /// Does `times` requests in all, no more than one at a time on each connection.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the server closes a connection, `TimedOut` if it is silent for ten
    /// seconds, or any error of the streams.
    pub fn run(&mut self, times: u64) -> io::Result<()> {
        let mut left = times;
        self.ask_while(|| {
            let more = left > 0;
            left = left.saturating_sub(1);
            more
        })
        .map(drop)
    }

    /// Does requests for so long, and gives how many.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_for(&mut self, time: Duration) -> io::Result<u64> {
        let begun = Instant::now();
        self.ask_while(|| begun.elapsed() < time)
    }

    /// Asks while `more` says so, and hears all the answers, of which it gives the number.
    fn ask_while(&mut self, mut more: impl FnMut() -> bool) -> io::Result<u64> {
        self.latencies.reset();
        let (mut asked, mut heard) = (0, 0);
        for connection in &mut self.connections {
            if !more() {
                break;
            }
            connection.ask(&self.request)?;
            asked += 1;
        }
        let patience = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
        let mut spoke = Instant::now();
        while heard < asked {
            self.events.clear();
            let timeout = if self.spin { &ZERO } else { &patience };
            epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), Some(timeout))?;
            if !self.events.is_empty() {
                spoke = Instant::now();
            } else if spoke.elapsed() >= PATIENCE {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the server is silent"));
            }
            for event in &self.events {
                let connection = &mut self.connections[event.data.u64() as usize];
                if !connection.hear(&mut self.buf, self.answer)? {
                    continue;
                }
                heard += 1;
                // A latency past the histogram's end is counted at its end.
                self.latencies.saturating_record(connection.asked.elapsed().as_nanos() as u64);
                if more() {
                    asked += 1;
                    connection.ask(&self.request)?;
                }
            }
        }
        Ok(heard)
    }

    /// Those of the last run.
    pub fn latencies(&self) -> Latencies {
        let quantile = |q: f64| self.latencies.value_at_quantile(q) as f64 / 1e3;
        Latencies { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999) }
    }
}

impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load").field("connections", &self.connections.len()).finish_non_exhaustive()
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
