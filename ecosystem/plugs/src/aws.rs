//! The AWS SDK: time-outs, pauses between tries, and the time of day.
//!
//! ```
//! use std::time::Duration;
//!
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use aws_smithy_async::future::timeout::Timeout;
//! use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
//! use aws_smithy_async::time::SharedTimeSource;
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     // What a configuration of the SDK takes: `.sleep_impl(sleep).time_source(plug)`.
//!     let sleep = SharedAsyncSleep::new(plug.clone());
//!     let late = Timeout::new(std::future::pending::<()>(), sleep.sleep(Duration::from_millis(1)));
//!     assert!(late.await.is_err());
//!     assert!(SharedTimeSource::new(plug).now() > std::time::UNIX_EPOCH);
//! });
//! # Ok::<(), std::io::Error>(())
//! ```

use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use loop_api::Handle;

use crate::Plug;

impl<H: Handle> AsyncSleep for Plug<H> {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.handle.sleep(duration))
    }
}

impl<H: Handle> TimeSource for Plug<H> {
    fn now(&self) -> SystemTime {
        self.handle.wall_clock()
    }
}
