//! backon: the pauses between tries.

use std::time::Duration;

use loop_api::Handle;

use crate::Plug;

impl<H: Handle> backon::Sleeper for Plug<H> {
    type Sleep = H::Sleep;

    fn sleep(&self, duration: Duration) -> H::Sleep {
        self.handle.sleep(duration)
    }
}
