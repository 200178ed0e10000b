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

if_several! {
    (inline(never)) else (inline)
    /// Calls `f`, a variant's part of a match, in a function of its own. What it gives is written in
    /// its place there; without this the match would gather the variants' results, field by field.
    /// The arguments are given by value, so that the call may be the caller's last jump.
    pub(crate) fn apart<A, B, R>(a: A, b: B, f: impl FnOnce(A, B) -> R) -> R {
        f(a, b)
    }
}

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
