//! The loop of anyloop's own, on the polling crate.
//!
//! One thread, unless told otherwise: it runs the tasks, the timers and the poller, and nothing on it takes a system call but what
//! a socket needs. Sources are registered once, edge triggered where the system has edges; on Linux a wait is one system
//! call.
//!
//! ```
//! use loop_api::{EventLoop, Handle, RunError};
//! use loop_native::NativeLoop;
//!
//! let mut native = NativeLoop::new()?;
//! let handle = native.handle().clone();
//! let sum = native.block_on(async move { handle.spawn(async { 1 + 2 }).await })?;
//! assert_eq!(sum, 3);
//! // It can tell that nothing will ever wake a future.
//! assert_eq!(native.try_block_on(std::future::pending::<()>()), Err(RunError::Deadlock));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! With [`Builder::worker_threads`] the tasks that are `Send` are spread over threads, which also wait for I/O and timers; the thread inside
//! `block_on` runs its future, the callbacks and the tasks that are not `Send`. A loop on one thread can be stepped
//! ([`Turn`](loop_api::turn::Turn)), and so be run inside another loop.
//!
//! Applications use it by the `anyloop` facade, feature `native`.

#![deny(unsafe_code)]

mod builder;
mod config;
mod coop;
mod core;
mod executor;
mod handle;
mod hosted;
#[cfg(all(test, anyloop_loom))]
mod loom_models;
mod loom_shim;
mod native_loop;
mod net;
mod reactor;
#[cfg(test)]
mod spin_tests;
mod timers;
mod turn;

pub use builder::Builder;
pub use handle::NativeHandle;
pub use native_loop::NativeLoop;
pub use reactor::NativeSource;
pub use timers::NativeSleep;
