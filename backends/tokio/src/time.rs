//! tokio's `Sleep`.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use loop_api::time::{self, Instant};
use pin_project_lite::pin_project;
use tokio::task::coop;

use crate::current;
use crate::inner::TokioHandle;

pin_project! {
    /// A wait for a moment: see [`loop_api::time::Sleep`]. tokio rounds up to the next millisecond.
    ///
    /// On a loop that was closed it never ends; a `block_on` of the loop's handle that waits for it
    /// ends with the loop. Where another thread polls it in the very moment in which the runtime
    /// ends, tokio panics: that is caught here, and seen by the panic hook alone.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Sleep {
        // Asked first: tokio panics when a sleep of a runtime that was shut down is polled.
        handle: TokioHandle,
        #[pin]
        sleep: tokio::time::Sleep,
        // Whether it was polled since it was made or reset.
        polled: bool,
    }
}

impl Sleep {
    #[inline]
    pub(crate) fn new(handle: &TokioHandle, deadline: Instant) -> Self {
        let deadline = tokio::time::Instant::from_std(deadline.into_std());
        let sleep = handle.sleep_until_there(deadline);
        Sleep { handle: handle.clone(), sleep, polled: false }
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if current::is_driving(this.handle) && coop::has_budget_remaining() {
            // The runtime does not end meanwhile, and its loop is open.
            *this.polled = true;
            return this.sleep.poll(cx);
        }
        poll_elsewhere(this.handle, this.sleep, this.polled, cx)
    }
}

/// Polls a sleep of a loop that another thread runs or nothing, or that has no budget left.
#[inline(never)]
fn poll_elsewhere(
    handle: &TokioHandle,
    sleep: Pin<&mut tokio::time::Sleep>,
    polled: &mut bool,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if handle.is_closed() {
        return Poll::Pending;
    }
    let polled = std::mem::replace(polled, true);
    if current::is_driving(handle) { poll(sleep, polled, cx) } else { poll_caught(handle, sleep, polled, cx) }
}

#[inline]
fn poll(sleep: Pin<&mut tokio::time::Sleep>, polled: bool, cx: &mut Context<'_>) -> Poll<()> {
    if coop::has_budget_remaining() { sleep.poll(cx) } else { poll_spent(sleep, polled, cx) }
}

/// Polls a sleep whose loop was open a moment ago. It may end meanwhile, and tokio panics.
fn poll_caught(
    handle: &TokioHandle,
    sleep: Pin<&mut tokio::time::Sleep>,
    polled: bool,
    cx: &mut Context<'_>,
) -> Poll<()> {
    catch_unwind(AssertUnwindSafe(|| poll(sleep, polled, cx))).unwrap_or_else(|payload| {
        if !handle.is_closed() {
            resume_unwind(payload);
        }
        Poll::Pending
    })
}

/// What stands beside the sleep has used up the budget of this poll: that must not keep its end
/// from being seen.
#[cold]
fn poll_spent(sleep: Pin<&mut tokio::time::Sleep>, polled: bool, cx: &mut Context<'_>) -> Poll<()> {
    let ended = pin!(coop::unconstrained(sleep)).poll(cx);
    if ended.is_ready() && !polled {
        // A row of sleeps that are over at once gives way, too.
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    ended
}

impl time::Sleep for Sleep {
    fn deadline(&self) -> Instant {
        Instant::from_std(self.sleep.deadline().into_std())
    }

    fn is_elapsed(&self) -> bool {
        self.sleep.deadline() <= tokio::time::Instant::now()
    }

    fn now(&self) -> Instant {
        Instant::from_std(tokio::time::Instant::now().into_std())
    }

    fn reset(self: Pin<&mut Self>, deadline: Instant) {
        let this = self.project();
        *this.polled = false;
        this.sleep.reset(tokio::time::Instant::from_std(deadline.into_std()));
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;
    use std::time::Duration;

    use loop_api::{EventLoop, Handle};

    use super::*;

    #[test]
    fn a_loop_that_ends_while_another_thread_polls_a_sleep() {
        let mut tokio = crate::TokioLoop::new().unwrap();
        let handle = tokio.handle().clone();
        let mut sleep = Box::pin(handle.sleep(Duration::from_secs(60)));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
        // After the look at whether it is closed, as a thread does it that was late.
        tokio.close();
        let this = sleep.as_mut().project();
        assert!(poll_caught(this.handle, this.sleep, true, &mut cx).is_pending());
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
    }
}
