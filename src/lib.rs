//! One event-loop API over any loop.
//!
//! Code is written once; the loop under it is picked by a feature flag, an environment variable, a
//! builder, or by what is already running: see [`runtime::choose`]. The names and the layout are
//! tokio's, so that porting is `tokio::` to `anyloop::`; the callback side has asyncio's names,
//! [`protocol`] Twisted's.
//!
//! ```
//! # #[cfg(any(feature = "native", feature = "tokio", feature = "smol"))]
//! # fn main() -> std::io::Result<()> {
//! use anyloop::io::{AsyncReadExt, AsyncWriteExt};
//! use anyloop::net::{TcpListener, TcpStream};
//! use anyloop::runtime::Runtime;
//!
//! let mut runtime = Runtime::new()?;
//! // Such as: native, because it is the only one compiled in.
//! println!("running on {}", runtime.choice());
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
//! # Which loop
//!
//! What the program asked for ([`Builder::backend`](runtime::Builder::backend), or `backend =
//! "..."` on `#[anyloop::main]`); else what the environment variable `ANYLOOP_BACKEND` names; else
//! the only one compiled in; else the first of tokio, smol, native. The choice can be asked for,
//! with its reason: [`runtime::choose`]. Inside a tokio runtime that runs already, that runtime is
//! adopted if the feature `tokio` is on.
//!
//! | feature | what it gives |
//! | --- | --- |
//! | `native` (default) | anyloop's own loop, on the polling crate |
//! | `tokio` | tokio's runtime, made or adopted; tokio's sockets inside, by `into_tokio` and `From` |
//! | `smol` | async-executor and async-io; async-io's sockets inside, by `into_async_io` and `From` |
//! | `global` | where no loop runs, one is lent: smol's global executor if `smol` is on, else a native loop on a thread of its own |
//! | `dyn` | any other loop, behind one type: [`erased`](https://docs.rs/loop-erased) and `Runtime::from_erased` |
//! | `sim` | a simulated world in place of a loop, for tests: many hosts, virtual time, a seeded order, a network and disks that fail, exact replay: `sim` |
//! | `sim-interpose` | `sim`, and on Linux std's clock and hash keys in a world are the world's too |
//! | `hyper` | streams are hyper's `rt::Read` and `rt::Write`, too: see [`io`] |
//! | `rand` | [`random`]'s numbers as a generator of the crate `rand` 0.10 |
//! | `macros` (default) | `#[anyloop::main]`, `#[anyloop::test]`, `select!` |
//! | `io-util` (default) | tokio's methods on readers and writers, and its buffers: [`io`] |
//! | `sync` (default) | tokio's locks, channels, signals: `sync` |
//! | `process` (default) | children, and their pipes as streams: `process` |
//! | `signal` (default) | the process's signals: `signal` |
//! | `test-util` | a clock that tests can stop: `time::pause`, `#[anyloop::test(start_paused = true)]` |
//! | `criterion` | benchmarks on every loop, by criterion: `criterion`, `#[anyloop::bench]` |
//! | `compat` | `compat`: futures, sockets and timers of tokio on any loop; readers and writers of one kind as those of another |
//!
//! Features only add: what compiles with some of them compiles with more, and behaves the same.
//!
//! # For applications
//!
//! Pick the backends by features, write `#[anyloop::main]`, and use [`task`], [`time`], [`net`],
//! [`fs`](mod@fs), [`io`] and `sync` as tokio's modules of these names. Where the loop is to call you, a
//! [`Handle`](runtime::Handle) has `call_soon`, `call_later` and `add_reader`, [`protocol`] has
//! connections, and [`promise`] a future that is settled from outside.
//!
//! # For libraries
//!
//! Depend on anyloop with `default-features = false`, and leave the backend to the program that is
//! run. Without any all of this compiles, and asking for a loop gives an error that names the
//! features. Functions that need a loop find the one the caller runs in; where there may be none,
//! use their `try_` forms.
//!
//! In a program that never heard of anyloop no loop of ours runs. With the feature `tokio` the
//! program's tokio runtime is adopted; with `global` a loop is lent wherever none is found, on
//! tokio without the feature `tokio`, in smol's and other executors, and on bare threads. It starts
//! at the first use, on one thread, and does not end; what it still runs when `main` returns is
//! lost. A library turns them on itself, or passes them on as features of its own: `tokio =
//! ["anyloop/tokio"]`, `global = ["anyloop/global"]`. With neither, the error says which line in
//! the program's Cargo.toml mends it.
//!
//! Tests turn backends on as dev-dependencies, and `#[anyloop::test]` runs each on all of them.
//!
//! # For authors of a loop
//!
//! The contract is [`loop_api`]. The crate `loop-toolkit` has the pieces that most backends need,
//! and `loop-conformance` the suite that tests one; with the feature `dyn` all of this crate then
//! runs on that loop.
//!
//! # What differs from tokio
//!
//! - A runtime has one thread unless [`worker_threads`](runtime::Builder::worker_threads) says
//!   otherwise, and [`block_on`](runtime::Runtime::block_on) takes it mutably. `spawn_local` needs
//!   no `LocalSet`.
//! - `select!` polls its branches in the order written, as tokio's does with `biased;`.
//! - A [`TcpSocket`](net::TcpSocket) asks the system only when it connects or listens.
//! - `blocking_recv` and its like, called in a task, block the loop forever on native and smol,
//!   where tokio panics: see `sync`.
//! - [`fs`](mod@fs) has [`Metadata`](fs::Metadata) and [`FileType`](fs::FileType) of its own, and
//!   errors that name the path.
//!
//! The whole list, and how to port:
//! [docs/from-tokio.md](https://github.com/anyloop/anyloop/blob/main/docs/from-tokio.md).
#![deny(unsafe_code)]
// Without a backend no loop can be made, so that code behind it is unreachable; a library is
// compiled like that.
#![cfg_attr(
    not(any(feature = "native", feature = "tokio", feature = "smol", feature = "dyn")),
    allow(
        unreachable_code,
        unused_variables,
        unused_mut,
        unused_assignments,
        unused_macros,
        unused_imports,
        dead_code
    )
)]

mod any;
#[cfg(any(feature = "sync", feature = "io-util"))]
mod budget;
#[cfg(feature = "criterion")]
pub mod criterion;
pub mod fs;
pub mod io;
mod join;
pub mod net;
mod pin;
#[cfg(feature = "process")]
pub mod process;
pub mod random;
pub mod runtime;
#[cfg(feature = "macros")]
mod select;
#[cfg(feature = "signal")]
pub mod signal;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "sync")]
pub mod sync;
pub mod task;
pub mod time;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

/// Makes a benchmark of criterion's of an `async fn`, on every backend compiled in, one each:
/// `name/native`, `name/tokio`, ... What is written is a `fn(&mut Criterion)`, for
/// `criterion_group!`: see [`criterion`](mod@criterion), which has an example.
///
/// `backends = ["native", "smol"]` picks some; `worker_threads`, `flavor`, `name`, `with_tokio` and
/// `crate` are as for [`main`].
#[cfg(all(feature = "macros", feature = "criterion"))]
pub use anyloop_macros::bench;
/// Runs an `async fn main` (or another, which it makes a plain `fn`) on the loop that is chosen:
/// see [`runtime::choose`].
///
/// - `backend = "tokio"` picks the backend, regardless of the environment.
/// - `worker_threads = 4` spreads tasks over 4 threads; without it the loop has one, the one that
///   calls.
/// - `flavor = "multi_thread"`, `"current_thread"` and `"local"` are tokio's way to say so; the last two
///   are the same.
/// - `name = "main"` names the loop, for [`Handle::name`](runtime::Handle::name).
/// - `with_tokio` makes tokio's context part of the loop, for crates that need tokio, such as axum and
///   sqlx, on any backend: see [`runtime::Builder::with_tokio`](runtime::Builder). Feature `compat`.
/// - `crate = "renamed"` is for a crate that depends on this one by another name.
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
/// Runs an `async fn` as a test on every backend compiled in, one test each: `name::native`,
/// `name::tokio`, ... They may run at the same time, and share what the function has, such as a port or
/// a `static`: `cargo test ::native` runs one loop's alone.
///
/// It may return a `Result`; `#[should_panic]` and `#[ignore]` are each test's.
///
/// - `backends = ["native", "smol"]` picks some; those that are not compiled in are left out.
/// - `sim` runs it in simulated worlds, too (`name::sim`, with the feature `sim`); `seeds = 100` says in
///   how many, 50 by default. A test that takes a `World` runs only there. See the module `sim`.
/// - `plan = "2s crash server"` gives those worlds these faults in place of the ones that `World::chaos`
///   would draw; each has a line (`\n`). A plan that does not parse, or is not taken, fails the test.
/// - `worker_threads = 2`, `flavor = "multi_thread"`, `name = "test"`, `with_tokio` and
///   `crate = "renamed"` are as for [`main`].
/// - `start_paused = true` stops the loop's clock from the start: see `time::pause`. Feature
///   `test-util`. No test is made for smol, whose clock cannot be stopped.
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
/// Futures, sockets and timers of one runtime on another.
#[cfg(feature = "compat")]
pub use loop_compat as compat;
/// Any loop behind one type: how a third-party backend comes to [`Runtime`](runtime::Runtime).
#[cfg(feature = "dyn")]
pub use loop_erased as erased;
pub use task::spawn;

/// Whether the program is to do something here that is unusual and not wrong: answer late, flush a
/// buffer early, take the slow way. False everywhere but in a simulated world, where the seed
/// decides it: each run has some names on and others off, and a name that is on is true now and
/// then. So tests meet what production meets once a year.
///
/// Without the feature `sim` it is a constant, and what stands behind it is not compiled in.
///
/// ```
/// fn batch_size() -> usize {
///     if anyloop::buggify("tiny batches") { 1 } else { 1000 }
/// }
/// assert_eq!(batch_size(), 1000); // no world is here
/// ```
#[inline(always)]
pub fn buggify(name: &str) -> bool {
    #[cfg(feature = "sim")]
    if let Some(world) = sim::World::try_current() {
        return world.buggify(name);
    }
    let _ = name;
    false
}

// The README's and CONTRIBUTING's programs are tests too.
#[cfg(all(doctest, feature = "native", feature = "macros"))]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../CONTRIBUTING.md")]
struct Pages;
