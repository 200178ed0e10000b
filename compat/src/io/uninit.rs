//! Readers of tokio's and hyper's kind, into one another's memory, which need not be initialised.
#![allow(unsafe_code)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use loop_api::io::ReadCursor;

/// Reads by one of tokio's readers.
#[cfg(feature = "tokio-io")]
#[inline]
pub(super) fn by_tokio<R: tokio::io::AsyncRead>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    mut cursor: ReadCursor<'_>,
) -> Poll<io::Result<()>> {
    // SAFETY: tokio's buffer lets nothing uninitialised be written.
    let mut buf = tokio::io::ReadBuf::uninit(unsafe { cursor.spare() });
    let (begin, capacity) = (buf.filled().as_ptr(), buf.capacity());
    ready!(reader.poll_read(cx, &mut buf))?;
    // Where no capacity is left, another buffer may begin at the same address: its size tells it
    // apart.
    assert!(
        std::ptr::eq(begin, buf.filled().as_ptr()) && buf.capacity() == capacity,
        "a reader put another buffer in the place of its own"
    );
    let n = buf.filled().len();
    // SAFETY: what tokio's buffer counts as filled is initialised, and it is the memory it was
    // given.
    unsafe { cursor.advance(n) };
    Poll::Ready(Ok(()))
}

/// Reads by one of hyper's readers.
#[cfg(feature = "hyper")]
#[inline]
pub(super) fn by_hyper<R: hyper::rt::Read>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    mut cursor: ReadCursor<'_>,
) -> Poll<io::Result<()>> {
    // SAFETY: hyper's buffer lets nothing uninitialised be written.
    let mut buf = hyper::rt::ReadBuf::uninit(unsafe { cursor.spare() });
    ready!(reader.poll_read(cx, buf.unfilled()))?;
    let n = buf.filled().len();
    // SAFETY: what hyper's buffer counts as filled is initialised; a cursor into it cannot put
    // another in its place.
    unsafe { cursor.advance(n) };
    Poll::Ready(Ok(()))
}

/// Reads into tokio's buffer.
#[cfg(feature = "tokio-io")]
#[inline]
pub(super) fn into_tokio(
    buf: &mut tokio::io::ReadBuf<'_>,
    read: impl FnOnce(ReadCursor<'_>) -> Poll<io::Result<()>>,
) -> Poll<io::Result<()>> {
    let mut filled = 0;
    // SAFETY: nothing uninitialised is written through a cursor.
    let spare = unsafe { buf.unfilled_mut() };
    ready!(read(ReadCursor::new(spare, &mut filled)))?;
    // SAFETY: the cursor counts what is initialised.
    unsafe { buf.assume_init(filled) };
    buf.advance(filled);
    Poll::Ready(Ok(()))
}

/// Reads into hyper's buffer.
#[cfg(feature = "hyper")]
#[inline]
pub(super) fn into_hyper(
    mut buf: hyper::rt::ReadBufCursor<'_>,
    read: impl FnOnce(ReadCursor<'_>) -> Poll<io::Result<()>>,
) -> Poll<io::Result<()>> {
    let mut filled = 0;
    // SAFETY: nothing uninitialised is written through a cursor.
    let spare = unsafe { buf.as_mut() };
    ready!(read(ReadCursor::new(spare, &mut filled)))?;
    // SAFETY: the cursor counts what is initialised.
    unsafe { buf.advance(filled) };
    Poll::Ready(Ok(()))
}
