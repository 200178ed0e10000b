//! What one arm of a socket's enum does.
//!
//! With several backends compiled in, an arm is a function of its own, so that the match is a jump and nobody pays for the stack
//! frames of the other arms. With one it is inlined into whoever reads or writes.

use std::io::{IoSlice, IoSliceMut, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use loop_api::io::{AsyncReadUninit, ReadCursor};
use tokio::io::ReadBuf;

use crate::io::speaks::uninit::ReadTokio;
#[cfg(feature = "tokio")]
use crate::io::speaks::uninit::TokioReads;

macro_rules! arms {
    ($($bound:ident { $(fn $name:ident($($arg:ident: $ty:ty),*) -> $output:ty;)* })*) => {$($(
        #[cfg_attr(
            any(
                all(feature = "native", any(feature = "tokio", feature = "smol", feature = "dyn")),
                all(feature = "tokio", any(feature = "smol", feature = "dyn")),
                all(feature = "smol", feature = "dyn")
            ),
            inline(never)
        )]
        #[cfg_attr(
            not(any(
                all(feature = "native", any(feature = "tokio", feature = "smol", feature = "dyn")),
                all(feature = "tokio", any(feature = "smol", feature = "dyn")),
                all(feature = "smol", feature = "dyn")
            )),
            inline
        )]
        pub(crate) fn $name<S: $bound + Unpin>(io: &mut S, cx: &mut Context<'_> $(, $arg: $ty)*) -> Poll<Result<$output>> {
            Pin::new(io).$name(cx $(, $arg)*)
        }
    )*)*};
}

arms! {
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
arms! {
    TokioReads {
        fn poll_tokio_read(buf: &mut ReadBuf<'_>) -> ();
    }
}
