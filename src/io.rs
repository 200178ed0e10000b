//! Reading and writing: futures-io's traits, with tokio's method names on them.
//!
//! [`AsyncRead`] and [`AsyncWrite`] are futures-io's, whatever the backend, so that everything written against them works on the sockets of
//! [`net`](crate::net). What differs from tokio: these traits have `poll_close` where tokio's have `poll_shutdown`, and
//! `poll_read` takes a slice.

mod buf_read_ext;
mod copy;
mod descriptor;
mod duplex;
mod read_ext;
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
pub use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result, SeekFrom};
pub use write_ext::AsyncWriteExt;
