//! The I/O traits, and which way a descriptor is waited for.

mod uninit;

pub use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, IoSlice, IoSliceMut};
pub use uninit::{AsyncReadUninit, ReadCursor};

/// One direction of readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interest {
    /// Something can be read, or the other side has closed, or there is an error to be read.
    Readable,
    /// Something can be written, or there is an error to be read.
    Writable,
}
