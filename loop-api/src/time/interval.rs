//! Ticks once every period, and what becomes of those that were missed.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;

use super::{Instant, Sleep};

/// What an [`Interval`] does about ticks that were not waited for in time: tokio's three
/// behaviours. A tick is in time for 5 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MissedTickBehavior {
    /// Gives them as fast as they are taken, until it has caught up. tokio's default, and ours.
    #[default]
    Burst,
    /// Counts the next period from the late tick.
    Delay,
    /// Leaves them out: the next tick is at the next multiple of the period after the start.
    Skip,
}

/// How late a tick may be and count as in time, as with tokio.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Ticks, one a period: what [`Handle::interval`](crate::Handle::interval) gives. Dropping it ends
/// it. Ticks that are overdue come one a turn of the loop, so that even a period of zero, which
/// ticks on every turn, starves no other task.
pub struct Interval<S: Sleep> {
    sleep: Pin<Box<S>>,
    period: Duration,
    missed: MissedTickBehavior,
    /// The next tick is overdue already: the others first.
    overdue: bool,
}

impl<S: Sleep> Interval<S> {
    /// `first` ends with the first tick.
    pub(crate) fn new(first: S, period: Duration) -> Self {
        let sleep = Box::pin(first);
        Interval { sleep, period, missed: MissedTickBehavior::default(), overdue: false }
    }

    /// Waits for the next tick, and gives the moment it was due.
    ///
    /// Cancel safe: a tick that was waited for and not given is given next time.
    pub fn tick(&mut self) -> impl Future<Output = Instant> + Send + use<'_, S> {
        poll_fn(|cx| self.poll_tick(cx))
    }

    /// [`tick`](Self::tick) by hand.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        if self.overdue {
            self.overdue = false;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        ready!(self.sleep.as_mut().poll(cx));
        let due = self.sleep.deadline();
        let now = self.sleep.now();
        let late = now.duration_since(due);
        let next = if late <= TOLERANCE {
            due + self.period
        } else {
            match self.missed {
                MissedTickBehavior::Burst => due + self.period,
                MissedTickBehavior::Delay => now + self.period,
                MissedTickBehavior::Skip => now + (self.period - remainder(late, self.period)),
            }
        };
        self.overdue = next <= now;
        self.sleep.as_mut().reset(next);
        Poll::Ready(due)
    }

    /// The next tick is a period from now.
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// The next tick is due now.
    pub fn reset_immediately(&mut self) {
        self.reset_after(Duration::ZERO);
    }

    /// The next tick is due after `duration`, and those that follow a period apart.
    pub fn reset_after(&mut self, duration: Duration) {
        self.reset_at(self.sleep.now() + duration);
    }

    /// The next tick is due at `deadline`.
    pub fn reset_at(&mut self, deadline: Instant) {
        self.overdue = false;
        self.sleep.as_mut().reset(deadline);
    }

    /// The time between ticks.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// What is done about missed ticks.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed
    }

    /// Sets what is done about missed ticks.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }
}

/// What is left of `late` after as many periods as there are in it.
fn remainder(late: Duration, period: Duration) -> Duration {
    let nanos = late.as_nanos().checked_rem(period.as_nanos()).unwrap_or(0);
    // Less than the period, and the period is a Duration.
    Duration::new((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u32)
}

/// Its ticks, without an end.
impl<S: Sleep> Stream for Interval<S> {
    type Item = Instant;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Instant>> {
        self.get_mut().poll_tick(cx).map(Some)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl<S: Sleep> fmt::Debug for Interval<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("period", &self.period)
            .field("missed", &self.missed)
            .field("next", &self.sleep.deadline())
            .finish_non_exhaustive()
    }
}
