//! Clients that connect anew for each request, many at once: a raw epoll loop in a process of its
//! own.
//!
//! Each asks, waits for its answer, and asks again on a new connection until the time is over. One
//! whose answer does not come in [`PATIENCE`], or whose connection is closed without it, gives up
//! and counts as unserved.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::fs::Timespec;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

use crate::job::{Job, Start, Values};
use crate::results::Metric;
use crate::wire::BYTES;

/// How long a client waits for its answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// `clients` clients of the server at `port`; each operation of a slice is a millisecond.
pub(crate) fn start(job: &Job) -> Start {
    let (port, clients) = (job.param("port") as u16, job.param("clients"));
    Start::Steps(Box::new(move |times| {
        let time = Duration::from_millis(times);
        Callers::new(port, clients, time).and_then(Callers::run).expect("sockets can be had")
    }))
}

/// One slice.
struct Callers {
    server: SocketAddrV4,
    epoll: OwnedFd,
    calls: Vec<Option<Call>>,
    /// When the clients stop asking.
    end: Instant,
    time: Duration,
    /// Answers that came before the end.
    served: u64,
    unserved: u64,
    latencies: Histogram<u64>,
    waited: Vec<u64>,
    ran: Vec<u64>,
}

/// A request under way.
struct Call {
    stream: TcpStream,
    asked: Instant,
    sent: bool,
    answer: [u8; BYTES],
    got: usize,
}

impl Callers {
    fn new(port: u16, clients: usize, time: Duration) -> io::Result<Self> {
        Ok(Self {
            server: SocketAddrV4::new(Ipv4Addr::LOCALHOST, port),
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            calls: (0..clients).map(|_| None).collect(),
            // Until all have begun.
            end: Instant::now() + Duration::from_secs(3600),
            time,
            served: 0,
            unserved: 0,
            latencies: Histogram::new_with_bounds(1, 60_000_000_000, 3).map_err(io::Error::other)?,
            waited: Vec::new(),
            ran: Vec::new(),
        })
    }

    fn run(mut self) -> io::Result<Values> {
        for client in 0..self.calls.len() {
            self.call(client)?;
        }
        self.served = 0;
        self.end = Instant::now() + self.time;
        let mut events: Vec<Event> = Vec::with_capacity(1024);
        let mut looked = Instant::now();
        while self.calls.iter().any(Option::is_some) {
            events.clear();
            let nap = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
            epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), Some(&nap))?;
            for event in &events {
                self.hear(event.data.u64() as usize)?;
            }
            if looked.elapsed() > Duration::from_millis(50) {
                looked = Instant::now();
                self.give_up();
            }
        }
        Ok(self.values())
    }

    /// A new request of a client, on a new connection.
    fn call(&mut self, client: usize) -> io::Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        // Closed without a trace, so that the ports do not run out.
        sockopt::set_socket_linger(&socket, Some(Duration::ZERO))?;
        match rustix::net::connect(&socket, &self.server) {
            Ok(()) | Err(rustix::io::Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.epoll, &socket, EventData::new_u64(client as u64), flags)?;
        let (stream, answer) = (TcpStream::from(socket), [0; BYTES]);
        self.calls[client] = Some(Call { stream, asked: Instant::now(), sent: false, answer, got: 0 });
        self.hear(client)
    }

    /// Goes on with a client as far as it goes; begins its next request when this one is answered.
    fn hear(&mut self, client: usize) -> io::Result<()> {
        let Some(call) = &mut self.calls[client] else { return Ok(()) };
        match call.go_on() {
            Ok(false) => return Ok(()),
            Ok(true) => {}
            // Closed by the server without an answer, or not even accepted.
            Err(_) => {
                self.unserved += 1;
                self.calls[client] = None;
                return Ok(());
            }
        }
        let now = Instant::now();
        // A latency past the histogram's end is counted at its end.
        self.latencies.saturating_record((now - call.asked).as_nanos() as u64);
        let number = |at: usize| u64::from_le_bytes(call.answer[at..at + 8].try_into().expect("eight bytes"));
        self.waited.push(number(0));
        self.ran.push(number(8));
        self.calls[client] = None;
        if now < self.end {
            self.served += 1;
            return self.call(client);
        }
        Ok(())
    }

    /// Those who have waited too long.
    fn give_up(&mut self) {
        for call in &mut self.calls {
            if call.as_ref().is_some_and(|call| call.asked.elapsed() > PATIENCE) {
                *call = None;
                self.unserved += 1;
            }
        }
    }

    fn values(mut self) -> Values {
        let middle = |all: &mut Vec<u64>| {
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or(0) as f64 / 1e3
        };
        let mut values = vec![
            (Metric::OpsPerS, self.served as f64 / self.time.as_secs_f64()),
            (Metric::Unserved, self.unserved as f64),
        ];
        if !self.latencies.is_empty() {
            let quantile = |q: f64| self.latencies.value_at_quantile(q) as f64 / 1e3;
            values.extend([
                (Metric::P50Us, quantile(0.5)),
                (Metric::P99Us, quantile(0.99)),
                (Metric::WaitedUs, middle(&mut self.waited)),
                (Metric::RanUs, middle(&mut self.ran)),
            ]);
        }
        values
    }
}

impl Call {
    /// Whether the answer is whole.
    fn go_on(&mut self) -> io::Result<bool> {
        let later = |error: io::Error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected => Ok(false),
            _ => Err(error),
        };
        if !self.sent {
            match self.stream.write(&[7; BYTES]) {
                Ok(BYTES) => self.sent = true,
                Ok(n) => return Err(io::Error::other(format!("a new socket took {n} bytes"))),
                Err(error) => return later(error),
            }
        }
        while self.got < BYTES {
            match self.stream.read(&mut self.answer[self.got..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => self.got += n,
                Err(error) => return later(error),
            }
        }
        Ok(true)
    }
}
