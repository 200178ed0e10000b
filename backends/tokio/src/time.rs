//! tokio's `Sleep`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::time::{self, Instant};
use pin_project_lite::pin_project;

use crate::handle::TokioHandle;

pin_project! {
    /// A wait for a moment: see [`loop_api::time::Sleep`]. tokio rounds up to the next millisecond.
    ///
    /// On a loop that was closed it never ends.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Sleep {
        // Asked first: tokio panics when a sleep of a runtime that was shut down is polled.
        handle: TokioHandle,
        #[pin]
        sleep: tokio::time::Sleep,
    }
}

impl Sleep {
    #[inline]
    pub(crate) fn new(handle: &TokioHandle, deadline: Instant) -> Self {
        let deadline = tokio::time::Instant::from_std(deadline.into_std());
        let sleep = handle.within(|| tokio::time::sleep_until(deadline));
        Sleep { handle: handle.clone(), sleep }
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if this.handle.is_closed() {
            return Poll::Pending;
        }
        this.sleep.poll(cx)
    }
}

impl time::Sleep for Sleep {
    fn deadline(&self) -> Instant {
        Instant::from_std(self.sleep.deadline().into_std())
    }

    fn is_elapsed(&self) -> bool {
        self.sleep.deadline() <= tokio::time::Instant::now()
    }

    fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.project().sleep.reset(tokio::time::Instant::from_std(deadline.into_std()));
    }
}
