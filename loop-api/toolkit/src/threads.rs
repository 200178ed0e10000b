//! How many of a loop's threads live, so that its end can wait for them, for a limited time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A count of threads that can be waited for. Clones are the same count.
///
/// ```
/// use std::time::{Duration, Instant};
/// use loop_toolkit::Threads;
///
/// let threads = Threads::default();
/// threads.started();
/// let ends = threads.clone();
/// let thread = std::thread::spawn(move || ends.stopped());
/// assert_eq!(threads.wait(None), 0);
/// threads.started();
/// assert_eq!(threads.wait(Some(Instant::now())), 1);
/// thread.join().unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct Threads(Arc<(Mutex<usize>, Condvar)>);

impl Threads {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more lives.
    pub fn started(&self) {
        *self.lock() += 1;
    }

    /// One has come to its end.
    pub fn stopped(&self) {
        let mut left = self.lock();
        *left = left.saturating_sub(1);
        drop(left);
        self.0.1.notify_all();
    }

    /// As [`wait`](Self::wait), for threads that were told to end when they have done what they are
    /// at. Where there is any time at all they are given a moment more than that, so that one that
    /// only has not had its turn yet does not count as left.
    pub fn wait_for_busy(&self, end: Option<Instant>) -> usize {
        const MOMENT: Duration = Duration::from_millis(50);
        let has_time = end.is_some_and(|end| end > Instant::now());
        self.wait(if has_time { end.and_then(|end| end.checked_add(MOMENT)) } else { end })
    }

    /// Waits until none is left, or until `end` (`None`: as long as it takes). Gives how many are
    /// left.
    pub fn wait(&self, end: Option<Instant>) -> usize {
        let mut left = self.lock();
        while *left > 0 {
            let rest = end.map(|end| end.saturating_duration_since(Instant::now()));
            left = match rest {
                None => self.0.1.wait(left).unwrap_or_else(PoisonError::into_inner),
                Some(rest) if rest.is_zero() => break,
                Some(rest) => self.0.1.wait_timeout(left, rest).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        *left
    }
}
