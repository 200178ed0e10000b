//! What is done for one variant of a socket's enum.
//!
//! With several backends compiled in, each variant has a function of its own, so that the match is a
//! jump and no call pays for the stack frames of the other variants. With one backend it is inlined into
//! the caller.

use std::io::{IoSlice, IoSliceMut, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use loop_api::io::{AsyncReadUninit, ReadCursor};
use tokio::io::ReadBuf;

use super::macros::if_several;
use crate::io::foreign::uninit::ReadTokio;
#[cfg(feature = "tokio")]
use crate::io::foreign::uninit::TokioReads;

/// A function for each method of a trait: `AsyncWrite { fn poll_flush() -> (); }` becomes, with one
/// backend compiled in,
///
/// ```ignore
/// #[inline]
/// pub(crate) fn poll_flush<S: AsyncWrite + Unpin>(io: &mut S, cx: &mut Context<'_>) -> Poll<Result<()>> {
///     Pin::new(io).poll_flush(cx)
/// }
/// ```
///
/// and with several the same with `#[inline(never)]`.
macro_rules! dispatch {
    ($($bound:ident { $(fn $name:ident($($arg:ident: $ty:ty),*) -> $output:ty;)* })*) => {$($(
        if_several! {
            (inline(never)) else (inline)
            pub(crate) fn $name<S: $bound + Unpin>(
                io: &mut S,
                cx: &mut Context<'_>
                $(, $arg: $ty)*
            ) -> Poll<Result<$output>> {
                Pin::new(io).$name(cx $(, $arg)*)
            }
        }
    )*)*};
}

dispatch! {
    AsyncRead {
        fn poll_read(buf: &mut [u8]) -> usize;
        fn poll_read_vectored(bufs: &mut [IoSliceMut<'_>]) -> usize;
    }
    AsyncReadUninit {
        fn poll_read_uninit(buf: ReadCursor<'_>) -> ();
    }
    ReadTokio {
        // The buffer is taken apart in here, where it is seen what the backend does with it.
        fn poll_read_tokio(buf: &mut ReadBuf<'_>) -> ();
    }
    AsyncWrite {
        fn poll_write(buf: &[u8]) -> usize;
        fn poll_write_vectored(bufs: &[IoSlice<'_>]) -> usize;
        fn poll_flush() -> ();
        fn poll_close() -> ();
    }
}

#[cfg(feature = "tokio")]
dispatch! {
    TokioReads {
        fn poll_tokio_read(buf: &mut ReadBuf<'_>) -> ();
    }
}
