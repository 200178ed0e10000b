//! For those who write a backend of anyloop: the pieces that most backends need and none should
//! write again. The contract that they serve is `loop-api`.
//!
//! - [`task`]: a spawned future in one allocation, with its handles. [`CatchUnwind`] is what a task's
//!   future is put into, whichever executor runs it, so that a panic becomes its output.
//! - [`Pool`]: threads for blocking jobs; [`spawn_blocking`] and [`run_in`] are the bodies of the
//!   methods of [`Handle`](loop_api::Handle).
//! - [`ThreadHooks`]: what the program wants called on the threads that a loop starts.
//! - [`net`]: a whole network from [`Readiness`](loop_api::readiness::Readiness) alone, by one line
//!   of [`ready_net!`]; [`socket`]: the system's sockets made from options, for backends that have
//!   their own way to wait for them; [`accept_retry`] and [`retry_blocked`]: how `accept` and the
//!   unix sockets keep their promises; [`mod@fs`]: files by blocking jobs, by one line of
//!   [`std_fs!`], and [`BlockingIo`] under them; [`wake_each`]: how those who wait are woken,
//!   though one of them panics.
//! - `signal`, a feature: the process's signals by one line of `ready_signals!`;
//!   `process`, a feature: children by one of `ready_process!`.
//!
//! ```
//! use loop_api::Handle;
//! use loop_toolkit::Pool;
//!
//! fn example<H: Handle>(handle: &H) {
//!     let pool = Pool::builder().max_threads(1).build();
//!     let job = handle.run_in_executor(&pool, || 6 * 7);
//!     assert_eq!(futures_lite::future::block_on(job).unwrap(), 42);
//! }
//! ```

#![deny(unsafe_code)]

mod accept;
mod backoff;
mod blocked;
mod blocking;
mod blocking_io;
mod catch_unwind;
pub mod fs;
mod hooks;
pub mod net;
mod output;
#[cfg(unix)]
pub mod pipe;
#[cfg(feature = "process")]
pub mod process;
#[cfg(feature = "signal")]
pub mod signal;
pub mod socket;
pub mod task;
mod threads;
mod wake;

pub use accept::{accept_retry, poll_accept_retry};
pub use blocked::retry_blocked;
pub use blocking::{Pool, PoolBuilder, is_cancelled, run_in, spawn_blocking};
pub use blocking_io::{BlockingIo, Claim, Device, MAX_BUF_SIZE, Work};
pub use catch_unwind::{CatchUnwind, catch_blocking, drop_catching, poll_caught};
pub use hooks::{StartedThread, ThreadHook, ThreadHooks, ThreadName};
#[doc(no_inline)]
pub use loop_api::blocking::{Executor, Job};
pub use output::TaskOutput;
pub use threads::Threads;
pub use wake::{drop_each, wake_each};

// For `ready_net!`, which needs the traits' paths where it is expanded.
#[doc(hidden)]
pub use loop_api as api;
