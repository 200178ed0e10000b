//! Readers and writers of futures-io, tokio, hyper and the standard library, each as each of the
//! others.
//!
//! | what you have implements | wrap it in | and it implements |
//! | --- | --- | --- |
//! | futures-io | [`FuturesIo`], or `.compat()` | tokio's I/O traits and hyper's |
//! | tokio's `AsyncRead`, `AsyncWrite` | `TokioIo`, or `.compat()` (feature `tokio-io`) | futures-io and hyper's |
//! | hyper's `rt::Read`, `rt::Write` | `HyperIo`, or `.compat()` (feature `hyper`) | futures-io and tokio's |
//! | futures-io, and a thread that may block wants it | [`SyncIoBridge`] | std's `Read`, `Write`, `BufRead`, `Seek` |
//! | std's `Read`, `Write`, `Seek`, which block | [`Unblock`] | futures-io, tokio's and hyper's |
//!
//! Each wrapper still implements the traits of what is inside, so that one value serves all;
//! wrappers can be put over wrappers. None needs a loop of its own, but for [`Unblock`], which
//! takes the handle of one. anyloop's own sockets need none of the first three: they implement all
//! of these traits themselves.
//!
//! What holds for all: a vectored write is one vectored write of what is inside; memory that is not
//! initialised is not zeroed at each poll; flushing is flushing, and closing or shutting down is
//! the other's closing or shutting down, after which reading goes on; errors and the end pass as
//! they are. Dropping a pending read or write loses no byte.
//!
//! ```
//! # #[cfg(feature = "tokio-io")] {
//! # futures_lite::future::block_on(async {
//! use futures_lite::AsyncReadExt as _;
//! use loop_compat::io::{FuturesIo, TokioAsyncReadCompatExt};
//! use tokio::io::AsyncReadExt as _;
//!
//! // tokio's methods on a reader of futures-io ...
//! let mut reader = FuturesIo::new(futures_lite::io::Cursor::new(b"two worlds"));
//! let mut word = [0; 4];
//! tokio::io::AsyncReadExt::read_exact(&mut reader, &mut word).await?;
//! assert_eq!(&word, b"two ");
//!
//! // ... and futures-io's on what is tokio's.
//! let mut rest = String::new();
//! let mut reader = tokio::io::BufReader::new(reader).compat();
//! futures_lite::AsyncReadExt::read_to_string(&mut reader, &mut rest).await?;
//! assert_eq!(rest, "worlds");
//! # std::io::Result::Ok(())
//! # }).unwrap();
//! # }
//! ```

mod ext;
mod from_futures;
#[cfg(feature = "hyper")]
mod from_hyper;
#[cfg(feature = "tokio-io")]
mod from_tokio;
mod scratch;
mod sync_bridge;
mod unblock;
#[cfg(any(feature = "tokio-io", feature = "hyper"))]
mod uninit;
mod wrapper;

pub use ext::{FuturesAsyncReadCompatExt, FuturesAsyncWriteCompatExt};
#[cfg(feature = "hyper")]
pub use ext::{HyperReadCompatExt, HyperWriteCompatExt};
#[cfg(feature = "tokio-io")]
pub use ext::{TokioAsyncReadCompatExt, TokioAsyncWriteCompatExt};
pub use from_futures::FuturesIo;
#[cfg(feature = "hyper")]
pub use from_hyper::HyperIo;
#[cfg(feature = "tokio-io")]
pub use from_tokio::TokioIo;
pub use sync_bridge::SyncIoBridge;
pub use unblock::Unblock;
