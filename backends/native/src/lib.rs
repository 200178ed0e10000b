//! The loop of anyloop's own, on the polling crate.
//!
//! One thread, unless told otherwise: it runs the tasks, the timers and the poller, and nothing on it takes a system call but what
//! a socket needs. Sources are registered once, edge triggered where the system has edges; on Linux a wait is one system
//! call. See [`NativeLoop`].

#![deny(unsafe_code)]

mod builder;
mod current;
mod handle;
mod idle;
#[cfg(all(test, anyloop_loom))]
mod loom_models;
mod loom_shim;
mod native_loop;
mod parker;
mod reactor;
mod remote;
mod source;
mod sys;
mod timers;
mod turn;
mod waiters;
mod wake;
mod wheel;
mod workers;

pub use builder::Builder;
pub use handle::NativeHandle;
pub use native_loop::NativeLoop;
pub use source::NativeSource;
pub use timers::NativeSleep;
