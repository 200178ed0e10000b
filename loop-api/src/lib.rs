//! The contract of anyloop.
//!
//! A backend is a type that implements [`EventLoop`] and a handle that implements [`Handle`]; what else it can do it
//! says by implementing the capability traits [`Net`](net::Net), [`UnixNet`](net::UnixNet),
//! [`StdNet`](net::StdNet), [`Readiness`](readiness::Readiness) and [`Turn`](turn::Turn). Few methods are required; the rest of what a user
//! sees is provided here, once, for every backend.
//!
//! Applications use the `anyloop` facade; this crate is for those who write a loop, or code that is generic over loops.

#![deny(unsafe_code)]

pub mod callback;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod context;
#[cfg(feature = "dyn")]
pub mod erased;
pub mod error;
mod event_loop;
mod handle;
pub mod io;
mod loom_shim;
pub mod net;
pub mod promise;
pub mod protocol;
pub mod readiness;
pub mod shared;
pub mod task;
#[cfg(all(test, not(anyloop_loom)))]
mod test_loop;
pub mod time;
pub mod toolkit;
pub mod turn;

pub use error::{Closed, JoinError, LocalError, Refused, RunError};
pub use event_loop::EventLoop;
pub use handle::Handle;
pub use shared::Shared;
