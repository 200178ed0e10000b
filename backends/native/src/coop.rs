//! How much one poll may transfer before it has to let others go first.

use std::cell::Cell;

thread_local! {
    /// How many transfers the poll that goes on may still make; zero where nobody waits.
    static BUDGET: Cell<u32> = const { Cell::new(0) };
}

/// Transfers in one poll of a task. Without a limit a socket that is always ready would
/// keep its task running for ever.
const TRANSFERS: u32 = 128;

/// Puts back what the surrounding loop had left, if there is one.
pub(crate) struct Restore(u32);

impl Drop for Restore {
    fn drop(&mut self) {
        BUDGET.set(self.0);
    }
}

/// Keeps the budget of the surrounding loop until it is dropped.
pub(crate) fn save() -> Restore {
    Restore(BUDGET.get())
}

/// Says that a poll begins, of a task or of the main future.
#[inline]
pub(crate) fn begin_poll() {
    BUDGET.set(TRANSFERS);
}

/// Whether the poll that goes on may make one more transfer. If not, it should wake itself and be pending.
#[inline]
pub(crate) fn may_transfer() -> bool {
    match BUDGET.get() {
        0 => true,
        1 => {
            // Whoever asks again, without having been polled anew, shall not ask for ever.
            begin_poll();
            false
        }
        left => {
            BUDGET.set(left - 1);
            true
        }
    }
}
