//! Futures, sockets, timers and executors of one runtime, at home on another.
//!
//! Nothing here names a backend of anyloop: it works on any [`loop_api::EventLoop`], and, where it says so, on no loop of ours at all.

#![deny(unsafe_code)]

#[cfg(feature = "tokio")]
mod checked;
#[cfg(feature = "tokio")]
pub mod context;
#[cfg(feature = "tokio")]
mod future;
#[cfg(unix)]
pub mod guest;
pub mod host;
pub mod io;
#[cfg(feature = "tokio")]
mod local;
mod smol;
#[cfg(feature = "tokio")]
mod stream;
pub mod value;

#[cfg(feature = "tokio")]
pub use checked::{Checked, ContextError, checked};
#[cfg(feature = "tokio")]
pub use context::{enter_tokio, shutdown, tokio_handle};
#[cfg(feature = "tokio")]
pub use future::{Tokio, tokio};
#[cfg(feature = "tokio")]
pub use local::{Driven, drive, tokio_local};
pub use smol::smol;
