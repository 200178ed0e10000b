//! For those who write a backend: the pieces that most backends need and none should write again.
//!
//! [`task`] is a spawned future in one allocation, with its handles; [`Pool`] runs blocking jobs; [`Guarded`] is what a task's future is put
//! into, whoever runs it; [`accept_retry`] is how `accept` keeps its promise.
//!
//! ```
//! use loop_api::{Handle, task::Task, toolkit::Pool};
//!
//! fn example<H: Handle>(handle: &H) {
//!     let pool = Pool::builder().max_threads(1).build();
//!     let job = handle.run_in_executor(&pool, || 6 * 7);
//!     assert_eq!(futures_lite::future::block_on(job).unwrap(), 42);
//! }
//! ```

mod accept;
mod blocking;
mod guarded;
pub mod task;

pub use accept::accept_retry;
pub use blocking::{Executor, Job, Pool, PoolBuilder, is_cancelled, run_in, spawn_blocking};
pub use guarded::{Caught, Guarded, guard_blocking, time_polls};
#[cfg(feature = "dyn")]
pub(crate) use guarded::{poll_caught, spawned_at};
