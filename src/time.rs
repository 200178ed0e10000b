//! Time: the loop's clock, sleeps, intervals, timeouts.
//!
//! What holds on every loop: nothing is done before its deadline; on one thread sleeps end in the
//! order of their deadlines, those of one deadline in the order in which they were first polled;
//! [`Duration::MAX`] is never, not an overflow; what is dropped costs the loop nothing more. How
//! much later than its deadline something may be is the loop's own: native and smol count in
//! microseconds, tokio in milliseconds.
//!
//! What differs from tokio: an [`Instant`] and a duration too long add up to a moment that never
//! comes, instead of a panic; an interval of zero ticks on every turn, instead of a panic.
//! `pause`, `advance` and `resume` (feature `test-util`) are there on native and tokio. The time of
//! day is asked of the loop, too: [`SystemTime`], which a simulated world decides by its seed.
//!
//! ```
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use anyloop::time::{Duration, Instant, MissedTickBehavior, interval, sleep, timeout};
//!
//! let start = Instant::now();
//! let late = timeout(Duration::from_millis(2), sleep(Duration::MAX)).await;
//! assert!(late.is_err());
//! assert!(start.elapsed() >= Duration::from_millis(2));
//!
//! let mut ticks = interval(Duration::from_millis(1));
//! ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
//! ticks.tick().await; // at once
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```

use std::future::IntoFuture;
use std::time::Duration as StdDuration;

use loop_api::Handle as _;

use crate::any::if_several;
use crate::runtime::{Handle, NoLoop, current, current_or_panic};

mod sleep;
mod system_time;
#[cfg(feature = "test-util")]
mod test_util;

pub use loop_api::time::{Instant, MissedTickBehavior};
pub use sleep::Sleep;
pub use std::time::Duration;
pub use system_time::SystemTime;
#[cfg(feature = "test-util")]
pub use test_util::{advance, pause, resume, try_advance, try_pause, try_resume};

if_several! {
    (inline(never)) else (inline)
    /// Waits for `duration` on the loop that the caller runs in, never less. [`Duration::MAX`] is
    /// never. Cancel safe: dropped, it is gone.
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
        current_or_panic(|handle| handle.sleep(duration))
    }
}

/// [`sleep`] that does not panic.
///
/// # Errors
///
/// [`NoLoop`], whose message names the remedy.
///
/// ```
/// use anyloop::time::{Duration, try_sleep};
///
/// // Here no loop runs, unless the feature `global` lends one.
/// assert_eq!(try_sleep(Duration::from_secs(1)).is_ok(), cfg!(feature = "global"));
/// ```
#[inline]
pub fn try_sleep(duration: StdDuration) -> Result<Sleep, NoLoop> {
    current(|handle| handle.sleep(duration))
}

if_several! {
    (inline(never)) else (inline)
    /// Waits until `deadline`, never less. One that is past is due on the loop's next turn.
    ///
    /// # Panics
    ///
    /// Without a loop; [`try_sleep_until`] does not.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::time::{Duration, Instant, sleep_until};
    ///
    /// let deadline = Instant::now() + Duration::from_millis(2);
    /// sleep_until(deadline).await;
    /// assert!(Instant::now() >= deadline);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn sleep_until(deadline: Instant) -> Sleep {
        current_or_panic(|handle| handle.sleep_until(deadline))
    }
}

/// [`sleep_until`] that does not panic.
///
/// # Errors
///
/// [`NoLoop`], whose message names the remedy.
#[inline]
pub fn try_sleep_until(deadline: Instant) -> Result<Sleep, NoLoop> {
    current(|handle| handle.sleep_until(deadline))
}

/// Ticks, one a period: see [`interval`]. Waiting for a tick is cancel safe; dropping the interval
/// ends it.
pub type Interval = loop_api::time::Interval<Sleep>;

/// A future with a deadline: see [`timeout`]. Dropping it drops the future.
pub type Timeout<F> = loop_api::time::Timeout<F, Sleep>;

/// What goes wrong with time, where tokio has it. `?` takes it into an `io::Error` of kind
/// `TimedOut`.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::time::{Duration, error::Elapsed, sleep, timeout};
///
/// let late: Result<(), Elapsed> = timeout(Duration::from_millis(1), sleep(Duration::MAX)).await;
/// let error = std::io::Error::from(late.unwrap_err());
/// assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub mod error {
    pub use loop_api::time::Elapsed;
}

/// Ticks at once, and then once every `period`. Missed ticks are given in a burst unless
/// [`set_missed_tick_behavior`](Interval::set_missed_tick_behavior) says otherwise. A period of
/// zero, which tokio refuses, ticks on every turn of the loop.
///
/// # Panics
///
/// Without a loop; [`Handle::try_current`] and the handle's own `interval` do not.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::time::{Duration, interval};
///
/// let mut ticks = interval(Duration::from_millis(2));
/// let first = ticks.tick().await;
/// assert_eq!(ticks.tick().await - first, Duration::from_millis(2));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn interval(period: StdDuration) -> Interval {
    Handle::current().interval(period)
}

/// [`interval`] with the first tick at `start`.
///
/// # Panics
///
/// As [`interval`].
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::time::{Duration, Instant, interval_at};
///
/// let start = Instant::now() + Duration::from_millis(2);
/// let mut ticks = interval_at(start, Duration::from_millis(2));
/// assert_eq!(ticks.tick().await, start);
/// assert_eq!(ticks.tick().await, start + Duration::from_millis(2));
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn interval_at(start: Instant, period: StdDuration) -> Interval {
    Handle::current().interval_at(start, period)
}

/// `future`, for at most `duration`; then it is dropped, and the output is
/// [`Elapsed`](error::Elapsed). Give `&mut` of the future to keep it. A future that is done at its
/// first poll is given, however short the time. Cancel safe if `future` is.
///
/// # Panics
///
/// Without a loop; [`Handle::try_current`] and the handle's own `timeout` do not.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::time::{Duration, timeout};
///
/// assert!(timeout(Duration::from_millis(2), std::future::pending::<()>()).await.is_err());
/// assert_eq!(timeout(Duration::from_secs(60), async { 1 }).await, Ok(1));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn timeout<F: IntoFuture>(duration: StdDuration, future: F) -> Timeout<F::IntoFuture> {
    Timeout::new(future.into_future(), sleep(duration))
}

/// [`timeout`] at a moment.
///
/// # Panics
///
/// As [`timeout`].
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::time::{Duration, Instant, sleep, timeout_at};
///
/// let deadline = Instant::now() + Duration::from_millis(2);
/// assert!(timeout_at(deadline, sleep(Duration::from_secs(60))).await.is_err());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    Timeout::new(future.into_future(), sleep_until(deadline))
}
