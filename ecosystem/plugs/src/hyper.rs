//! hyper: tasks and timers.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use hyper::rt;
use loop_api::Handle;
use loop_compat::HyperSleep;

use crate::Plug;

impl<H, F> rt::Executor<F> for Plug<H>
where
    H: Handle,
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn execute(&self, future: F) {
        drop(self.handle.spawn(future)); // it runs on
    }
}

impl<H: Handle> rt::Timer for Plug<H> {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        HyperSleep::boxed(self.handle.sleep(duration))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        HyperSleep::boxed(self.handle.sleep_until(loop_api::time::Instant::from_std(deadline)))
    }

    fn now(&self) -> Instant {
        self.handle.now().into_std()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        HyperSleep::reset(sleep, deadline, |deadline| self.handle.sleep_until(deadline));
    }
}
