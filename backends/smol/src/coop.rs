//! Transfers are counted, which async-io does not do: see [`loop_api::coop`].

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use loop_api::{budget, coop};
use pin_project_lite::pin_project;

/// How many tasks run before the main future and I/O have their turn.
pub(crate) const TASKS_PER_TURN: usize = 200;

thread_local! {
    /// Whether a poll on this thread has used up its transfers since this was asked last.
    static USED_UP: Cell<bool> = const { Cell::new(false) };
    /// Whether a task on this thread has said that it gives way since this was asked last.
    static GAVE_WAY: Cell<bool> = const { Cell::new(false) };
}

pin_project! {
    /// A task or a main future, each poll of which may make a number of transfers.
    pub(crate) struct Counted<F> {
        #[pin]
        future: F,
    }
}

impl<F> Counted<F> {
    #[inline]
    pub(crate) fn new(future: F) -> Self {
        Counted { future }
    }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        budget::begin_poll();
        coop::polled(|| self.project().future.poll(cx))
    }
}

/// One transfer. It asks the task to come again, if its poll has made enough of them.
#[inline]
pub(crate) fn poll_transfer<T>(
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    let mut tried = false;
    let polled = coop::poll_transfer(cx, |cx| {
        tried = true;
        poll(cx)
    });
    if !tried {
        USED_UP.set(true);
    }
    polled
}

/// [`poll_transfer`] of a future. Cancel safe if that is.
pub(crate) async fn transfer<F: Future>(transfer: F) -> F::Output {
    let mut transfer = pin!(transfer);
    poll_fn(|cx| poll_transfer(cx, |cx| transfer.as_mut().poll(cx))).await
}

/// Whether a poll on this thread used up its transfers since the last time: then the timers and
/// sockets of the thread have waited long.
#[inline]
pub(crate) fn take_used_up() -> bool {
    USED_UP.replace(false)
}

/// Wakes the task that is polled, which gives way: everything else that is ready on the loop's
/// thread has its turn first, also the main future. A task that only wakes itself while it is
/// polled may run up to 200 times before that: async-executor does not tell.
#[inline]
pub fn give_way(cx: &mut Context<'_>) {
    GAVE_WAY.set(true);
    cx.waker().wake_by_ref();
}

#[inline]
pub(crate) fn take_gave_way() -> bool {
    GAVE_WAY.replace(false)
}
