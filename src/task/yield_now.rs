//! Giving the others their turn.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Lets everything else that is ready on this thread run once before this task goes on: the other
/// tasks, and the main future of `block_on`. It needs no loop. Cancel safe: dropped, it has done
/// nothing.
///
/// Tasks go on in the order in which they gave way, on every loop. (tokio's own function has them go
/// on in reverse order.) On tokio the main future comes after
/// [`event_interval`](crate::runtime::Builder::event_interval) polls of tasks, 61 unless that was set: a
/// task that gives way again and again runs as often before it. On worker threads there is no round: each
/// thread has tasks of its own, and takes from others.
///
/// This is about this function. On smol a task that gives way otherwise, by waking itself, may run up to
/// 200 times before the main future goes on.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// let ran = Arc::new(AtomicBool::new(false));
/// let task = anyloop::task::spawn({
///     let ran = ran.clone();
///     async move { ran.store(true, Ordering::Relaxed) }
/// });
/// assert!(!ran.load(Ordering::Relaxed)); // never inside the call
/// anyloop::task::yield_now().await;
/// task.await?;
/// assert!(ran.load(Ordering::Relaxed));
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// What [`yield_now`] gives.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        crate::any::give_way(cx);
        Poll::Pending
    }
}
