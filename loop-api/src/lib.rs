//! The contract of anyloop.
//!
//! A backend is a type that implements [`EventLoop`] and a handle that implements [`Handle`]; what
//! else it can do it says by implementing the capability traits [`Net`](net::Net),
//! [`UnixNet`](net::UnixNet), [`StdNet`](net::StdNet), [`Fs`](fs::Fs),
//! [`Readiness`](readiness::Readiness), [`Signals`](signal::Signals),
//! [`Process`](process::Process) and [`Turn`](turn::Turn). Few methods are required; the rest of
//! what a user sees is provided here, once, for every backend.
//!
//! Applications use the `anyloop` facade; this crate is for those who write a loop, or code that is
//! generic over loops. It has two halves:
//!
//! - **The contract**: [`EventLoop`], [`Handle`], [`net`], [`mod@fs`], [`readiness`], [`signal`],
//!   [`process`], [`turn`], [`blocking`], [`io`], [`Task`](task::Task) and [`Sleep`](time::Sleep),
//!   with [`Shared`], [`context`] and [`error`], which their methods take and give. It is what a
//!   backend implements, and can be read in an afternoon.
//! - **The same on every loop**, built on the contract alone: callbacks in [`callback`],
//!   [`promise`], [`protocol`], groups and joins in [`task`], intervals and time limits in
//!   [`time`]. A backend has nothing to do for it.
//!
//! # For those who write code over any loop
//!
//! Take the handle as a type, and ask for the capabilities that are needed:
//!
//! ```
//! use loop_api::net::{Net, TcpListener, TcpOptions};
//!
//! async fn greet_one<H: Net>(handle: &H) -> std::io::Result<()> {
//!     use futures_lite::AsyncWriteExt;
//!
//!     let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::default())?;
//!     let (mut stream, _peer) = listener.accept().await?;
//!     stream.write_all(b"Ciao EuroPython\n").await?;
//!     stream.close().await
//! }
//! ```
//!
//! Nothing panics because no loop is there: each such call has a `try_` form, and the messages of
//! [`error`]s name the remedy.
//!
//! # For those who write a loop
//!
//! 1. A handle: [`Handle`]'s required methods, with one [`Shared`] inside, which has callbacks, the
//!    exception handler, and whether the loop is closed. [`context::Scoped`] keeps the current
//!    handle of a thread; by its `enter`, the loop entered last is current whatever its backend.
//! 2. The loop: [`EventLoop`]'s four. `drive` polls the future that it is given until it is done;
//!    nesting, stopping and callbacks have been seen to before it comes there.
//! 3. Tasks, blocking jobs, and sockets over readiness of descriptors: take them from the crate
//!    `loop-toolkit`, which has the pieces that most backends need.
//! 4. The tests: the crate `loop-conformance`, one line.
//!
//! `loop-conformance` has a whole loop of some 300 lines among its tests.

#![deny(unsafe_code)]

mod block;
pub mod blocking;
pub mod budget;
pub mod callback;
pub mod context;
pub mod coop;
pub mod error;
mod event_loop;
pub mod fs;
mod handle;
pub mod host;
pub mod io;
#[doc(hidden)]
pub mod loom_shim;
mod metrics;
pub mod net;
pub mod process;
pub mod promise;
pub mod protocol;
pub mod random;
pub mod readiness;
pub mod shared;
pub mod signal;
pub mod task;
#[cfg(all(test, not(anyloop_loom)))]
mod test_loop;
pub mod time;
pub mod turn;

pub use error::{Closed, JoinError, LocalError, Refused, RunError};
pub use event_loop::EventLoop;
pub use handle::Handle;
pub use metrics::Metrics;
pub use shared::Shared;
