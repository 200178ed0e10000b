//! Children that no loop waits for any more: each start or end of another child asks whether they
//! have ended, so that they do not stay as zombies forever.

use std::process::Child;
use std::sync::{Mutex, PoisonError};

static ORPHANS: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// Keeps a child that has not ended.
pub(super) fn keep(child: Child) {
    ORPHANS.lock().unwrap_or_else(PoisonError::into_inner).push(child);
}

/// Forgets those that have ended.
pub(super) fn reap() {
    // Another thread that is at it does the same.
    if let Ok(mut orphans) = ORPHANS.try_lock() {
        orphans.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }
}
