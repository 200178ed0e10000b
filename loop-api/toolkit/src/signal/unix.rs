//! A listener over readiness.

use std::fmt;
use std::io;
use std::task::{Context, Poll};

use super::handler::{self, Receiver, Registration};
use loop_api::io::Interest;
use loop_api::readiness::{Readiness, Source};
use loop_api::signal::{self, SignalKind};

/// One who listens to a kind of signal, on the loop of `H`. See
/// [`Signals::signal`](loop_api::signal::Signals::signal).
///
/// It has one descriptor (on other systems than Linux two). After `fork` it is told nothing in the
/// child, which listens anew.
pub struct Signal<H: Readiness> {
    kind: SignalKind,
    // Dropped first, so that the handler writes to nothing that is not read.
    _registration: Registration,
    source: H::Source<Receiver>,
}

impl<H: Readiness> Signal<H> {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// As [`Signals::signal`](loop_api::signal::Signals::signal).
    pub fn new(handle: &H, kind: SignalKind) -> io::Result<Self> {
        let (registration, receiver) = handler::listen(kind)?;
        Ok(Signal { kind, _registration: registration, source: handle.register(receiver)? })
    }
}

impl<H: Readiness> signal::Signal for Signal<H> {
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        // Nothing but the end of the loop makes it fail.
        self.source.poll_io(cx, Interest::Readable, handler::take).map(Result::ok)
    }
}

impl<H: Readiness> fmt::Debug for Signal<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal").field("kind", &self.kind).finish_non_exhaustive()
    }
}
