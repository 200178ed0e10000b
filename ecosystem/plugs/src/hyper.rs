//! hyper: tasks and timers.
//!
//! A connection of HTTP/2 is served by `Builder::new(plug.clone()).timer(plug)` over a socket of
//! anyloop's, which has hyper's `Read` and `Write` with anyloop's feature `hyper`. tonic's
//! `Endpoint::executor` takes the same.
//!
//! ```
//! use std::time::Duration;
//!
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop::sync::oneshot;
//! use anyloop_plugs::Plug;
//! use hyper::rt::{Executor, Timer};
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     let (sender, receiver) = oneshot::channel();
//!     plug.execute(async move { sender.send(7) });
//!     assert_eq!(receiver.await, Ok(7));
//!     let begun = plug.now();
//!     plug.sleep(Duration::from_millis(1)).await;
//!     assert!(plug.now() - begun >= Duration::from_millis(1));
//! });
//! # Ok::<(), std::io::Error>(())
//! ```

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
