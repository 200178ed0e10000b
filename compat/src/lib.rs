//! Futures, sockets, timers and executors of one runtime, at home on another.
//!
//! Nothing here names a backend of anyloop: it works on any [`loop_api::EventLoop`], and, where it
//! says so, on no loop of ours at all.
//!
//! # For those who choose the loop
//!
//! Make tokio a part of it: `host::TokioHost`, which is `Builder::with_tokio` in `anyloop`. Then
//! all that is polled, called or dropped on the loop finds tokio, without a wrapper and without
//! another thread.
//!
//! # For those who do not
//!
//! A library, or a program on another executor, brings tokio's context along (feature `tokio`):
//!
//! | to | by |
//! | --- | --- |
//! | a future, a stream, a sink, a reader or writer | `tokio(value)` |
//! | one that calls `tokio::task::spawn_local` | `tokio_local(future)` |
//! | a connection or pool that is dropped later, somewhere | `tokio(value)` where it is made, or `Tokio::own(value)` |
//! | a thread, a blocking job, a program: all under it | the guard of `enter_tokio()` |
//! | calls from a thread that has none | `tokio_handle()` |
//! | anything, where the wrong runtime would win | `Tokio::of(handle, value)`, `Tokio::own(value)` |
//!
//! and has an answer for what goes wrong with runtimes:
//!
//! | what | by |
//! | --- | --- |
//! | tokio's panics about its context as errors that say what to do | `checked(future)` |
//! | tasks and blocking jobs that `main` would cut off | `shutdown(timeout)` or, once for all of `main`, `shutdown_at_end(timeout)`: they wait, and say what was left |
//! | a current-thread runtime that no thread drives, so that its tasks and sockets wait forever | `drive(runtime)` |
//!
//! Futures of async-io and smol need no context: [`smol()`] tells what they cost elsewhere. Join
//! handles and oneshots of each become [`Deferred`](loop_api::promise::Deferred) and back in
//! [`value`].

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
#[cfg(feature = "hyper")]
mod hyper_sleep;
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
pub use context::{enter_tokio, shutdown, shutdown_at_end, tokio_handle};
#[cfg(feature = "tokio")]
pub use future::{Tokio, tokio};
#[cfg(feature = "hyper")]
pub use hyper_sleep::HyperSleep;
#[cfg(feature = "tokio")]
pub use local::{Driven, drive, tokio_local};
pub use smol::smol;
