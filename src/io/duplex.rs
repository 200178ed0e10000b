//! A pipe in memory.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, IoSlice, Read, Result};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use futures_lite::io::{AsyncRead, AsyncWrite};
use loop_api::io::{AsyncReadUninit, ReadCursor};

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

impl DuplexStream {
    /// Reads by `take`, once there is something or the end was reached. Empty reads never wait.
    fn poll_take(
        &self,
        cx: &mut Context<'_>,
        room: usize,
        take: impl FnOnce(&mut VecDeque<u8>) -> Result<usize>,
    ) -> Poll<Result<usize>> {
        if room == 0 {
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
        let n = take(&mut state.bytes)?;
        let writer = state.writer.take();
        drop(state);
        wake(writer);
        Poll::Ready(Ok(n))
    }

    /// Writes so many bytes by `put` as there is room for, once there is some.
    fn poll_put(
        &self,
        cx: &mut Context<'_>,
        wanted: usize,
        put: impl FnOnce(&mut VecDeque<u8>, usize),
    ) -> Poll<Result<usize>> {
        let mut state = self.outgoing.lock();
        if state.ended || state.unread {
            let problem = if state.ended { "this side was shut down" } else { "the other side is gone" };
            return Poll::Ready(Err(Error::new(ErrorKind::BrokenPipe, problem)));
        }
        if wanted == 0 {
            return Poll::Ready(Ok(0));
        }
        let room = state.max - state.bytes.len();
        if room == 0 {
            wait(&mut state.writer, cx);
            return Poll::Pending;
        }
        let n = room.min(wanted);
        put(&mut state.bytes, n);
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        Poll::Ready(Ok(n))
    }
}

impl AsyncRead for DuplexStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        self.poll_take(cx, buf.len(), |bytes| bytes.read(buf))
    }
}

impl AsyncReadUninit for DuplexStream {
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadCursor<'_>,
    ) -> Poll<Result<()>> {
        let room = buf.remaining();
        let read = self.poll_take(cx, room, |bytes| {
            let (first, second) = bytes.as_slices();
            let first = &first[..first.len().min(room)];
            let second = &second[..second.len().min(room - first.len())];
            buf.put_slice(first);
            buf.put_slice(second);
            let n = first.len() + second.len();
            bytes.drain(..n);
            Ok(n)
        });
        read.map_ok(drop)
    }
}

impl AsyncWrite for DuplexStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.poll_put(cx, buf.len(), |bytes, n| bytes.extend(&buf[..n]))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let wanted = bufs.iter().map(|buf| buf.len()).sum();
        self.poll_put(cx, wanted, |bytes, mut left| {
            for buf in bufs {
                let n = buf.len().min(left);
                bytes.extend(&buf[..n]);
                left -= n;
            }
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.outgoing.end();
        Poll::Ready(Ok(()))
    }
}

super::speaks_read!([] DuplexStream);
super::speaks_write!([] DuplexStream);

impl Drop for DuplexStream {
    fn drop(&mut self) {
        self.outgoing.end();
        self.incoming.abandon();
    }
}
