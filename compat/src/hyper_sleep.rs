//! Sleeps of any loop, for hyper.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use hyper::rt;
use loop_api::time::{Instant as LoopInstant, Sleep};
use pin_project_lite::pin_project;

pin_project! {
    /// A sleep of any loop, as one of hyper's: what a `hyper::rt::Timer` over a loop gives. It is a type
    /// of its own so that hyper can find it again behind its trait object, to reset it in place.
    ///
    /// ```
    /// use std::pin::Pin;
    /// use std::time::{Duration, Instant};
    /// use hyper::rt::{self, Timer};
    /// use loop_api::{EventLoop, Handle};
    /// use loop_compat::HyperSleep;
    /// use loop_native::{NativeHandle, NativeLoop};
    ///
    /// struct OnLoop(NativeHandle);
    ///
    /// impl Timer for OnLoop {
    ///     fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
    ///         HyperSleep::boxed(self.0.sleep(duration))
    ///     }
    ///     fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
    ///         HyperSleep::boxed(self.0.sleep_until(loop_api::time::Instant::from_std(deadline)))
    ///     }
    ///     fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
    ///         HyperSleep::reset(sleep, deadline, |deadline| self.0.sleep_until(deadline));
    ///     }
    /// }
    ///
    /// let mut native = NativeLoop::new()?;
    /// let timer = OnLoop(native.handle().clone());
    /// native.block_on(async move {
    ///     let (begun, wanted) = (Instant::now(), Duration::from_millis(2));
    ///     let mut sleep = timer.sleep(Duration::from_secs(3600));
    ///     timer.reset(&mut sleep, begun + wanted);
    ///     sleep.await;
    ///     assert!(begun.elapsed() >= wanted);
    /// });
    /// # std::io::Result::Ok(())
    /// ```
    #[derive(Debug)]
    pub struct HyperSleep<S> {
        #[pin]
        sleep: S,
    }
}

impl<S: Sleep + 'static> HyperSleep<S> {
    /// In the box that hyper keeps.
    pub fn boxed(sleep: S) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(HyperSleep { sleep })
    }

    /// Gives a sleep another deadline: in place if it is one of these, else by one that
    /// `sleep_until` makes.
    pub fn reset(
        sleep: &mut Pin<Box<dyn rt::Sleep>>,
        deadline: Instant,
        sleep_until: impl FnOnce(LoopInstant) -> S,
    ) {
        let deadline = LoopInstant::from_std(deadline);
        match sleep.as_mut().downcast_mut_pin::<Self>() {
            Some(ours) => ours.project().sleep.reset(deadline),
            None => *sleep = Self::boxed(sleep_until(deadline)),
        }
    }
}

impl<S: Sleep> Future for HyperSleep<S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().sleep.poll(cx)
    }
}

impl<S: Sleep> rt::Sleep for HyperSleep<S> {}
