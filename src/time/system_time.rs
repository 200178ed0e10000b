//! The time of day, asked of the loop.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{Duration, SystemTime as Std, SystemTimeError};

use crate::any;

/// The time of day, asked of the loop that the caller runs in: the system's, and in a simulated
/// world that of the host, with its skew, so that a run repeats itself. Otherwise it is the
/// standard library's, by name and methods, and either becomes the other by `From`.
///
/// ```
/// use anyloop::time::{Duration, SystemTime};
///
/// let now = SystemTime::now();
/// assert!(now.duration_since(SystemTime::UNIX_EPOCH)? > Duration::from_secs(1_600_000_000));
/// assert_eq!(now + Duration::from_secs(5) - Duration::from_secs(5), now);
/// // For those who know only std's.
/// let theirs: std::time::SystemTime = now.into();
/// assert_eq!(SystemTime::from(theirs), now);
/// # Ok::<(), std::time::SystemTimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemTime(Std);

impl SystemTime {
    /// The beginning of the year 1970, UTC.
    pub const UNIX_EPOCH: SystemTime = SystemTime(Std::UNIX_EPOCH);

    /// The time of day, as the loop tells it; without a loop, as the system does.
    pub fn now() -> SystemTime {
        SystemTime(any::with_current(|current| match current {
            Some(handle) => handle.wall_clock(),
            None => Std::now(),
        }))
    }

    /// Time since `earlier`.
    ///
    /// # Errors
    ///
    /// If `earlier` is later: the clock may have been set. The error tells by how much.
    pub fn duration_since(&self, earlier: SystemTime) -> Result<Duration, SystemTimeError> {
        self.0.duration_since(earlier.0)
    }

    /// Time since then.
    ///
    /// # Errors
    ///
    /// If it is still to come: the clock may have been set.
    pub fn elapsed(&self) -> Result<Duration, SystemTimeError> {
        SystemTime::now().duration_since(*self)
    }

    /// So much later, if the system's clock can tell that.
    pub fn checked_add(&self, duration: Duration) -> Option<SystemTime> {
        self.0.checked_add(duration).map(SystemTime)
    }

    /// So much earlier, if the system's clock can tell that.
    pub fn checked_sub(&self, duration: Duration) -> Option<SystemTime> {
        self.0.checked_sub(duration).map(SystemTime)
    }
}

impl From<Std> for SystemTime {
    fn from(time: Std) -> SystemTime {
        SystemTime(time)
    }
}

impl From<SystemTime> for Std {
    fn from(time: SystemTime) -> Std {
        time.0
    }
}

impl Add<Duration> for SystemTime {
    type Output = SystemTime;

    /// # Panics
    ///
    /// As std's: if the system's clock cannot tell it.
    fn add(self, duration: Duration) -> SystemTime {
        SystemTime(self.0 + duration)
    }
}

impl Sub<Duration> for SystemTime {
    type Output = SystemTime;

    /// # Panics
    ///
    /// As std's: if the system's clock cannot tell it.
    fn sub(self, duration: Duration) -> SystemTime {
        SystemTime(self.0 - duration)
    }
}

impl AddAssign<Duration> for SystemTime {
    fn add_assign(&mut self, duration: Duration) {
        self.0 += duration;
    }
}

impl SubAssign<Duration> for SystemTime {
    fn sub_assign(&mut self, duration: Duration) {
        self.0 -= duration;
    }
}

impl fmt::Debug for SystemTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
