//! The loop's clock in the hands of a test.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use loop_api::Handle;
use loop_api::time::{Instant, TestClock, set_clock};

use crate::handle::NativeHandle;
use crate::timers::{OUTSIDE, ThreadClock, outside_now};

impl NativeHandle {
    /// The loop's clock, if it can be stopped.
    pub(crate) fn stoppable(&self) -> io::Result<&NativeHandle> {
        if self.shared().is_turned() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the clock of a loop that a host runs turn by turn cannot be stopped, as the host waits by the \
                 system's: leave out the host, and run the loop by block_on",
            ));
        }
        if self.workers().is_none() && self.runtime_context().is_none() {
            return Ok(self);
        }
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "the clock can be stopped on a loop on one thread only, without worker threads and without a foreign \
             runtime inside: leave out worker_threads and with_tokio",
        ))
    }
}

impl TestClock for NativeHandle {
    fn pause(&self) -> io::Result<()> {
        self.timers().clock().pause()
    }

    fn resume(&self) -> io::Result<()> {
        self.timers().clock().resume()
    }

    fn advance(&self, duration: Duration) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>> {
        let handle = self.clone();
        let mut advanced = false;
        Box::pin(poll_fn(move |cx| {
            if std::mem::replace(&mut advanced, true) {
                return Poll::Ready(Ok(()));
            }
            handle.timers().clock().advance(duration)?;
            handle.timers().fire(&mut Vec::new());
            // Those that were woken go first.
            cx.waker().wake_by_ref();
            Poll::Pending
        }))
    }
}

/// Calls `f`, which runs a loop, where `Instant::now` is the loop's.
pub(crate) fn with_loop_clock<R>(f: impl FnOnce() -> R) -> R {
    struct Restore {
        clock: ThreadClock,
        outside: Option<ThreadClock>,
    }
    impl Drop for Restore {
        fn drop(&mut self) {
            set_clock(self.clock);
            OUTSIDE.set(self.outside);
        }
    }
    let restore = Restore { clock: set_clock(Some(now_here)), outside: OUTSIDE.get() };
    // In a loop inside a loop the clock before is that of a loop, which would ask the inner one.
    OUTSIDE.set(Some(restore.outside.unwrap_or(restore.clock)));
    f()
}

fn now_here() -> Instant {
    NativeHandle::with_current(|handle| match handle {
        Some(handle) => handle.timers().now(),
        None => outside_now(),
    })
}
