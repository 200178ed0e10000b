//! The loop, as hyper sees it.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyloop::time;
use hyper::rt;
use loop_compat::HyperSleep;

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
        anyloop::spawn(future); // it runs on
    }
}

impl rt::Timer for Loop {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        HyperSleep::boxed(time::sleep(duration))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        HyperSleep::boxed(time::sleep_until(time::Instant::from_std(deadline)))
    }

    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        HyperSleep::reset(sleep, deadline, time::sleep_until);
    }
}
