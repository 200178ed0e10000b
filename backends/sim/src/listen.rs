//! Signals as a program of a host sees them.

use std::fmt;
use std::io;
use std::task::{Context, Poll};

use loop_api::signal::{Signal, SignalKind, Signals};

use crate::core::lock;
use crate::signals;
use crate::state::SimHandle;

/// One who listens to a kind of signal on a simulated host. They are raised by
/// [`Fault::signal`](crate::Fault::signal) or [`SimHandle::raise`].
pub struct SimSignal {
    host: SimHandle,
    kind: SignalKind,
    id: u64,
}

impl Signals for SimHandle {
    type Signal = SimSignal;

    /// The signals are the host's: what is raised on one is not seen on another, nor is what comes
    /// to the process.
    fn signal(&self, kind: SignalKind) -> io::Result<SimSignal> {
        self.check_open()?;
        if let Some(refusal) = signals::refusal(kind) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, refusal));
        }
        let id = self.0.world.core.number();
        lock(&self.0.signals).listen(id, kind);
        Ok(SimSignal { host: self.clone(), kind, id })
    }
}

impl Signal for SimSignal {
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let waker = cx.waker().clone();
        // The old waker is dropped when the lock is free.
        let (polled, _old) = lock(&self.host.0.signals).poll(self.id, waker);
        polled
    }
}

impl Drop for SimSignal {
    fn drop(&mut self) {
        let waker = lock(&self.host.0.signals).leave(self.id);
        drop(waker);
    }
}

impl fmt::Debug for SimSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimSignal").field("host", &self.host.name()).field("kind", &self.kind).finish()
    }
}
