//! The clock of a host, which may be off.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::core::lock;

const MILLION: i128 = 1_000_000;

#[derive(Debug, Default)]
struct Off {
    /// Set by a fault, in nanoseconds.
    skew: i64,
    /// Gained so far by drift, until `since`.
    gained: i128,
    since: u64,
    /// Millionths gained from then on.
    drift: i64,
    /// What it last told: it never goes back.
    told: u64,
}

/// Nanoseconds since the world began, as the host believes.
#[derive(Debug, Default)]
pub(crate) struct HostClock {
    is_off: AtomicBool,
    off: Mutex<Off>,
}

impl Off {
    fn drifted(&self, now: u64) -> i128 {
        self.gained + i128::from(now.saturating_sub(self.since)) * i128::from(self.drift) / MILLION
    }

    /// A clock that has come to its end stands.
    fn raw(&self, now: u64) -> u64 {
        let told = i128::from(now) + i128::from(self.skew) + self.drifted(now);
        u64::try_from(told.max(0)).unwrap_or(u64::MAX)
    }
}

impl HostClock {
    /// What it tells at a time of the world.
    pub(crate) fn tell(&self, now: u64) -> u64 {
        if !self.is_off.load(Relaxed) {
            return now;
        }
        let mut off = lock(&self.off);
        off.told = off.told.max(off.raw(now));
        off.told
    }

    /// What its wall clock tells, which goes back where it is set back.
    pub(crate) fn tell_wall(&self, now: u64) -> u64 {
        if self.is_off.load(Relaxed) { lock(&self.off).raw(now) } else { now }
    }

    /// The time of the world at which it tells this, as far as is known now, and never earlier.
    pub(crate) fn when(&self, told: u64) -> u64 {
        if !self.is_off.load(Relaxed) || told == u64::MAX {
            return told;
        }
        let off = lock(&self.off);
        let steady = i128::from(told) - i128::from(off.skew) - off.gained;
        let since = i128::from(off.since);
        let rate = (MILLION + i128::from(off.drift)).max(1);
        // Rounded up.
        let world =
            if steady <= since { steady } else { since + ((steady - since) * MILLION + rate - 1) / rate };
        u64::try_from(world.max(0)).unwrap_or(u64::MAX)
    }

    /// Sets how far it is off, in nanoseconds.
    pub(crate) fn set_skew(&self, now: u64, skew: i64) {
        self.change(now, |off| off.skew = skew);
    }

    /// Sets how many millionths it gains from now on.
    pub(crate) fn set_drift(&self, now: u64, drift: i64) {
        self.change(now, |off| {
            off.gained = off.drifted(now);
            off.since = now;
            // A clock that stands still, or goes back, is none.
            off.drift = drift.clamp(-999_999, 1_000_000_000);
        });
    }

    fn change(&self, now: u64, change: impl FnOnce(&mut Off)) {
        let before = self.tell(now);
        let mut off = lock(&self.off);
        off.told = before;
        change(&mut off);
        self.is_off.store(true, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_right_off_and_never_goes_back() {
        let clock = HostClock::default();
        assert_eq!((clock.tell(5), clock.when(5)), (5, 5));
        clock.set_skew(1_000, 500);
        assert_eq!((clock.tell(1_000), clock.when(2_000)), (1_500, 1_500));
        clock.set_skew(1_000, -500);
        assert_eq!((clock.tell(1_100), clock.tell_wall(1_100)), (1_500, 600), "it stands still");
        assert_eq!(clock.tell(2_100), 1_600);
        assert_eq!(clock.when(1_600), 2_100);
    }

    #[test]
    fn a_drifting_clock_is_never_asked_too_early() {
        for drift in [-500_000, -3, 7, 1_000, 250_000] {
            let clock = HostClock::default();
            clock.set_drift(1_000_000, drift);
            for told in [1_000_001, 1_999_999, 77_777_777, 10_000_000_000] {
                let at = clock.when(told);
                assert!(clock.tell(at) >= told, "{drift} {told}");
            }
        }
    }
}
