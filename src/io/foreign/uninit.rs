//! Reading into the buffers of tokio and hyper, which need not be initialised.
#![allow(unsafe_code)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use loop_api::io::{AsyncReadUninit, ReadCursor};

/// Reading into tokio's buffer, by what needs no initialised memory.
pub(crate) trait ReadTokio: AsyncReadUninit {
    #[inline]
    fn poll_read_tokio(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut filled = 0;
        // SAFETY: nothing uninitialised is written through a cursor.
        let spare = unsafe { buf.unfilled_mut() };
        ready!(self.poll_read_uninit(cx, ReadCursor::new(spare, &mut filled)))?;
        // SAFETY: the cursor counts what is initialised.
        unsafe { buf.assume_init(filled) };
        buf.advance(filled);
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncReadUninit> ReadTokio for R {}

/// The same, by what reads so itself.
#[cfg(feature = "tokio")]
pub(crate) trait TokioReads: tokio::io::AsyncRead {
    #[inline]
    fn poll_tokio_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_read(cx, buf)
    }
}

#[cfg(feature = "tokio")]
impl<R: tokio::io::AsyncRead> TokioReads for R {}

#[cfg(feature = "hyper")]
#[inline]
pub(crate) fn read_hyper<R: AsyncReadUninit>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    mut buf: hyper::rt::ReadBufCursor<'_>,
) -> Poll<io::Result<()>> {
    let mut filled = 0;
    // SAFETY: nothing uninitialised is written through a cursor.
    let spare = unsafe { buf.as_mut() };
    ready!(reader.poll_read_uninit(cx, ReadCursor::new(spare, &mut filled)))?;
    // SAFETY: the cursor counts what is initialised.
    unsafe { buf.advance(filled) };
    Poll::Ready(Ok(()))
}
