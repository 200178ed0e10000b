//! For those who write a backend: the pieces that most backends need and none should write again.

mod accept;
mod blocking;
mod guarded;
pub mod task;

pub use accept::accept_retry;
pub use blocking::{Executor, Job, Pool, PoolBuilder, is_cancelled, run_in, spawn_blocking};
pub use guarded::{Caught, Guarded, guard_blocking, time_polls};
#[cfg(feature = "dyn")]
pub(crate) use guarded::{poll_caught, spawned_at};
