//! What a protocol, and others, ask of a connection.

use std::fmt;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

const HIGH: usize = 64 * 1024;

/// A connection, as its protocol's methods see it. What is asked for is done when the method has
/// returned. It lives in the future of [`run`](super::run); what may outlive that is a
/// [`handle`](Self::handle).
pub struct Transport {
    inner: Arc<Inner>,
}

/// A connection seen from elsewhere: it can be cloned, sent and shared, and wakes the connection's
/// task. It may outlive the connection. Made by [`Transport::handle`]. Dropping it does nothing.
#[derive(Clone)]
pub struct TransportHandle {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
}

pub(super) struct State {
    /// What was written since the driver last took it.
    pending: Vec<u8>,
    /// How much the driver holds.
    taken: usize,
    high: usize,
    low: usize,
    /// More than the high mark was buffered, and the protocol has not been told, even if it is
    /// written by now: it stopped writing, and waits to be told to go on.
    passed_high: bool,
    /// `pause_writing` was called, and `resume_writing` was not.
    pub(super) writing_paused: bool,
    pub(super) reading_paused: bool,
    pub(super) eof: bool,
    pub(super) closing: bool,
    pub(super) aborted: bool,
    waker: Option<Waker>,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// False if nothing can be written any more.
    fn write(&mut self, data: &[u8]) -> bool {
        let open = !(self.closing || self.eof || self.aborted);
        if open {
            self.pending.extend_from_slice(data);
            self.passed_high |= self.buffered() > self.high;
        }
        open
    }

    fn abort(&mut self) {
        self.aborted = true;
        self.closing = true;
        self.pending = Vec::new();
        self.taken = 0;
    }

    fn buffered(&self) -> usize {
        self.pending.len() + self.taken
    }

    fn set_limits(&mut self, high: usize, low: usize) {
        self.high = high;
        self.low = low.min(high);
    }
}

impl Transport {
    pub(super) fn new() -> Self {
        let state = State {
            pending: Vec::new(),
            taken: 0,
            high: HIGH,
            low: HIGH / 4,
            passed_high: false,
            writing_paused: false,
            reading_paused: false,
            eof: false,
            closing: false,
            aborted: false,
            waker: None,
        };
        Transport { inner: Arc::new(Inner { state: Mutex::new(state) }) }
    }

    /// Buffers `data` to be sent, in order. After `write_eof`, `close` or `abort` it does nothing.
    pub fn write(&mut self, data: &[u8]) {
        self.inner.lock().write(data);
    }

    /// Sends the end of the stream after what is buffered; reading goes on.
    pub fn write_eof(&mut self) {
        self.inner.lock().eof = true;
    }

    /// Reads no more, sends what is buffered, then closes. Idempotent.
    pub fn close(&mut self) {
        self.inner.lock().closing = true;
    }

    /// Closes at once; what is buffered is lost. Idempotent, and legal in every method of the
    /// protocol.
    pub fn abort(&mut self) {
        self.inner.lock().abort();
    }

    /// Whether `close` or `abort` was called, or the connection is lost.
    pub fn is_closing(&self) -> bool {
        self.inner.lock().closing
    }

    /// Sets the marks, in bytes buffered: above `high` the protocol is told to pause, down at `low`
    /// to go on. `low` is at most `high`; zero for both pauses whenever not all could be sent at
    /// once. The default is 64 KiB and a quarter of that.
    pub fn set_write_buffer_limits(&mut self, high: usize, low: usize) {
        self.inner.lock().set_limits(high, low);
    }

    /// How many bytes are buffered.
    pub fn write_buffer_size(&self) -> usize {
        self.inner.lock().buffered()
    }

    /// Reads no more until `resume_reading`: the peer will feel it. Idempotent.
    pub fn pause_reading(&mut self) {
        self.inner.lock().reading_paused = true;
    }

    /// Reads on. Idempotent.
    pub fn resume_reading(&mut self) {
        self.inner.lock().reading_paused = false;
    }

    /// A handle for elsewhere.
    pub fn handle(&self) -> TransportHandle {
        TransportHandle { inner: self.inner.clone() }
    }

    // ---- for the driver ----

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.inner.lock()
    }

    /// What handles wake.
    pub(super) fn register(&self, cx: &Context<'_>) {
        if !self.inner.lock().waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            // Cloned and dropped without the lock: the waker's code may be any.
            let waker = cx.waker().clone();
            let old = self.inner.lock().waker.replace(waker);
            drop(old);
        }
    }

    /// Swaps what is to be written into `buffer`, which is empty. False if there is nothing.
    pub(super) fn take_pending(&self, buffer: &mut Vec<u8>) -> bool {
        let mut state = self.inner.lock();
        mem::swap(&mut state.pending, buffer);
        state.taken = buffer.len();
        !buffer.is_empty()
    }

    pub(super) fn wrote(&self, n: usize) {
        let mut state = self.inner.lock();
        state.taken = state.taken.saturating_sub(n);
    }

    /// Whether the protocol is to be told to pause (true) or to go on (false).
    pub(super) fn crossed_mark(&self) -> Option<bool> {
        let mut state = self.inner.lock();
        let buffered = state.buffered();
        if !state.writing_paused && (state.passed_high || buffered > state.high) {
            state.passed_high = false;
            state.writing_paused = true;
            Some(true)
        } else if state.writing_paused && buffered <= state.low {
            state.writing_paused = false;
            state.passed_high = false;
            Some(false)
        } else {
            None
        }
    }

    /// The connection is lost.
    pub(super) fn end(&self) {
        let mut state = self.inner.lock();
        state.abort();
        let waker = state.waker.take();
        drop(state);
        drop(waker);
    }
}

impl TransportHandle {
    /// As [`Transport::write`].
    ///
    /// # Errors
    ///
    /// `BrokenPipe` after `write_eof`, `close`, `abort`, or when the connection is lost.
    pub fn write(&self, data: &[u8]) -> io::Result<()> {
        if self.change(|state| state.write(data)) {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::BrokenPipe, "the connection is closed for writing"))
        }
    }

    /// As [`Transport::write_eof`].
    pub fn write_eof(&self) {
        self.change(|state| state.eof = true);
    }

    /// As [`Transport::close`].
    pub fn close(&self) {
        self.change(|state| state.closing = true);
    }

    /// As [`Transport::abort`].
    pub fn abort(&self) {
        self.change(State::abort);
    }

    /// As [`Transport::is_closing`].
    pub fn is_closing(&self) -> bool {
        self.inner.lock().closing
    }

    /// As [`Transport::set_write_buffer_limits`].
    pub fn set_write_buffer_limits(&self, high: usize, low: usize) {
        self.change(|state| state.set_limits(high, low));
    }

    /// As [`Transport::write_buffer_size`].
    pub fn write_buffer_size(&self) -> usize {
        self.inner.lock().buffered()
    }

    /// As [`Transport::pause_reading`].
    pub fn pause_reading(&self) {
        self.change(|state| state.reading_paused = true);
    }

    /// As [`Transport::resume_reading`].
    pub fn resume_reading(&self) {
        self.change(|state| state.reading_paused = false);
    }

    fn change<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.inner.lock();
        let result = f(&mut state);
        let waker = state.waker.take();
        drop(state);
        // The driver registers it anew at its next poll.
        if let Some(waker) = waker {
            waker.wake();
        }
        result
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.lock().show(f.debug_struct("Transport"))
    }
}

impl fmt::Debug for TransportHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.lock().show(f.debug_struct("TransportHandle"))
    }
}

impl State {
    fn show(&self, mut out: fmt::DebugStruct<'_, '_>) -> fmt::Result {
        out.field("buffered", &self.buffered()).field("is_closing", &self.closing).finish_non_exhaustive()
    }
}
