//! Reading and writing: futures-io's traits, with tokio's method names on them.
//!
//! [`AsyncRead`] and [`AsyncWrite`] are futures-io's, whatever the backend, so that everything written against them works on the sockets of
//! [`net`](crate::net).
//!
//! [`AsyncReadExt`], [`AsyncWriteExt`] and [`AsyncBufReadExt`] have tokio's methods; [`copy`], [`copy_bidirectional`], [`duplex`] and the buffers
//! need no loop; [`Async`] puts any descriptor on the loop, as tokio's `AsyncFd` does on unix. Each method says whether it is cancel
//! safe: whether dropping its future before it is done loses nothing.
//!
//! With the feature `tokio-io` our streams (those of [`net`](crate::net) and their halves, [`DuplexStream`], [`Async`]) are also tokio's `AsyncRead` and
//! `AsyncWrite`, with `hyper` hyper's `rt::Read` and `rt::Write`, with no wrapper: vectored writes stay vectored, nothing is zeroed
//! before it is read into, and `poll_shutdown` is `poll_close`. The features bring the traits alone, and no runtime. Where a module
//! imports both tokio's extension traits and these, a call of `read` on such a stream is ambiguous: import those that are meant.
//!
//! What differs from tokio: these traits have `poll_close` where tokio's have `poll_shutdown`, and
//! `poll_read` takes a slice. There are no standard streams, and no `read_buf` and `write_buf`.
//!
//! ```
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

mod appending;
mod buf_read_ext;
mod copy;
mod descriptor;
mod duplex;
mod read_ext;
mod read_to_end;
pub(crate) mod speaks;
mod write_ext;

pub use buf_read_ext::{AsyncBufReadExt, Lines, Split};
pub use copy::{copy, copy_bidirectional, copy_bidirectional_with_sizes, copy_buf};
pub use descriptor::Async;
pub use duplex::{DuplexStream, duplex};
pub use futures_lite::io::{
    AsyncBufRead, AsyncRead, AsyncSeek, AsyncSeekExt, AsyncWrite, BufReader, BufWriter, Chain, Cursor, Empty,
    ReadHalf, Repeat, Sink, Take, WriteHalf, empty, repeat, sink, split,
};
pub use loop_api::io::Interest;
pub use loop_api::readiness::{AsSource, Readiness, Source};
pub use read_ext::AsyncReadExt;
pub use read_to_end::ReadToEnd;
pub(crate) use speaks::{speaks_read, speaks_write};
pub use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result, SeekFrom};
pub use write_ext::AsyncWriteExt;
