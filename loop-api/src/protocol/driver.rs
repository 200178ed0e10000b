//! What carries a connection: reads for the protocol, and writes what it buffered.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};

use super::{Protocol, Transport};
use crate::error::Panic;
use crate::shared::{self, Exception, ExceptionKind};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;
/// How many chunks a poll may carry before other tasks have their turn.
const BUDGET: usize = 16;
/// How many bytes are still taken after a failed write: more than a socket holds, so that a peer
/// that goes on sending does not keep it open.
const LAST: usize = 16 * 1024 * 1024;
/// How many polls after a failed write may find nothing to read: within that many the loop has
/// looked at its descriptors, and knows what has come.
const LAST_POLLS: u32 = 128;

thread_local! {
    // One for all connections of the thread: an idle connection holds no memory for what may come.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A connection being carried: see [`run`](super::run).
#[must_use = "futures do nothing unless polled"]
pub struct Run<S, P: Protocol> {
    /// `None` once the connection is lost.
    stream: Option<S>,
    protocol: P,
    transport: Transport,
    location: &'static Location<'static>,
    /// What is being written, from `written` on.
    buffer: Vec<u8>,
    written: usize,
    unflushed: bool,
    made: bool,
    /// The peer's end was read.
    eof_read: bool,
    /// Ours was sent.
    eof_sent: bool,
    failed: Option<Failed>,
}

/// Nothing can be written any more.
struct Failed {
    why: io::Error,
    /// How many bytes may still be read.
    left: usize,
    /// How often it may still be asked whether something has come.
    polls: u32,
}

// The protocol is never pinned.
impl<S: Unpin, P: Protocol> Unpin for Run<S, P> {}

impl<S, P: Protocol> Run<S, P> {
    /// `location` is where the protocol's panics are said to come from.
    pub(super) fn new(stream: S, protocol: P, location: &'static Location<'static>) -> Self {
        Run {
            stream: Some(stream),
            protocol,
            transport: Transport::new(),
            location,
            buffer: Vec::new(),
            written: 0,
            unflushed: false,
            made: false,
            eof_read: false,
            eof_sent: false,
            failed: None,
        }
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Calls the protocol, whose panic ends the connection.
    fn call<R>(&mut self, f: impl FnOnce(&mut P, &mut Transport) -> R) -> io::Result<R> {
        let (protocol, transport) = (&mut self.protocol, &mut self.transport);
        // After a panic the protocol is only told that the connection is lost.
        catch_unwind(AssertUnwindSafe(|| f(protocol, transport))).map_err(|payload| {
            let panic = Panic::new(payload);
            let error = io::Error::other(format!("the protocol panicked: {}", panic.message()));
            shared::report_to_current(&Exception::panicked(
                ExceptionKind::Protocol,
                panic,
                Some(self.location),
            ));
            error
        })
    }

    /// Tells the protocol to pause or to go on, where that is called for; whether it was.
    fn tell_marks(&mut self) -> io::Result<bool> {
        match self.transport.crossed_mark() {
            Some(true) => self.call(P::pause_writing)?,
            Some(false) => self.call(P::resume_writing)?,
            None => return Ok(false),
        }
        Ok(true)
    }

    /// Nothing can be written any more; what has come is still told.
    fn fail(&mut self, error: io::Error) {
        self.transport.state().eof = true;
        self.failed = Some(Failed { why: error, left: LAST, polls: LAST_POLLS });
    }

    /// The connection is gone; the socket first.
    fn lose(&mut self, error: Option<io::Error>) {
        self.stream = None;
        self.transport.end();
        self.buffer = Vec::new();
        if self.made {
            // What a panic means here, it means for the protocol alone.
            let _reported = self.call(|protocol, _| protocol.connection_lost(error));
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, P: Protocol> Run<S, P> {
    fn stream(&mut self) -> io::Result<Pin<&mut S>> {
        match &mut self.stream {
            Some(stream) => Ok(Pin::new(stream)),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Carries the connection until it is lost.
    fn poll_carry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.register(cx);
        if !self.made {
            self.made = true;
            self.call(P::connection_made)?;
        }
        for _ in 0..BUDGET {
            if self.transport.state().aborted {
                return Poll::Ready(Ok(()));
            }
            if self.failed.is_some() {
                ready!(self.poll_last(cx))?;
                continue;
            }
            let drained = match self.poll_write(cx) {
                Poll::Ready(Err(error)) => {
                    self.fail(error);
                    continue;
                }
                polled => polled.is_ready(),
            };
            if self.tell_marks()? {
                // It may have written, or closed.
                continue;
            }

            let state = self.transport.state();
            let (closing, eof, paused) = (state.closing, state.eof, state.reading_paused);
            drop(state);
            if drained && (closing || eof) && !self.eof_sent {
                match self.stream()?.poll_close(cx) {
                    // Some systems say so when the peer has closed already.
                    Poll::Ready(Err(error)) if error.kind() != io::ErrorKind::NotConnected => {
                        self.fail(error);
                        continue;
                    }
                    Poll::Ready(_) => self.eof_sent = true,
                    Poll::Pending if closing => return Poll::Pending,
                    Poll::Pending => {}
                }
            }
            if self.eof_sent && (closing || self.eof_read) {
                self.discard(cx);
                return Poll::Ready(Ok(()));
            }
            if closing || paused || self.eof_read {
                return Poll::Pending;
            }
            ready!(self.poll_read(cx))?;
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes what is buffered; ready when all is written and flushed.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.written == self.buffer.len() {
                self.buffer.clear();
                self.written = 0;
                if self.buffer.capacity() > CHUNK {
                    self.buffer = Vec::new();
                }
                if !self.transport.take_pending(&mut self.buffer) {
                    break;
                }
            }
            let stream = match &mut self.stream {
                Some(stream) => Pin::new(stream),
                None => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            };
            match ready!(stream.poll_write(cx, &self.buffer[self.written..])) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(n) => {
                    self.written += n;
                    self.unflushed = true;
                    self.transport.wrote(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        if self.unflushed {
            ready!(self.stream()?.poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// After a failed write: tells the protocol what the peer sent before, such as why it takes no
    /// more; then gives the error.
    fn poll_last(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(mut failed) = self.failed.take() else { return Poll::Ready(Ok(())) };
        let state = self.transport.state();
        let deaf = state.closing || state.reading_paused || self.eof_read;
        drop(state);
        if deaf || failed.left == 0 || failed.polls == 0 {
            return Poll::Ready(Err(failed.why));
        }
        let mut scratch = SCRATCH.take();
        scratch.resize(CHUNK.min(failed.left), 0);
        let told = match self.stream()?.poll_read(cx, &mut scratch) {
            Poll::Ready(Ok(n @ 1..)) => {
                failed.left -= n;
                self.failed = Some(failed);
                Poll::Ready(self.call(|protocol, transport| protocol.data_received(transport, &scratch[..n])))
            }
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {
                self.failed = Some(failed);
                Poll::Ready(Ok(()))
            }
            Poll::Pending => {
                failed.polls -= 1;
                self.failed = Some(failed);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            // The end is not told: a peer that was cut off has none.
            Poll::Ready(_) => Poll::Ready(Err(failed.why)),
        };
        SCRATCH.set(scratch);
        told
    }

    /// Reads once, and tells the protocol.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scratch = SCRATCH.take();
        scratch.resize(CHUNK, 0);
        let polled = self.stream()?.poll_read(cx, &mut scratch);
        let told = match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(0)) => {
                self.eof_read = true;
                Poll::Ready(self.call(P::eof_received).map(|keep| {
                    if !keep {
                        self.transport.close();
                    }
                }))
            }
            Poll::Ready(Ok(n)) => {
                Poll::Ready(self.call(|protocol, transport| protocol.data_received(transport, &scratch[..n])))
            }
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        };
        SCRATCH.set(scratch);
        told
    }

    /// Takes what has come and will not be read: closing a socket with unread bytes may take back
    /// what was sent.
    fn discard(&mut self, cx: &mut Context<'_>) {
        if self.eof_read {
            return;
        }
        let mut scratch = SCRATCH.take();
        scratch.resize(CHUNK, 0);
        for _ in 0..BUDGET {
            match self.stream().map(|stream| stream.poll_read(cx, &mut scratch)) {
                Ok(Poll::Ready(Ok(1..))) => {}
                _ => break,
            }
        }
        SCRATCH.set(scratch);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, P: Protocol> Future for Run<S, P> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.stream.is_none() {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        }
        let outcome = ready!(this.poll_carry(cx));
        match &outcome {
            Ok(()) => this.lose(None),
            Err(error) => this.lose(Some(copy(error))),
        }
        Poll::Ready(outcome)
    }
}

/// The same error, for a second reader.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

impl<S, P: Protocol> Drop for Run<S, P> {
    fn drop(&mut self) {
        if self.stream.is_some() {
            let message = "the future that carried the connection was dropped";
            self.lose(Some(io::Error::new(io::ErrorKind::ConnectionAborted, message)));
        }
    }
}

impl<S, P: Protocol> fmt::Debug for Run<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("transport", &self.transport).finish_non_exhaustive()
    }
}
