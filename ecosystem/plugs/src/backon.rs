//! backon: the pauses between tries.
//!
//! ```
//! use std::cell::Cell;
//! use std::time::Duration;
//!
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use backon::{ConstantBuilder, Retryable};
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     let tries = Cell::new(0);
//!     let third = || async {
//!         tries.set(tries.get() + 1);
//!         if tries.get() == 3 { Ok("coffee") } else { Err("not yet") }
//!     };
//!     let policy = ConstantBuilder::default().with_delay(Duration::from_millis(1));
//!     assert_eq!(third.retry(policy).sleep(plug).await, Ok("coffee"));
//! });
//! # Ok::<(), std::io::Error>(())
//! ```

use std::time::Duration;

use loop_api::Handle;

use crate::Plug;

impl<H: Handle> backon::Sleeper for Plug<H> {
    type Sleep = H::Sleep;

    fn sleep(&self, duration: Duration) -> H::Sleep {
        self.handle.sleep(duration)
    }
}
