//! The loop's clock in the hands of a test.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use loop_api::time::TestClock;

use crate::handle::NativeHandle;

impl NativeHandle {
    /// The loop's clock, if it can be stopped.
    pub(crate) fn stoppable(&self) -> io::Result<&NativeHandle> {
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

    fn advance(&self, duration: Duration) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>> {
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
