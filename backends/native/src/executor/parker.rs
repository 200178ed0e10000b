//! Who sleeps, and who must be woken: the one race every loop has, alone in a file, so that loom
//! can try all its orders.
//!
//! ```text
//!            prepare            unpark (gives true)
//!   EMPTY ─────────► PARKED ─────────────────────► NOTIFIED
//!     ▲ finish          │ finish                      │ finish, or a prepare that is refused
//!     └─────────────────┴─────────────────────────────┘
//! ```
//!
//! A sleeper looks for work after every `finish` and before every `prepare`; a thread that makes
//! work calls `unpark` after that. Then either the sleeper finds the work, or its `prepare` is
//! refused, or `unpark` sees it parked and wakes it.

use crate::loom_shim::{AtomicU8, Fault, Ordering, inject};

const EMPTY: u8 = 0;
const PARKED: u8 = 1;
const NOTIFIED: u8 = 2;

/// The state of one sleeper.
#[derive(Debug)]
pub(crate) struct Parker {
    state: AtomicU8,
}

impl Parker {
    pub(crate) fn new() -> Self {
        Parker { state: AtomicU8::new(EMPTY) }
    }

    /// Says that the caller is about to sleep. False if it must not, because `unpark` was called
    /// meanwhile.
    pub(crate) fn prepare(&self) -> bool {
        if inject(Fault::PrepareForgets) {
            self.state.store(PARKED, Ordering::Release);
            return true;
        }
        let parked = self.state.compare_exchange(EMPTY, PARKED, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !parked {
            self.finish();
        }
        parked
    }

    /// Whether `prepare` would be refused.
    pub(crate) fn is_notified(&self) -> bool {
        self.state.load(Ordering::Acquire) == NOTIFIED
    }

    /// Says that the caller is awake again, for any reason.
    pub(crate) fn finish(&self) {
        // A swap, to see all that was done before an `unpark` whose token this takes.
        self.state.swap(EMPTY, Ordering::AcqRel);
    }

    /// Says that there is work. True if the sleeper sleeps and the caller is the one that has to
    /// wake it.
    pub(crate) fn unpark(&self) -> bool {
        if inject(Fault::UnparkOnlySleepers) && self.state.load(Ordering::Acquire) != PARKED {
            return false;
        }
        self.state.swap(NOTIFIED, Ordering::AcqRel) == PARKED
    }

    /// Whether the sleeper has said that it sleeps.
    #[cfg(test)]
    pub(crate) fn is_parked(&self) -> bool {
        self.state.load(Ordering::Acquire) == PARKED
    }
}
