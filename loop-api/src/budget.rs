//! How much a task may do in one poll, as a library counts it that is none of a loop's parts.
//!
//! Channels and readers that are always ready would keep their task running forever, past its time
//! limits and past all other tasks. tokio's ask a counter of the thread they are on, which tokio's
//! own threads fill before each poll; on other threads nothing is counted. A [`Budget`] is how such
//! a counter is lent to a thread that polls for another loop: [`lend`] around all that the thread
//! does, and [`begin_poll`] before each poll. What is refused because the counter is used up wakes
//! its task: so a backend that sees when a task was woken while it was polled may call
//! [`begin_poll`] then and once a turn, and polls that are refused nothing pay nothing.
//!
//! Nothing here names a library. The facade has the budget of tokio's. What a loop's own sockets
//! transfer is counted by [`coop`](crate::coop).

use std::cell::Cell;

thread_local! {
    /// What fills the counter that was lent to this thread.
    static RENEW: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// A counter to lend.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Calls its argument, once, with the counter set; afterwards it is as it was before.
    pub around: fn(&mut dyn FnMut()),
    /// Fills the counter again, if it is spent. Called inside `around`, before each poll or after
    /// those that gave way: it ought to cost next to nothing.
    pub renew: fn(),
}

/// Lends `budget`, if there is one, to this thread while `f` runs.
///
/// # Panics
///
/// If [`around`](Budget::around) does not call its argument.
///
/// ```
/// use loop_api::budget::{self, Budget};
/// use std::cell::Cell;
///
/// thread_local! { static LEFT: Cell<u32> = const { Cell::new(0) } }
/// let ten = Budget {
///     around: |f| {
///         let before = LEFT.replace(10);
///         f();
///         LEFT.set(before);
///     },
///     renew: || {
///         if LEFT.get() == 0 {
///             LEFT.set(10);
///         }
///     },
/// };
/// budget::lend(Some(ten), || {
///     LEFT.set(0); // a task was polled, and did much
///     budget::begin_poll();
///     assert_eq!(LEFT.get(), 10);
/// });
/// assert_eq!(LEFT.get(), 0);
/// ```
pub fn lend<R>(budget: Option<Budget>, f: impl FnOnce() -> R) -> R {
    let Some(budget) = budget else { return f() };
    let mut f = Some(f);
    let mut result = None;
    (budget.around)(&mut || {
        let _restore = Restore(RENEW.replace(Some(budget.renew)));
        result = f.take().map(|f| f());
    });
    result.expect("a budget that calls the closure")
}

/// What was lent to what runs around this.
struct Restore(Option<fn()>);

impl Drop for Restore {
    fn drop(&mut self) {
        RENEW.set(self.0);
    }
}

/// Says that a task, or the main future, is about to be polled, or has given way. Where nothing
/// was lent this is one load.
#[inline]
pub fn begin_poll() {
    if let Some(renew) = RENEW.get() {
        renew();
    }
}
