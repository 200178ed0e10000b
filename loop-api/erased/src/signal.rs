//! Signals on an erased loop.

use std::io;
use std::task::{Context, Poll};

use super::ErasedHandle;
use loop_api::signal::{self, SignalKind, Signals};

/// [`Signals`] without types of its own.
pub(super) trait DynSignals: Send + Sync {
    fn signal(&self, kind: SignalKind) -> io::Result<Signal>;
}

pub(super) struct SignalsOf<H> {
    pub(super) handle: H,
}

impl<H: Signals> DynSignals for SignalsOf<H> {
    fn signal(&self, kind: SignalKind) -> io::Result<Signal> {
        Ok(Signal(Box::new(self.handle.signal(kind)?)))
    }
}

/// One who listens to a kind of signal, on an erased loop.
#[derive(Debug)]
pub struct Signal(Box<dyn signal::Signal>);

impl signal::Signal for Signal {
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.0.poll_recv(cx)
    }
}

impl Signals for ErasedHandle {
    type Signal = Signal;

    fn signal(&self, kind: SignalKind) -> io::Result<Signal> {
        self.signals()?.signal(kind)
    }
}
