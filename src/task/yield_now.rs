//! Giving the others their turn.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Lets everything else that is ready run once before this task goes on. It needs no loop. Cancel
/// safe: dropped, it has done nothing.
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
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
