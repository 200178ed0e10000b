//! The loop, as hyper sees it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use anyloop::time;
use hyper::rt;

/// The loop that the caller runs on, as hyper's executor and timer.
///
/// [`serve`](crate::serve()) and [`Client`](crate::Client) use it by themselves; it is public for code
/// that builds hyper's connections itself.
///
/// Outside a loop both panic with the advice of [`anyloop::runtime::NoLoop`].
///
/// ```
/// use std::time::{Duration, Instant};
/// use anyloop_web::Loop;
/// use hyper::rt::{Executor, Timer};
///
/// anyloop::runtime::Runtime::new()?.block_on(async {
///     let (begun, limit) = (Instant::now(), Duration::from_millis(5));
///     Loop.execute(async { /* a task of the loop */ });
///     Loop.sleep(limit).await;
///     assert!(begun.elapsed() >= limit);
/// });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Loop;

impl<F> rt::Executor<F> for Loop
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn execute(&self, future: F) {
        drop(anyloop::spawn(future)); // it runs on
    }
}

/// A type of our own, so that hyper can find it again behind its trait object to reset it in place.
struct Sleep(Pin<Box<time::Sleep>>);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl rt::Sleep for Sleep {}

impl rt::Timer for Loop {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep(Box::pin(time::sleep(duration))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep(Box::pin(time::sleep_until(time::Instant::from_std(deadline)))))
    }

    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep>() {
            Some(mut ours) => ours.0.as_mut().reset(time::Instant::from_std(deadline)),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}
