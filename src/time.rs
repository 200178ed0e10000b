//! Time: the loop's clock, sleeps, intervals, timeouts.

use std::time::Duration as StdDuration;

use crate::runtime::{NoLoop, current, or_panic};

mod sleep;

pub use loop_api::time::Instant;
pub use sleep::Sleep;
pub use std::time::Duration;

/// Waits for `duration` on the loop that the caller runs in, never less. [`Duration::MAX`] is never.
///
/// # Panics
///
/// Without a loop; [`try_sleep`] does not.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::time::{Duration, Instant, sleep};
///
/// let start = Instant::now();
/// sleep(Duration::from_millis(5)).await;
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn sleep(duration: StdDuration) -> Sleep {
    or_panic(try_sleep(duration))
}

/// [`sleep`] that does not panic.
///
/// # Errors
///
/// [`NoLoop`], whose message names the remedy.
pub fn try_sleep(duration: StdDuration) -> Result<Sleep, NoLoop> {
    current(|handle| handle.sleep_until(handle.now().saturating_add(duration)))
}

/// Waits until `deadline`, never less. One that is past is due on the loop's next turn.
///
/// # Panics
///
/// Without a loop; [`try_sleep_until`] does not.
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    or_panic(try_sleep_until(deadline))
}

/// [`sleep_until`] that does not panic.
///
/// # Errors
///
/// [`NoLoop`], whose message names the remedy.
pub fn try_sleep_until(deadline: Instant) -> Result<Sleep, NoLoop> {
    current(|handle| handle.sleep_until(deadline))
}
