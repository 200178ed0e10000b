//! Sleeps, over async-io's timer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_io::Timer;
use loop_api::time::{self, Instant};

use crate::coop::poll_transfer;

/// Waits for a moment: what `sleep` gives. See [`loop_api::time::Sleep`].
///
/// Cancel safe. Dropping it takes it off the reactor. async-io's timers are the process's: it is
/// done in time on a loop that was closed, too.
#[derive(Debug)]
#[must_use = "a sleep does nothing unless it is awaited"]
pub struct Sleep {
    timer: Timer,
    deadline: Instant,
}

impl Sleep {
    pub(crate) fn until(deadline: Instant) -> Sleep {
        Sleep { timer: Timer::at(deadline.into_std()), deadline }
    }

    /// async-io's own timer. Moved to another moment through this, the sleep is done then, though
    /// `deadline` does not tell.
    pub fn into_inner(self) -> Timer {
        self.timer
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // A timer that has fired forgets its moment, and would be pending forever.
        if self.timer.will_fire() {
            // One that is over at its first poll is ready at once, and so would a row of them be
            // forever.
            ready!(poll_transfer(cx, |cx| Pin::new(&mut self.timer).poll(cx)));
        }
        Poll::Ready(())
    }
}

impl time::Sleep for Sleep {
    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn is_elapsed(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.deadline = deadline;
        self.timer.set_at(deadline.into_std());
    }
}
