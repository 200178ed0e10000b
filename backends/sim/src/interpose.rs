//! std's clock and random numbers in a world: with the feature `interpose`, on Linux. What is asked of the
//! system by name is asked here, and goes on to the system where no world runs on the thread.

use std::sync::OnceLock;
use std::time::Duration;

#[cfg(all(feature = "interpose", target_os = "linux", target_pointer_width = "64"))]
#[path = "interpose/linux.rs"]
mod system;
#[cfg(not(all(feature = "interpose", target_os = "linux", target_pointer_width = "64")))]
#[path = "interpose/none.rs"]
mod system;

pub(crate) use system::{base, real};

/// What is asked of the world of the calling thread; nothing where none runs on it.
#[derive(Debug)]
#[cfg_attr(
    not(all(feature = "interpose", target_os = "linux", target_pointer_width = "64")),
    allow(dead_code)
)]
pub(crate) struct Asked {
    /// How long the world has run, and the time of day since 1970, both by the clock of the host
    /// that runs.
    pub(crate) clock: fn() -> Option<(Duration, Duration)>,
    /// A number that the seed decides.
    pub(crate) random: fn() -> Option<u64>,
}

static ASKED: OnceLock<Asked> = OnceLock::new();

/// Worlds are asked from now on.
pub(crate) fn ask(asked: Asked) {
    let _again = ASKED.set(asked);
    system::measure();
}
