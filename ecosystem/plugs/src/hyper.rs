//! hyper: tasks and timers.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt;
use loop_api::Handle;
use loop_api::time::Sleep as _;
use pin_project_lite::pin_project;

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

pin_project! {
    /// A type of our own, so that hyper can find it again behind its trait object to reset it in
    /// place.
    struct Sleep<S> {
        #[pin]
        sleep: S,
    }
}

impl<S: loop_api::time::Sleep> Future for Sleep<S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().sleep.poll(cx)
    }
}

impl<S: loop_api::time::Sleep> rt::Sleep for Sleep<S> {}

impl<H: Handle> rt::Timer for Plug<H> {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep { sleep: self.handle.sleep(duration) })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep { sleep: self.handle.sleep_until(loop_api::time::Instant::from_std(deadline)) })
    }

    fn now(&self) -> Instant {
        self.handle.now().into_std()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep<H::Sleep>>() {
            Some(ours) => ours.project().sleep.reset(loop_api::time::Instant::from_std(deadline)),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}
