//! Time: the loop's clock, sleeps, intervals, timeouts.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::io;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

mod interval;
mod timeout;

pub use interval::{Interval, MissedTickBehavior};
pub use timeout::{Elapsed, Timeout};

/// A moment on the loop's clock: monotonic, and the simulator's own where a simulator runs. As
/// tokio's, but what would overflow is a moment that never comes.
///
/// ```
/// use loop_api::time::Instant;
/// use std::time::Duration;
///
/// let start = Instant::now();
/// let later = start + Duration::from_millis(5);
/// assert_eq!(later - start, Duration::from_millis(5));
/// assert_eq!(start - later, Duration::ZERO);
/// assert!(start + Duration::MAX > later, "never is not an overflow");
/// assert!(start.checked_add(Duration::MAX).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std::time::Instant);

thread_local! {
    static CLOCK: Cell<Option<fn() -> Instant>> = const { Cell::new(None) };
}

/// Sets the clock that [`Instant::now`] asks on this thread, and gives the one before; `None` is
/// the system's. For simulators.
pub fn set_clock(clock: Option<fn() -> Instant>) -> Option<fn() -> Instant> {
    CLOCK.replace(clock)
}

static MEASURED: OnceLock<fn() -> std::time::Instant> = OnceLock::new();

/// Has [`measured_now`] ask `clock`, once in a process: for simulators that make std's clock theirs.
pub fn set_measured(clock: fn() -> std::time::Instant) {
    let _first = MEASURED.set(clock);
}

/// The thread's real time, by which slow callbacks are measured, also where the loop's is another.
///
/// ```
/// let start = loop_api::time::measured_now();
/// assert!(loop_api::time::measured_now() >= start);
/// ```
pub fn measured_now() -> std::time::Instant {
    MEASURED.get().map_or_else(std::time::Instant::now, |clock| clock())
}

/// Calls `f` with the clock set, and puts back the one before.
pub fn with_clock<R>(clock: fn() -> Instant, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<fn() -> Instant>);
    impl Drop for Restore {
        fn drop(&mut self) {
            set_clock(self.0);
        }
    }
    let _restore = Restore(set_clock(Some(clock)));
    f()
}

impl Instant {
    /// The loop's now: it asks the clock of the loop that runs on this thread.
    pub fn now() -> Instant {
        match CLOCK.get() {
            None => Instant(std::time::Instant::now()),
            Some(clock) => clock(),
        }
    }

    /// The same moment for std.
    #[inline]
    pub fn into_std(self) -> std::time::Instant {
        self.0
    }

    /// The same moment from std.
    #[inline]
    pub fn from_std(instant: std::time::Instant) -> Instant {
        Instant(instant)
    }

    /// Time since `earlier`, or zero if that is later.
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// Time since `earlier`, or `None` if that is later.
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    /// Time since `earlier`, or zero if that is later.
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// Time since this moment, or zero if it is yet to come.
    pub fn elapsed(&self) -> Duration {
        Instant::now().saturating_duration_since(*self)
    }

    /// This moment and `duration` more, if the clock can tell it.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_add(duration).map(Instant)
    }

    /// This moment less `duration`, if the clock can tell it.
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_sub(duration).map(Instant)
    }

    /// This moment and `duration` more; where that overflows, a moment so far off (some thirty
    /// years) that it never comes.
    #[inline]
    pub fn saturating_add(&self, duration: Duration) -> Instant {
        const NEVER: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);
        let duration = if duration.as_secs() < NEVER.as_secs() { duration } else { NEVER };
        Instant(self.0.checked_add(duration).unwrap_or(self.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    /// Saturates: see [`Instant::saturating_add`].
    fn add(self, duration: Duration) -> Instant {
        self.saturating_add(duration)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;
    fn sub(self, duration: Duration) -> Instant {
        Instant(self.0 - duration)
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

impl From<std::time::Instant> for Instant {
    fn from(instant: std::time::Instant) -> Instant {
        Instant(instant)
    }
}

impl From<Instant> for std::time::Instant {
    fn from(instant: Instant) -> std::time::Instant {
        instant.0
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A wait for a moment: done never before its deadline, in deadline order, ties in the order of
/// registration (on one thread). A sleep is registered at its first poll, can be polled on any
/// thread, and costs its loop nothing once dropped. [`Duration::MAX`] from now is never.
///
/// ```
/// use loop_api::{Handle, time::{Instant, Sleep}};
/// use std::{pin::pin, time::Duration};
///
/// async fn example<H: Handle>(handle: H) {
///     let mut sleep = pin!(handle.sleep(Duration::MAX));
///     let soon = handle.now() + Duration::from_millis(2);
///     sleep.as_mut().reset(soon); // in place
///     sleep.as_mut().await;
///     assert!(handle.now() >= soon, "never early");
///     assert!(sleep.is_elapsed());
/// }
/// ```
pub trait Sleep: Future<Output = ()> + Send + Sync + fmt::Debug {
    /// The moment it waits for.
    fn deadline(&self) -> Instant;

    /// Whether it is past.
    fn is_elapsed(&self) -> bool;

    /// Moves it to another moment, in place, whether it has been done or not.
    fn reset(self: Pin<&mut Self>, deadline: Instant);

    /// The time on the clock that it waits by: as [`Handle::now`](crate::Handle::now) of its loop.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// A loop's clock in the hands of a test: it is stopped, and moved by hand, or to the next deadline
/// whenever the loop has nothing else to do. See [`Handle::test_clock`](crate::Handle::test_clock).
pub trait TestClock: Send + Sync {
    /// Stops the clock where it is.
    ///
    /// # Errors
    ///
    /// If it is stopped already. A runtime of another library may panic instead.
    fn pause(&self) -> io::Result<()>;

    /// Lets the clock go on from where it was stopped.
    ///
    /// # Errors
    ///
    /// If it is not stopped, likewise.
    fn resume(&self) -> io::Result<()>;

    /// Moves a stopped clock on, when the future is first polled, which is done when what was due
    /// by then could run. To be polled on the loop's thread.
    fn advance(&self, duration: Duration) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;
}

#[cfg(all(test, not(anyloop_loom)))]
mod tests;
