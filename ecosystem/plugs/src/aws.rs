//! The AWS SDK: time-outs and pauses between tries.

use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use loop_api::Handle;

use crate::Plug;

impl<H: Handle> AsyncSleep for Plug<H> {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.handle.sleep(duration))
    }
}
