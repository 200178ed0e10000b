//! What runs the callbacks: beside a loop's main future, or as a task on an adopted loop.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use super::job::Job;
use super::queue::{Queue, Rest};
use crate::error::Panic;
use crate::handle::{self, Handle};
use crate::shared::{Exception, Shared};
use crate::time::{Instant, Sleep, measured_now};

/// Runs a loop's callbacks, a turn at a time.
///
/// All the timers of callbacks are served by one of the backend's sleeps, moved to the first
/// deadline.
pub struct Pump<H: Handle> {
    handle: H,
    /// The handle's: in a poll with nothing to do it is all that is looked at.
    queue: Queue,
    /// Tells this pump's waker from those of others of the same loop.
    id: u64,
    /// The waker that the queue has, if it is this pump's.
    waker: Option<Waker>,
    /// Empty between turns; swapped with the queue's, so that neither grows anew.
    batch: VecDeque<Arc<dyn Job>>,
    sleep: Option<Pin<Box<H::Sleep>>>,
    /// The deadline the sleep was last moved to, until it is past.
    armed: Option<Instant>,
}

impl<H: Handle> Pump<H> {
    /// The pump of a loop. A loop may have several, one at a time being polled: the one polled last
    /// is woken.
    pub fn new(handle: H) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        handle::register_kind::<H>();
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let queue = handle.shared().callbacks.clone();
        Pump { handle, queue, id, waker: None, batch: VecDeque::new(), sleep: None, armed: None }
    }

    /// Runs what was queued when it was called, and what is due. Ready when `stop()` was called.
    /// Where more is left it wakes the task and is pending, so that I/O and timers get their turn.
    #[inline]
    pub fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let quiet = self.is_known(cx) && self.queue.is_idle() && !self.poll_timer(cx);
        if quiet { Poll::Pending } else { self.poll_busy(cx) }
    }

    /// Whether the queue has this pump's waker, and that wakes the task.
    #[inline]
    fn is_known(&self, cx: &Context<'_>) -> bool {
        let known = self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        known && self.queue.is_registered(self.id)
    }

    #[inline(never)]
    fn poll_busy(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let known = self.is_known(cx);
        self.run_turn();

        // Cloned outside the lock, and only when the queue does not have it.
        let mut waker = if known { None } else { Some(cx.waker().clone()) };
        let rest = self.queue.end(self.id, &mut waker);
        if !known && matches!(rest, Rest::Idle(_)) {
            self.keep(cx.waker());
        }
        match rest {
            Rest::Stop => return Poll::Ready(()),
            Rest::More => cx.waker().wake_by_ref(),
            Rest::Idle(None) => {
                // Not only disarmed: the backend must see that nothing waits.
                self.sleep = None;
                self.armed = None;
            }
            Rest::Idle(Some(deadline)) => {
                self.set_timer(deadline);
                if self.poll_timer(cx) {
                    // Due already: another turn, after I/O had its own.
                    self.queue.mark_pending();
                    cx.waker().wake_by_ref();
                }
            }
        }
        Poll::Pending
    }

    /// Keeps a clone of the waker that the queue has now.
    fn keep(&mut self, waker: &Waker) {
        if !self.waker.as_ref().is_some_and(|own| own.will_wake(waker)) {
            self.waker = Some(waker.clone());
        }
    }

    fn run_turn(&mut self) {
        let shared = self.handle.shared();
        let first = shared.callbacks.begin(&mut self.batch);
        if let Some(first) = first {
            let now = self.handle.now();
            if first <= now {
                shared.callbacks.take_due(now, &mut self.batch);
            }
        }
        while let Some(job) = self.batch.pop_front() {
            run(&*job, shared);
        }
    }

    fn set_timer(&mut self, deadline: Instant) {
        if self.armed == Some(deadline) {
            return;
        }
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(deadline),
            None => self.sleep = Some(Box::pin(self.handle.sleep_until(deadline))),
        }
        self.armed = Some(deadline);
    }

    /// Whether the first timer is due.
    #[inline]
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> bool {
        self.armed.is_some() && self.poll_armed(cx)
    }

    #[inline(never)]
    fn poll_armed(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(sleep) = &mut self.sleep else { return false };
        let due = sleep.as_mut().poll(cx).is_ready();
        if due {
            self.armed = None;
        }
        due
    }
}

fn run(job: &dyn Job, shared: &Shared) {
    let threshold = shared.slow_callback_duration();
    let start = threshold.map(|_| measured_now());
    // The closure is gone after a panic; the queue is not touched while it runs.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| job.run())) {
        shared.report(&Exception::panicked(job.kind(), Panic::new(payload), Some(job.location())));
    }
    if let (Some(threshold), Some(start)) = (threshold, start) {
        let took = measured_now() - start;
        if took >= threshold {
            shared.report(&Exception::slow(took, Some(job.location())));
        }
    }
}

impl<H: Handle> Drop for Pump<H> {
    fn drop(&mut self) {
        self.handle.shared().callbacks.forget_pump(self.id);
    }
}

impl<H: Handle> fmt::Debug for Pump<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pump")
            .field("handle", &self.handle)
            .field("armed", &self.armed)
            .finish_non_exhaustive()
    }
}

/// Runs the callbacks of an adopted loop, and never ends. For backends: spawned on the runtime when
/// that is adopted. The runtime drops its tasks when it ends, and with this one the loop is closed.
///
/// ```
/// # use loop_api::Handle;
/// fn adopt<H: Handle>(handle: &H) {
///     drop(handle.spawn(loop_api::callback::run_adopted(handle.clone())));
/// }
/// ```
pub fn run_adopted<H: Handle>(handle: H) -> impl Future<Output = ()> + Send + 'static {
    struct CloseOnDrop<H: Handle>(H);
    impl<H: Handle> Drop for CloseOnDrop<H> {
        fn drop(&mut self) {
            self.0.enter(|| self.0.shared().close());
        }
    }
    // Before the first poll, too: the runtime may end before that.
    let guard = CloseOnDrop(handle);
    async move {
        let mut pump = Pump::new(guard.0.clone());
        loop {
            // An adopted loop is not stopped.
            poll_fn(|cx| pump.poll_turn(cx)).await;
        }
    }
}

pin_project_lite::pin_project! {
    /// A loop's main future, and its callbacks beside it. `None` when `stop()` came first.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Driven<H: Handle, F> {
        pump: Pump<H>,
        #[pin]
        future: F,
    }
}

impl<H: Handle, F: Future> Driven<H, F> {
    /// The future, driven with the callbacks of `pump`.
    pub fn new(pump: Pump<H>, future: F) -> Self {
        Driven { pump, future }
    }
}

impl<H: Handle, F: Future> Future for Driven<H, F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let stopped = this.pump.poll_turn(cx).is_ready();
        match this.future.poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if stopped => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}
