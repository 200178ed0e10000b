//! The count of what a task does in one poll, so that one that is always ready lets others have
//! their turn: tokio's own, with the features `sync` or `io-util`.
//!
//! tokio's channels, locks and readers ([`sync`](crate::sync), [`io`](crate::io)) count each of
//! their operations; when the budget of a poll is used up they wake the task and are pending. tokio
//! gives each of its tasks such a budget, and this crate lends native's and smol's tasks and main
//! futures the same; there a poll may begin with what the polls before it left, down to nothing, and
//! the whole is there again after a poll that gave way. Futures of one's own take part by [`cooperative`] or [`poll_proceed`], long
//! computations by [`consume_budget`], and [`unconstrained`] leaves a future out.
//!
//! No budget is counted on smol's global executor, adopted, nor on a loop whose turns a host makes,
//! nor outside of a loop: there [`has_budget_remaining`] is always true, and [`consume_budget`]
//! never pauses. Sockets of native and smol count for themselves, and do not heed [`unconstrained`].
//!
//! ```
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use anyloop::task::coop::{consume_budget, unconstrained};
//!
//! let mut sum = 0u64;
//! for n in 0..10_000 {
//!     sum += n;
//!     consume_budget().await; // now and then other tasks run here
//! }
//! unconstrained(async { sum += 1 }).await;
//! assert_eq!(sum, 49_995_001);
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```

// By name, as in `sync`.
pub use tokio::task::coop::{
    Coop, RestoreOnPending, Unconstrained, consume_budget, cooperative, has_budget_remaining, poll_proceed,
    unconstrained,
};
