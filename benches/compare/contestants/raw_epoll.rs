//! An epoll loop by hand, edge triggered, no tasks and no async: what the others are measured
//! against.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use crate::job::{Job, Start};
use crate::names;

pub(super) fn start(job: &Job) -> Start {
    match job.workload.as_str() {
        names::UNIX_PAIRS => Pairs::new(job.param("pairs")).start(),
        names::TCP_ECHO | names::IDLE_CONNECTION => {
            let bytes = job.param("bytes");
            Start::server(move |listener| serve(&listener, bytes).expect("the loop runs"))
        }
        _ => Start::lacks("a loop without tasks, timers and threads", job),
    }
}

/// How many events are taken at once.
const EVENTS: usize = 1024;

struct Poller {
    epoll: OwnedFd,
    events: Vec<Event>,
}

impl Poller {
    fn new() -> io::Result<Self> {
        Ok(Self { epoll: epoll::create(CreateFlags::CLOEXEC)?, events: Vec::with_capacity(EVENTS) })
    }

    /// Reading is all that is waited for: an answer always fits into the socket's buffer, as each
    /// client waits for it.
    fn add(&self, source: impl AsFd, key: u64) -> io::Result<()> {
        let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&self.epoll, source, EventData::new_u64(key), flags)?)
    }

    fn wait(&mut self) -> io::Result<()> {
        self.events.clear();
        epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), None)?;
        Ok(())
    }
}

/// Reads until a read comes back short, which tells that there is no more: how many bytes, or
/// `None` at the end.
fn echo(mut stream: impl Read + Write, buf: &mut [u8]) -> Option<()> {
    loop {
        match stream.read(buf) {
            Ok(0) => return None,
            Ok(n) => {
                stream.write_all(&buf[..n]).ok()?;
                if n < buf.len() {
                    return Some(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Some(()),
            Err(_) => return None,
        }
    }
}

const LISTENER: u64 = u64::MAX;

fn serve(listener: &TcpListener, bytes: usize) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut poller = Poller::new()?;
    poller.add(listener, LISTENER)?;
    let mut streams: Vec<Option<TcpStream>> = Vec::new();
    let mut buf = vec![0; 2 * bytes];
    loop {
        poller.wait()?;
        for event in &poller.events {
            match event.data.u64() {
                LISTENER => {
                    while let Ok((stream, _)) = listener.accept() {
                        stream.set_nonblocking(true)?;
                        stream.set_nodelay(true)?;
                        poller.add(&stream, streams.len() as u64)?;
                        streams.push(Some(stream));
                    }
                }
                key => {
                    let place = &mut streams[key as usize];
                    if place.as_ref().is_some_and(|stream| echo(stream, &mut buf).is_none()) {
                        *place = None;
                    }
                }
            }
        }
    }
}

const BYTES: usize = 64;

struct Pairs {
    poller: Poller,
    /// A server at each even place, its client behind it.
    streams: Vec<UnixStream>,
    /// What each client has yet to ask, and what it has got of the answer that it waits for.
    left: Vec<u64>,
    got: Vec<usize>,
    buf: Vec<u8>,
}

impl Pairs {
    fn new(pairs: usize) -> Self {
        let poller = Poller::new().expect("an epoll");
        let mut streams = Vec::new();
        for _ in 0..pairs {
            let (server, client) = UnixStream::pair().expect("a pair of sockets");
            for stream in [server, client] {
                stream.set_nonblocking(true).expect("a socket");
                poller.add(&stream, streams.len() as u64).expect("epoll takes it");
                streams.push(stream);
            }
        }
        Self { poller, streams, left: vec![0; pairs], got: vec![0; pairs], buf: vec![0; 2 * BYTES] }
    }

    fn start(mut self) -> Start {
        Start::steps(move |times| self.run(times).expect("the loop runs"))
    }

    fn run(&mut self, times: u64) -> io::Result<()> {
        let pairs = self.left.len();
        let share = (times / pairs as u64).max(1);
        let mut running = pairs;
        for client in 0..pairs {
            self.left[client] = share;
            (&self.streams[2 * client + 1]).write_all(&self.buf[..BYTES])?;
        }
        while running > 0 {
            self.poller.wait()?;
            for event in &self.poller.events {
                let key = event.data.u64() as usize;
                let mut stream = &self.streams[key];
                if key % 2 == 0 {
                    echo(stream, &mut self.buf).ok_or(io::ErrorKind::UnexpectedEof)?;
                    continue;
                }
                let client = key / 2;
                self.got[client] += stream.read(&mut self.buf)?;
                if self.got[client] < BYTES {
                    continue;
                }
                self.got[client] = 0;
                self.left[client] -= 1;
                match self.left[client] {
                    0 => running -= 1,
                    _ => stream.write_all(&self.buf[..BYTES])?,
                }
            }
        }
        Ok(())
    }
}
