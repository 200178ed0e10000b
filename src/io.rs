//! Reading and writing: tokio's traits, their methods, and its buffers, which need no runtime; and
//! [`Async`], any descriptor on the loop, and on unix `unix::AsyncFd`, tokio's way to have one.
//!
//! [`AsyncRead`], [`AsyncWrite`], [`AsyncBufRead`], [`AsyncSeek`] and [`ReadBuf`] are tokio's own,
//! with every set of features, so that what is written against tokio's works on the sockets of
//! [`net`](crate::net) of any loop, and the other way round. With the feature `io-util` (on by
//! default) all of `tokio::io` is here that needs no runtime: `AsyncReadExt`, `AsyncWriteExt`,
//! `AsyncBufReadExt` and `AsyncSeekExt`, `copy` and its kin, `duplex` and `simplex`, `split` and
//! `join`, `BufReader`, `BufWriter`, `BufStream` and the rest. Their pages say which methods are
//! cancel safe. What is always ready gives way to timers and other tasks now and then, on every
//! loop.
//!
//! # Other traits
//!
//! Our streams (those of [`net`](crate::net) and their halves, and [`Async`]) are also futures-io's
//! `AsyncRead` and `AsyncWrite`, always, and with the feature `hyper` hyper's `rt::Read` and
//! `rt::Write`, with no wrapper: vectored writes stay vectored, nothing is zeroed before it is read
//! into, and `poll_shutdown` is `poll_close`. What reads and writes in futures-io's way alone, such
//! as a `TlsStream` of futures-rustls, takes its methods from `futures_lite::io::AsyncReadExt` or
//! `futures_util::AsyncReadExt`, or the wrapper
//! [`FuturesIo`](https://docs.rs/loop-compat/latest/loop_compat/io/struct.FuturesIo.html) of
//! `compat::io` makes it tokio's (feature `compat`). In a module that imports the extension traits
//! of both kinds, a call of `read` on a stream of ours is ambiguous: import those that are meant.
//! tokio's buffers and [`duplex`](https://docs.rs/tokio/latest/tokio/io/fn.duplex.html) are tokio's
//! alone; for hyper, `compat::io::TokioIo` or hyper-util's wraps them.
//!
//! ```
//! # #[cfg(feature = "io-util")]
//! # futures_lite::future::block_on(async {
//! use anyloop::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, duplex};
//!
//! let (mut here, there) = duplex(64);
//! here.write_all(b"two\nlines\n").await?;
//! here.shutdown().await?;
//! let mut reader = BufReader::new(there);
//! let mut line = String::new();
//! reader.read_line(&mut line).await?;
//! assert_eq!(line, "two\n");
//! let mut rest = String::new();
//! reader.read_to_string(&mut rest).await?;
//! assert_eq!(rest, "lines\n");
//! # std::io::Result::Ok(())
//! # }).unwrap();
//! ```

mod descriptor;
pub(crate) mod foreign;
mod held;
mod interest;
mod stdin_thread;
mod stdio;
#[cfg(unix)]
pub mod unix;

pub use descriptor::Async;
#[cfg(any(unix, feature = "process"))]
pub(crate) use foreign::impl_inner_read;
pub(crate) use foreign::{impl_hyper_read, impl_tokio_write};
pub(crate) use interest::alone;
pub use interest::{Interest, Ready};
pub use loop_api::readiness::{AsSource, Readiness, Source};
pub use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result, SeekFrom};
pub use stdio::{Stderr, Stdin, Stdout, stderr, stdin, stdout};
// By name: with other features of tokio's its module has more, which needs its runtime.
pub use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};
#[cfg(feature = "io-util")]
pub use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufStream, BufWriter, Chain,
    DuplexStream, Empty, Join, Lines, ReadHalf, Repeat, SimplexStream, Sink, Split, Take, WriteHalf, copy,
    copy_bidirectional, copy_bidirectional_with_sizes, copy_buf, duplex, empty, join, repeat, simplex, sink,
    split,
};
