//! What a connection does at present, as far as its time limits go.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use anyloop::time::Instant;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;

/// Kept by the stream, the service and the bodies of a connection, and asked by its task.
///
/// The parts are not read at one moment, and need not be: HTTP/1 changes them in the task that asks,
/// and HTTP/2, whose streams have tasks of their own, at worst has a deadline looked at once more.
///
/// The clock is read when the task asks for a deadline, which it does each time before it waits: of a
/// request that comes in one piece, and is answered at once, that is one time.
#[derive(Debug)]
pub(crate) struct Activity {
    begun: Instant,
    /// How many requests are being answered.
    in_flight: AtomicUsize,
    /// When the last of them ended, or bytes of its answer were written.
    last: Moment,
    /// When a head began to come that is not whole yet.
    head: Moment,
    /// Frames come beside requests: bytes are no sign of a head.
    multiplexed: AtomicBool,
}

/// A moment, in nanoseconds since the connection began, or `NONE`, or `NOW` until it is asked for.
#[derive(Debug)]
struct Moment(AtomicU64);

const NONE: u64 = u64::MAX;
const NOW: u64 = u64::MAX - 1;

impl Moment {
    fn set(&self, to: u64) {
        self.0.store(to, Ordering::Relaxed);
    }

    fn is_none(&self) -> bool {
        self.0.load(Ordering::Relaxed) == NONE
    }

    fn since(&self, begun: Instant) -> Option<Duration> {
        match self.0.load(Ordering::Relaxed) {
            NONE => None,
            NOW => {
                let elapsed = begun.elapsed();
                self.set(u64::try_from(elapsed.as_nanos()).unwrap_or(NOW - 1));
                Some(elapsed)
            }
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        }
    }
}

/// Which limit a connection comes to next, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Head(Instant),
    Idle(Instant),
}

impl Due {
    pub(crate) fn at(self) -> Instant {
        match self {
            Due::Head(at) | Due::Idle(at) => at,
        }
    }
}

impl Activity {
    /// Of a connection that has just come: it owes a request.
    pub(crate) fn new() -> Arc<Activity> {
        Arc::new(Activity {
            begun: Instant::now(),
            in_flight: AtomicUsize::new(0),
            last: Moment(AtomicU64::new(0)),
            head: Moment(AtomicU64::new(0)),
            multiplexed: AtomicBool::new(false),
        })
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn read_some(&self) {
        if !self.is_busy() && self.head.is_none() {
            self.head.set(NOW);
        }
    }

    pub(crate) fn wrote_some(&self) {
        // Answers to pings are no work on a request.
        if !self.is_busy() && !self.multiplexed.load(Ordering::Relaxed) {
            self.last.set(NOW);
        }
    }

    /// A request begins to be answered, until the guard is dropped.
    pub(crate) fn begin(self: &Arc<Self>, multiplexed: bool) -> InFlight {
        if multiplexed {
            self.multiplexed.store(true, Ordering::Relaxed);
        }
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.head.set(NONE);
        InFlight(Arc::clone(self))
    }

    /// `None` while a request is being answered.
    pub(crate) fn due(&self, header: Duration, idle: Duration) -> Option<Due> {
        if self.is_busy() {
            return None;
        }
        let at = |since: Duration, limit: Duration| self.begun.checked_add(since)?.checked_add(limit);
        if !self.multiplexed.load(Ordering::Relaxed) {
            if let Some(since) = self.head.since(self.begun) {
                return at(since, header).map(Due::Head);
            }
        }
        at(self.last.since(self.begun)?, idle).map(Due::Idle)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.last.set(NOW);
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

pin_project! {
    /// The body of an answer, whose request is in flight until it is sent or given up.
    #[derive(Debug)]
    pub(crate) struct Counted<B> {
        #[pin]
        body: Inner<B>,
        in_flight: InFlight,
    }
}

pin_project! {
    #[project = InnerProject]
    #[derive(Debug)]
    enum Inner<B> {
        Service { #[pin] body: B },
        Text { text: Option<&'static str> },
    }
}

impl<B> Counted<B> {
    pub(crate) fn of_service(body: B, in_flight: InFlight) -> Counted<B> {
        Counted { body: Inner::Service { body }, in_flight }
    }

    pub(crate) fn text(text: &'static str, in_flight: InFlight) -> Counted<B> {
        Counted { body: Inner::Text { text: Some(text) }, in_flight }
    }
}

/// What a service sends, or a line of ours.
#[derive(Debug)]
pub(crate) enum Chunk<D> {
    Service(D),
    Text(Bytes),
}

impl<D: bytes::Buf> bytes::Buf for Chunk<D> {
    fn remaining(&self) -> usize {
        match self {
            Chunk::Service(data) => data.remaining(),
            Chunk::Text(text) => text.remaining(),
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Chunk::Service(data) => data.chunk(),
            Chunk::Text(text) => text.chunk(),
        }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        match self {
            Chunk::Service(data) => data.chunks_vectored(slices),
            Chunk::Text(text) => text.chunks_vectored(slices),
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Chunk::Service(data) => data.advance(count),
            Chunk::Text(text) => text.advance(count),
        }
    }
}

impl<B: HttpBody> HttpBody for Counted<B> {
    type Data = Chunk<B::Data>;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, B::Error>>> {
        match self.project().body.project() {
            InnerProject::Service { body } => body
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map(|frame| frame.map_data(Chunk::Service)))),
            InnerProject::Text { text } => {
                let line = text.take().map(|text| Chunk::Text(Bytes::from_static(text.as_bytes())));
                Poll::Ready(line.map(|line| Ok(Frame::data(line))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Inner::Service { body } => body.is_end_stream(),
            Inner::Text { text } => text.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Inner::Service { body } => body.size_hint(),
            Inner::Text { text } => SizeHint::with_exact(text.map_or(0, str::len) as u64),
        }
    }
}
