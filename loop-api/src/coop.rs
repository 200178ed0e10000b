//! How much one poll may do before it lets others go first.
//!
//! A socket that is always ready would keep its task running forever, and with it every timer and
//! every other task of the thread. So a poll may make a number of transfers, and the next one wakes
//! its task and is pending. Backends whose runtime does not count them do it by this: a poll is
//! begun by [`begin_poll`] or [`polled`], and each transfer asks [`may_transfer`], or is made by
//! [`poll_transfer`].
//!
//! Those who poll several futures in one task ask [`is_spent`] after one that is pending: where a
//! runtime's own budget is used up, the others can only be pending too, and are better asked in the
//! next poll.

use std::cell::Cell;
use std::fmt;
use std::sync::OnceLock;
use std::task::{Context, Poll};

/// The poll that goes on. In one place, as both are set before each.
struct Current {
    /// How many transfers it may still make; zero where none is counted.
    transfers: Cell<u32>,
    /// Of which task it is, by the bits of its id; zero for none.
    task: Cell<u64>,
}

thread_local! {
    static CURRENT: Current = const { Current { transfers: Cell::new(0), task: Cell::new(0) } };
}

/// Transfers in one poll of a task.
const TRANSFERS: u32 = 128;

/// Puts back what the surrounding poll had left, if there is one, when it is dropped.
#[derive(Debug)]
#[must_use = "the budget is put back when this is dropped"]
pub struct Restore {
    transfers: u32,
    task: u64,
}

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        CURRENT.with(|current| {
            current.transfers.set(self.transfers);
            current.task.set(self.task);
        });
    }
}

/// Keeps the budget of the surrounding poll until the guard is dropped, and which task's it is.
#[inline]
pub fn save() -> Restore {
    CURRENT.with(|current| Restore { transfers: current.transfers.get(), task: current.task.get() })
}

/// Says that a poll begins, of the main future or of what is no task.
#[inline]
pub fn begin_poll() {
    begin_task(0);
}

/// Says that a poll of a task begins, by the bits of its id.
#[inline]
pub(crate) fn begin_task(task: u64) {
    CURRENT.with(|current| {
        current.transfers.set(TRANSFERS);
        current.task.set(task);
    });
}

/// Sets which task goes on, and gives the one before.
#[inline]
pub(crate) fn replace_task(task: u64) -> u64 {
    CURRENT.with(|current| current.task.replace(task))
}

/// Which task goes on.
#[inline]
pub(crate) fn current_task() -> u64 {
    CURRENT.with(|current| current.task.get())
}

/// Calls `poll` with a whole budget, and puts the one before back.
#[inline]
pub fn polled<R>(poll: impl FnOnce() -> R) -> R {
    let _restore = save();
    begin_poll();
    poll()
}

/// Whether the poll that goes on may make one more transfer. If not, it should wake itself and be
/// pending.
#[inline]
pub fn may_transfer() -> bool {
    CURRENT.with(|current| match current.transfers.get() {
        0 => true,
        1 => {
            // Code that asks again without having been polled anew must not ask forever.
            current.transfers.set(TRANSFERS);
            false
        }
        left => {
            current.transfers.set(left - 1);
            true
        }
    })
}

/// Tries a transfer by `poll`, if the poll that goes on may make one more; else the task is woken.
/// One that has to wait is not counted: a task may wait for any number of sockets.
#[inline]
pub fn poll_transfer<T>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    let before = CURRENT.with(|current| current.transfers.get());
    if !may_transfer() {
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    let polled = poll(cx);
    if polled.is_pending() {
        CURRENT.with(|current| current.transfers.set(before));
    }
    polled
}

/// The budget of a runtime that counts by itself.
#[derive(Clone, Copy)]
pub struct Foreign {
    /// Whether the poll that goes on has used it up.
    pub is_spent: fn() -> bool,
    /// Calls a closure in which nothing is counted.
    pub without: fn(&mut dyn FnMut()),
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foreign").finish_non_exhaustive()
    }
}

static FOREIGN: OnceLock<Foreign> = OnceLock::new();

/// Has a runtime's own budget asked from now on. The first one is kept: there is one such runtime.
pub fn set_foreign(foreign: Foreign) {
    let _ = FOREIGN.set(foreign);
}

/// Whether the poll that goes on has used up the budget of a runtime that counts by itself.
#[inline]
pub fn is_spent() -> bool {
    FOREIGN.get().is_some_and(|foreign| (foreign.is_spent)())
}

/// Calls `f`, in which no budget of another runtime is counted: for what cannot be asked again
/// later.
pub fn without<R>(f: impl FnOnce() -> R) -> R {
    let Some(foreign) = FOREIGN.get() else { return f() };
    let (mut f, mut result) = (Some(f), None);
    (foreign.without)(&mut || result = f.take().map(|f| f()));
    match result {
        Some(result) => result,
        // `without` calls what it is given.
        None => unreachable!("a closure was not called"),
    }
}

#[cfg(all(test, not(anyloop_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_poll_gives_way_after_its_transfers_and_not_before() {
        polled(|| {
            for _ in 0..TRANSFERS - 1 {
                assert!(may_transfer());
            }
            assert!(!may_transfer());
            assert!(may_transfer(), "one that asks on is not refused forever");
        });
    }

    #[test]
    fn what_has_to_wait_is_not_counted() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        polled(|| {
            for _ in 0..TRANSFERS * 2 {
                let mut asked = false;
                let polled = poll_transfer(&mut cx, |_| {
                    asked = true;
                    Poll::<()>::Pending
                });
                assert!(asked && polled.is_pending());
            }
            assert!(may_transfer());
        });
    }

    #[test]
    fn outside_of_a_poll_nothing_is_counted() {
        assert!((0..1000).all(|_| may_transfer()));
        polled(may_transfer);
        assert!((0..1000).all(|_| may_transfer()), "the budget of a poll ends with it");
    }
}
