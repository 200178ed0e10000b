//! Protocols over an in-memory wire.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::future::{block_on, yield_now, zip};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::{Protocol, Transport, TransportHandle, run};

/// One direction, of at most `capacity` bytes.
#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    capacity: usize,
    ended: bool,
    broken: bool,
    waker: Option<Waker>,
}

type Shared = Arc<Mutex<Pipe>>;

struct Wire {
    read: Shared,
    write: Shared,
}

fn wire(capacity: usize) -> (Wire, Wire) {
    let pipe = || Arc::new(Mutex::new(Pipe { capacity, ..Pipe::default() }));
    let (a, b) = (pipe(), pipe());
    (Wire { read: a.clone(), write: b.clone() }, Wire { read: b, write: a })
}

fn wake(pipe: &mut Pipe) {
    if let Some(waker) = pipe.waker.take() {
        waker.wake();
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut pipe = self.read.lock().unwrap();
        wake(&mut pipe);
        if pipe.broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let n = buf.len().min(pipe.bytes.len());
        if n == 0 && !pipe.ended {
            pipe.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        for (to, from) in buf.iter_mut().zip(pipe.bytes.drain(..n)) {
            *to = from;
        }
        Poll::Ready(Ok(n))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut pipe = self.write.lock().unwrap();
        wake(&mut pipe);
        if pipe.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let n = buf.len().min(pipe.capacity - pipe.bytes.len());
        if n == 0 {
            pipe.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        pipe.bytes.extend(&buf[..n]);
        Poll::Ready(Ok(n))
    }
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pipe = self.write.lock().unwrap();
        pipe.ended = true;
        wake(&mut pipe);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let mut pipe = self.write.lock().unwrap();
        pipe.ended = true;
        wake(&mut pipe);
        let mut pipe = self.read.lock().unwrap();
        pipe.broken = true;
        wake(&mut pipe);
    }
}

/// Notes what it is told, and does what it was given to do.
struct Noting<F> {
    log: Log,
    act: F,
}

type Log = Arc<Mutex<Vec<String>>>;

impl<F: FnMut(&str, &mut Transport) -> bool> Noting<F> {
    fn note(&mut self, what: &str, transport: &mut Transport) -> bool {
        self.log.lock().unwrap().push(what.to_owned());
        (self.act)(what, transport)
    }
}

impl<F: FnMut(&str, &mut Transport) -> bool> Protocol for Noting<F> {
    fn connection_made(&mut self, transport: &mut Transport) {
        self.note("made", transport);
    }
    fn data_received(&mut self, transport: &mut Transport, data: &[u8]) {
        self.note(&format!("data {}", String::from_utf8_lossy(data)), transport);
    }
    fn eof_received(&mut self, transport: &mut Transport) -> bool {
        self.note("eof", transport)
    }
    fn connection_lost(&mut self, error: Option<io::Error>) {
        let what = error.map_or("lost".to_owned(), |error| format!("lost {:?}", error.kind()));
        self.log.lock().unwrap().push(what);
    }
    fn pause_writing(&mut self, transport: &mut Transport) {
        self.note("pause", transport);
    }
    fn resume_writing(&mut self, transport: &mut Transport) {
        self.note("resume", transport);
    }
}

fn noting<F: FnMut(&str, &mut Transport) -> bool>(act: F) -> (Noting<F>, Log) {
    let log = Log::default();
    (Noting { log: log.clone(), act }, log)
}

fn told(log: &Log) -> String {
    log.lock().unwrap().join(", ")
}

#[test]
fn made_data_eof_lost_in_this_order() {
    let (here, mut there) = wire(64);
    let (protocol, log) = noting(|what, transport| {
        if what.starts_with("data") {
            transport.write(b"pong");
        }
        false
    });
    let peer = async {
        there.write_all(b"ping").await.unwrap();
        let mut pong = [0; 4];
        there.read_exact(&mut pong).await.unwrap();
        assert_eq!(&pong, b"pong");
        there.close().await.unwrap();
        assert_eq!(there.read(&mut pong).await.unwrap(), 0);
    };
    block_on(zip(run(here, protocol), peer)).0.unwrap();
    assert_eq!(told(&log), "made, data ping, eof, lost");
}

#[test]
fn close_sends_what_is_buffered_first() {
    let (here, mut there) = wire(3);
    let (protocol, log) = noting(|_, transport| {
        transport.write(b"Ciao EuroPython");
        transport.close();
        transport.close();
        transport.write(b"too late");
        false
    });
    let mut got = String::new();
    block_on(zip(run(here, protocol), there.read_to_string(&mut got))).0.unwrap();
    assert_eq!(got, "Ciao EuroPython");
    assert_eq!(told(&log), "made, lost");
}

#[test]
fn abort_is_immediate_in_every_method_and_lost_comes_once() {
    for at in ["made", "data x", "eof", "pause", "resume"] {
        let (here, mut there) = wire(4);
        let (protocol, log) = noting(move |what, transport| {
            if what == "made" {
                transport.set_write_buffer_limits(0, 0);
            }
            if what == "data x" && at != what {
                transport.write(b"a lot");
            }
            if what == at {
                transport.abort();
                transport.abort();
            }
            true
        });
        let peer = async {
            let _ = there.write_all(b"x").await;
            yield_now().await;
            let _ = there.read(&mut [0; 4]).await;
            let _ = there.close().await;
        };
        block_on(zip(run(here, protocol), peer)).0.unwrap();
        let told = told(&log);
        assert!(told.ends_with(&format!("{at}, lost")), "{at}: {told}");
        assert_eq!(told.matches("lost").count(), 1);
    }
}

#[test]
fn a_panic_in_any_method_closes_and_lost_still_comes() {
    for at in ["made", "data x", "eof"] {
        let (here, mut there) = wire(8);
        let (protocol, log) = noting(move |what, _| {
            assert!(what != at, "planted");
            false
        });
        let peer = async {
            let _ = there.write_all(b"x").await;
            yield_now().await;
            let _ = there.close().await;
        };
        let error = block_on(zip(run(here, protocol), peer)).0.unwrap_err();
        assert!(error.to_string().contains("planted"));
        assert!(told(&log).ends_with(&format!("{at}, lost Other")), "{}", told(&log));
    }
}

#[test]
fn half_close_both_ways() {
    let (here, mut there) = wire(64);
    let (protocol, log) = noting(|what, transport| {
        match what {
            "made" => transport.write_eof(),
            "eof" => transport.write(b"ignored after write_eof"),
            _ => {}
        }
        true
    });
    let peer = async {
        assert_eq!(there.read(&mut [0; 8]).await.unwrap(), 0);
        there.write_all(b"on").await.unwrap();
        yield_now().await;
        there.close().await.unwrap();
    };
    block_on(zip(run(here, protocol), peer)).0.unwrap();
    assert_eq!(told(&log), "made, data on, eof, lost");

    let (here, mut there) = wire(64);
    let (protocol, log) = noting(|what, transport| {
        if what == "eof" {
            transport.write(b"still here");
            transport.write_eof();
        }
        true
    });
    let mut got = String::new();
    let peer = async {
        there.close().await.unwrap();
        there.read_to_string(&mut got).await.unwrap();
    };
    block_on(zip(run(here, protocol), peer)).0.unwrap();
    assert_eq!((got.as_str(), told(&log).as_str()), ("still here", "made, eof, lost"));
}

#[test]
fn pause_and_resume_are_paired() {
    for (high, low) in [(0, 0), (8, 2), (8, 100)] {
        let (here, mut there) = wire(4);
        let mut rounds = 3;
        let (protocol, log) = noting(move |what, transport| {
            match what {
                "made" => {
                    transport.set_write_buffer_limits(high, low);
                    transport.write(&[b'.'; 20]);
                }
                "resume" if rounds > 0 => {
                    rounds -= 1;
                    transport.write(&[b'.'; 20]);
                }
                "resume" => transport.close(),
                _ => {}
            }
            true
        });
        let mut got = Vec::new();
        block_on(zip(run(here, protocol), there.read_to_end(&mut got))).0.unwrap();
        assert_eq!(got.len(), 80);
        assert_eq!(told(&log), format!("made{}, lost", ", pause, resume".repeat(4)));
    }
}

#[test]
fn a_paused_reader_leaves_the_bytes_with_the_peer() {
    let (here, mut there) = wire(4);
    let slot = Arc::new(Mutex::new(None::<TransportHandle>));
    let keep = slot.clone();
    let (protocol, log) = noting(move |what, transport| {
        if what == "made" {
            transport.pause_reading();
            *keep.lock().unwrap() = Some(transport.handle());
        }
        false
    });
    let peer = async {
        there.write_all(b"1234").await.unwrap();
        for _ in 0..3 {
            yield_now().await;
        }
        assert_eq!(told(&log), "made");
        slot.lock().unwrap().as_ref().unwrap().resume_reading();
        there.write_all(b"5").await.unwrap();
        there.close().await.unwrap();
    };
    block_on(zip(run(here, protocol), peer)).0.unwrap();
    assert_eq!(told(&log), "made, data 1234, data 5, eof, lost");
}

#[test]
fn a_handle_writes_from_another_thread_and_outlives_the_connection() {
    let (here, mut there) = wire(64);
    let (send, receive) = std::sync::mpsc::channel();
    let (protocol, log) = noting(move |what, transport| {
        if what == "made" {
            send.send(transport.handle()).unwrap();
        }
        false
    });
    let other = std::thread::spawn(move || {
        let handle: TransportHandle = receive.recv().unwrap();
        handle.write(b"from afar").unwrap();
        handle.close();
        handle
    });
    let mut got = String::new();
    block_on(zip(run(here, protocol), there.read_to_string(&mut got))).0.unwrap();
    let handle = other.join().unwrap();
    assert_eq!(got, "from afar");
    assert!(handle.is_closing());
    assert_eq!(handle.write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    handle.abort();
    assert_eq!(told(&log), "made, lost");
}

#[test]
fn what_came_before_a_failed_write_is_told_and_nothing_else_is_taken() {
    for pauses_in in ["nothing", "made"] {
        let (here, mut there) = wire(64);
        let (protocol, log) = noting(|what, transport| {
            transport.write(b"much");
            assert!(!what.starts_with("data") || transport.write_buffer_size() == 4);
            if what == pauses_in {
                transport.pause_reading();
            }
            true
        });
        block_on(there.write_all(b"why")).unwrap();
        there.read.lock().unwrap().broken = true;
        assert_eq!(block_on(run(here, protocol)).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        let heard = if pauses_in == "made" { "" } else { "data why, " };
        assert_eq!(told(&log), format!("made, {heard}lost BrokenPipe"));
        drop(there);
    }
}

#[test]
fn an_error_of_the_stream_and_a_dropped_future_are_told() {
    let (here, there) = wire(64);
    let (protocol, log) = noting(|_, transport| {
        transport.write(b"x");
        true
    });
    there.write.lock().unwrap().broken = true;
    assert_eq!(block_on(run(here, protocol)).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(told(&log), "made, lost ConnectionReset");

    let (here, _there) = wire(64);
    let (protocol, log) = noting(|_, _| true);
    let mut dropped = run(here, protocol);
    assert!(Pin::new(&mut dropped).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(dropped);
    assert_eq!(told(&log), "made, lost ConnectionAborted");
    let (protocol, log) = noting(|_, _| true);
    drop(run(wire(1).0, protocol));
    assert_eq!(told(&log), "");
}
