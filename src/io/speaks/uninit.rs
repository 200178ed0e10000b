//! Reading into the buffers of tokio and hyper, which need not be initialised.
#![allow(unsafe_code)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use loop_api::io::{AsyncReadUninit, ReadCursor};

#[cfg(feature = "tokio-io")]
#[inline]
pub(crate) fn read_tokio<R: AsyncReadUninit>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut tokio::io::ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    let mut filled = 0;
    // SAFETY: nothing uninitialised is written through a cursor.
    let spare = unsafe { buf.unfilled_mut() };
    ready!(reader.poll_read_uninit(cx, ReadCursor::new(spare, &mut filled)))?;
    // SAFETY: the cursor counts what is initialised.
    unsafe { buf.assume_init(filled) };
    buf.advance(filled);
    Poll::Ready(Ok(()))
}

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
