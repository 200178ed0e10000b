//! A pipe in memory.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, Read, Result};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use futures_lite::io::{AsyncRead, AsyncWrite};

/// Two streams connected to one another in memory, each direction holding at most `max` bytes. They need no loop. Dropping one is the end
/// for the other: it reads what is left and then zero, and writing gives `BrokenPipe`.
///
/// # Panics
///
/// If `max` is zero.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use anyloop::io::{AsyncReadExt, AsyncWriteExt};
///
/// let (mut a, mut b) = anyloop::io::duplex(64);
/// a.write_all(b"ping").await?;
/// let mut buf = [0; 4];
/// b.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"ping");
/// drop(a);
/// assert_eq!(b.read(&mut buf).await?, 0);
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
pub fn duplex(max: usize) -> (DuplexStream, DuplexStream) {
    assert!(max > 0, "a pipe that holds no byte can carry none");
    let there = Arc::new(Pipe::new(max));
    let back = Arc::new(Pipe::new(max));
    let a = DuplexStream { incoming: back.clone(), outgoing: there.clone() };
    (a, DuplexStream { incoming: there, outgoing: back })
}

/// One end of a [`duplex`] pipe. One reader and one writer may wait on it at once. Dropping it is the end for the other.
#[derive(Debug)]
pub struct DuplexStream {
    incoming: Arc<Pipe>,
    outgoing: Arc<Pipe>,
}

#[derive(Debug)]
struct Pipe(Mutex<State>);

#[derive(Debug)]
struct State {
    bytes: VecDeque<u8>,
    max: usize,
    /// No more will be written.
    ended: bool,
    /// No more will be read.
    unread: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    fn new(max: usize) -> Pipe {
        let bytes = VecDeque::new();
        Pipe(Mutex::new(State { bytes, max, ended: false, unread: false, reader: None, writer: None }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Says that no more will be written.
    fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        let reader = state.reader.take();
        drop(state);
        wake(reader);
    }

    /// Says that no more will be read.
    fn abandon(&self) {
        let mut state = self.lock();
        state.unread = true;
        state.bytes = VecDeque::new();
        let writer = state.writer.take();
        drop(state);
        wake(writer);
    }
}

/// Wakers run a stranger's code: never under the lock.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn wait(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}

impl AsyncRead for DuplexStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let mut state = self.incoming.lock();
        if state.bytes.is_empty() {
            if state.ended {
                return Poll::Ready(Ok(0));
            }
            wait(&mut state.reader, cx);
            return Poll::Pending;
        }
        let n = state.bytes.read(buf)?;
        let writer = state.writer.take();
        drop(state);
        wake(writer);
        Poll::Ready(Ok(n))
    }
}

impl AsyncWrite for DuplexStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let mut state = self.outgoing.lock();
        if state.ended || state.unread {
            let problem = if state.ended { "this side was shut down" } else { "the other side is gone" };
            return Poll::Ready(Err(Error::new(ErrorKind::BrokenPipe, problem)));
        }
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let room = state.max - state.bytes.len();
        if room == 0 {
            wait(&mut state.writer, cx);
            return Poll::Pending;
        }
        let n = room.min(buf.len());
        state.bytes.extend(&buf[..n]);
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.outgoing.end();
        Poll::Ready(Ok(()))
    }
}

impl Drop for DuplexStream {
    fn drop(&mut self) {
        self.outgoing.end();
        self.incoming.abandon();
    }
}
