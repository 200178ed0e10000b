//! Futures, sockets, timers and executors of one runtime, at home on another.
//!
//! Nothing here names a backend of anyloop: it works on any [`loop_api::EventLoop`], and, where it says so, on no loop of ours at all.

#![deny(unsafe_code)]

#[cfg(feature = "tokio")]
pub mod context;
#[cfg(feature = "tokio")]
mod future;
pub mod host;

#[cfg(feature = "tokio")]
pub use context::{enter_tokio, shutdown, tokio_handle};
#[cfg(feature = "tokio")]
pub use future::{Tokio, tokio};
