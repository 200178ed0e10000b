//! The AWS SDK: time-outs and pauses between tries.
//!
//! ```
//! use std::time::Duration;
//!
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use aws_smithy_async::future::timeout::Timeout;
//! use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     // What a configuration of the SDK takes: `.sleep_impl(sleep)`.
//!     let sleep = SharedAsyncSleep::new(plug);
//!     let late = Timeout::new(std::future::pending::<()>(), sleep.sleep(Duration::from_millis(1)));
//!     assert!(late.await.is_err());
//! });
//! # Ok::<(), std::io::Error>(())
//! ```

use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use loop_api::Handle;

use crate::Plug;

impl<H: Handle> AsyncSleep for Plug<H> {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.handle.sleep(duration))
    }
}
