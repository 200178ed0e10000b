//! tokio's clock in the hands of a test.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use loop_api::time::{Instant, TestClock, set_clock, with_clock};
use tokio::runtime::RuntimeFlavor;

use crate::inner::TokioHandle;

impl TokioHandle {
    /// The loop, if tokio lets its clock be stopped.
    pub(crate) fn stoppable(&self) -> io::Result<&TokioHandle> {
        if self.inner.runtime.runtime_flavor() == RuntimeFlavor::CurrentThread {
            return Ok(self);
        }
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "tokio stops the clock of a runtime on one thread only: leave out worker_threads",
        ))
    }
}

fn now() -> Instant {
    Instant::from_std(tokio::time::Instant::now().into_std())
}

/// On a thread of an adopted runtime `Instant::now` is the runtime's from now on; outside of a
/// runtime tokio's is the system's. Not where it follows a clock already.
pub(crate) fn follow() {
    if let Some(other) = set_clock(Some(now)) {
        set_clock(Some(other));
    }
}

/// Calls `f`, which runs a runtime, where `Instant::now` is the runtime's.
pub(crate) fn with_loop_clock<R>(f: impl FnOnce() -> R) -> R {
    with_clock(now, f)
}

/// tokio panics where it is stopped already, or is not.
impl TestClock for TokioHandle {
    fn pause(&self) -> io::Result<()> {
        self.within(tokio::time::pause);
        Ok(())
    }

    fn resume(&self) -> io::Result<()> {
        self.within(tokio::time::resume);
        Ok(())
    }

    fn advance(&self, duration: Duration) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>> {
        let handle = self.clone();
        Box::pin(async move {
            handle.poll_within(tokio::time::advance(duration)).await;
            Ok(())
        })
    }
}
