//! Time, from the handle itself: so that the trait need not be in scope.

use std::future::IntoFuture;
use std::time::Duration;

use loop_api::Handle as LoopHandle;
use loop_api::time::Instant;

use super::Handle;
use crate::time::{Interval, Sleep, Timeout};

/// # Time
impl Handle {
    /// The loop's clock.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::time::{Duration, Instant};
    ///
    /// let handle = anyloop::runtime::Handle::current();
    /// let start = handle.now();
    /// handle.sleep(Duration::from_millis(2)).await;
    /// assert!(handle.now() - start >= Duration::from_millis(2));
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn now(&self) -> Instant {
        LoopHandle::now(self)
    }

    /// Waits for `duration` on this loop, never less: as [`time::sleep`](crate::time::sleep).
    pub fn sleep(&self, duration: Duration) -> Sleep {
        LoopHandle::sleep(self, duration)
    }

    /// Waits until `deadline` on this loop, never less: as
    /// [`time::sleep_until`](crate::time::sleep_until).
    pub fn sleep_until(&self, deadline: Instant) -> Sleep {
        LoopHandle::sleep_until(self, deadline)
    }

    /// Ticks on this loop: as [`time::interval`](crate::time::interval).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::time::Duration;
    ///
    /// let mut ticks = anyloop::runtime::Handle::current().interval(Duration::from_millis(2));
    /// let first = ticks.tick().await;
    /// assert_eq!(ticks.tick().await - first, Duration::from_millis(2));
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn interval(&self, period: Duration) -> Interval {
        LoopHandle::interval(self, period)
    }

    /// `future` for at most `duration` on this loop: as [`time::timeout`](crate::time::timeout).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::time::Duration;
    ///
    /// let handle = anyloop::runtime::Handle::current();
    /// assert_eq!(handle.timeout(Duration::from_secs(60), async { 1 }).await, Ok(1));
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn timeout<F: IntoFuture>(&self, duration: Duration, future: F) -> Timeout<F::IntoFuture> {
        LoopHandle::timeout(self, duration, future)
    }
}
