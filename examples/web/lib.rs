//! What hyper needs of a loop beside its streams: a timer.

use std::pin::Pin;
use std::time::{Duration, Instant};

use anyloop::time;
use hyper::rt;
use loop_compat::HyperSleep;

/// The timer of the loop that runs, for hyper's time limits.
#[derive(Debug, Clone, Copy)]
pub struct Timer;

impl rt::Timer for Timer {
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
