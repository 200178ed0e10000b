//! tokio as a loop of anyloop.
//!
//! [`TokioLoop`] runs tokio's `LocalRuntime` on one thread, or with [`Builder::worker_threads`] its
//! multi-thread runtime. A runtime that runs already is adopted: [`adopt`], or
//! [`Handle::try_current`](loop_api::Handle::try_current) inside it; adopting twice gives the same
//! loop. Sockets are tokio's own in a newtype, with `into_inner` and `From`.
//!
//! ```
//! use loop_api::{EventLoop, Handle};
//! use loop_tokio::TokioLoop;
//!
//! let mut tokio = TokioLoop::new()?;
//! let handle = tokio.handle().clone();
//! let sum = tokio.block_on(async move { handle.spawn(async { 1 + 1 }).await })?;
//! assert_eq!(sum, 2);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! What tokio does otherwise than the other loops: its timers have a resolution of one millisecond
//! (never early, but deadlines within the same millisecond fire together), and it cannot detect that
//! a program waits for something that can never happen. A task that waits for a socket must not be
//! polled by a waker whose clone or drop uses the same socket: tokio clones the waker, and drops the
//! one that it replaces, under the socket's lock, and the thread would wait for itself forever.
//! Wakers of runtimes and of the usual combinators do not do that; `accept` does not mind the drop.
//!
//! Applications use it by the `anyloop` facade, feature `tokio`.

#![deny(unsafe_code)]

mod builder;
mod config;
mod contained;
mod current;
mod handle;
mod inner;
mod local;
pub mod net;
#[cfg(not(unix))]
mod no_readiness;
mod no_thread;
mod owner;
#[cfg(feature = "process")]
mod process;
#[cfg(unix)]
mod readiness;
mod shutdown;
#[cfg(feature = "signal")]
mod signal;
mod task;
#[cfg(feature = "test-util")]
mod test_clock;
mod time;
mod waker;

/// Runs `f`, which blocks, on this thread of a multi-thread runtime: tokio's own.
///
/// # Panics
///
/// As tokio's, on a runtime on one thread.
#[track_caller]
pub fn block_in_place<F: FnOnce() -> T, T>(f: F) -> T {
    tokio::task::block_in_place(f)
}

pub use builder::Builder;
pub use current::{Outside, entered};
pub use handle::{adopt, watch};
pub use inner::TokioHandle;
#[cfg(not(unix))]
pub use no_readiness::Source;
pub use owner::TokioLoop;
#[cfg(unix)]
pub use readiness::Source;
pub use task::{AbortHandle, Task};
pub use time::Sleep;
