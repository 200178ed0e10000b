//! One event-loop API over any loop.
//!
//! Code is written once; the loop under it is picked by a feature flag, an environment variable, a builder, or by what is already
//! running: see [`runtime::choose`]. The names and the layout are tokio's, so that porting is `tokio::` to `anyloop::`; the callback side has
//! asyncio's names, [`protocol`] Twisted's.
//!
//! ```
//! # #[cfg(any(feature = "native", feature = "tokio", feature = "smol"))]
//! # fn main() -> std::io::Result<()> {
//! use anyloop::io::{AsyncReadExt, AsyncWriteExt};
//! use anyloop::net::{TcpListener, TcpStream};
//! use anyloop::runtime::Runtime;
//!
//! let mut runtime = Runtime::new()?;
//! println!("running on {}", runtime.choice()); // such as: native, because it is the only one compiled in
//! let echoed = runtime.block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let addr = listener.local_addr()?;
//!     anyloop::task::spawn(async move {
//!         let (mut stream, _) = listener.accept().await?;
//!         let (mut read, mut write) = stream.split();
//!         anyloop::io::copy(&mut read, &mut write).await
//!     });
//!     let mut client = TcpStream::connect(addr).await?;
//!     client.write_all(b"ciao").await?;
//!     let mut echo = [0; 4];
//!     client.read_exact(&mut echo).await?;
//!     std::io::Result::Ok(echo)
//! })?;
//! assert_eq!(&echoed, b"ciao");
//! # Ok(())
//! # }
//! # #[cfg(not(any(feature = "native", feature = "tokio", feature = "smol")))]
//! # fn main() {}
//! ```
//!
//! A program picks its backends by the features `native` (the default), `tokio` and `smol`. A library depends on this crate with
//! `default-features = false` and leaves the choice to the program; without any backend all of this compiles, and asking for a loop gives
//! an error that names the features. In a program that runs on tokio already, that runtime is adopted.
//!
//! # What differs from tokio
//!
//! - A runtime has one thread unless [`worker_threads`](runtime::Builder::worker_threads) says otherwise, and
//!   [`block_on`](runtime::Runtime::block_on) takes it mutably. `spawn_local` needs no `LocalSet`.
//! - [`AsyncRead`](io::AsyncRead) and [`AsyncWrite`](io::AsyncWrite) are futures-io's; the methods on them have tokio's names, but for those
//!   on `bytes` buffers.
//! - `select!` polls its branches in the order written, as tokio's does with `biased;`.
//! - A [`TcpSocket`](net::TcpSocket) asks the system only when it connects or listens.
//! - Locks are async-lock's: an owned guard comes from `lock_arc`, and a semaphore's `acquire` gives no `Result`.
//! - There is no `fs`, `process`, `signal` or `sync::broadcast` yet, and tasks have no ids.
#![deny(unsafe_code)]
// Without a backend no loop can be made, so that code behind it is unreachable; a library is compiled like that.
#![cfg_attr(
    not(any(feature = "native", feature = "tokio", feature = "smol", feature = "dyn")),
    allow(unreachable_code, unused_variables, unused_macros, unused_imports, dead_code)
)]

mod any;
pub mod io;
mod join;
pub mod net;
pub mod runtime;
#[cfg(feature = "sync")]
pub mod sync;
pub mod task;
pub mod time;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

/// Runs an `async fn main` (or another, which it makes a plain `fn`) on the loop that is chosen: see [`runtime::choose`].
///
/// - `backend = "tokio"` picks the backend, whatever the environment says.
/// - `worker_threads = 4` spreads tasks over so many threads; without it the loop has one, the one that calls.
/// - `flavor = "multi_thread"` and `"current_thread"` are tokio's way to say so.
/// - `crate = "renamed"` is for those who know this crate by another name.
///
/// If no loop can be made it says why on standard error and ends the program with 1.
///
/// ```
/// # #[cfg(any(feature = "native", feature = "tokio", feature = "smol"))]
/// #[anyloop::main]
/// async fn main() -> std::io::Result<()> {
///     let listener = anyloop::net::TcpListener::bind("127.0.0.1:0").await?;
///     assert_ne!(listener.local_addr()?.port(), 0);
///     Ok(())
/// }
/// # #[cfg(not(any(feature = "native", feature = "tokio", feature = "smol")))]
/// # fn main() {}
/// ```
#[cfg(feature = "macros")]
pub use anyloop_macros::main;
/// Runs an `async fn` as a test on every backend compiled in, one test each: `name::native`, `name::tokio`, ...
///
/// It may return a `Result`; `#[should_panic]` and `#[ignore]` are each test's.
///
/// - `backends = ["native", "smol"]` picks some; those that are not compiled in are left out.
/// - `worker_threads = 2`, `flavor = "multi_thread"` and `crate = "renamed"` are as for [`main`].
///
/// ```
/// #[anyloop::test]
/// async fn tasks_give_their_output() {
///     assert_eq!(anyloop::task::spawn(async { 1 }).await.unwrap(), 1);
/// }
/// # fn main() {}
/// ```
#[cfg(feature = "macros")]
pub use anyloop_macros::test;
pub use loop_api;
pub use loop_api::{EventLoop, JoinError, RunError};
pub use loop_api::{callback, promise, protocol, task_local};
pub use std::pin::pin;
pub use task::spawn;

// The README's and CONTRIBUTING's programs are tests too.
#[cfg(all(doctest, feature = "native", feature = "macros"))]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../CONTRIBUTING.md")]
struct Pages;
