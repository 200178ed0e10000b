//! Reading into memory that is not initialised: tokio's own way.
#![allow(unsafe_code)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use loop_api::io::ReadCursor;
use tokio::io::{AsyncRead, ReadBuf};

/// `socket` is one of tokio's own sockets, and nothing else: it is trusted to leave the buffer that
/// it is given in its place.
#[inline]
pub(super) fn poll_read<S: AsyncRead + Unpin>(
    socket: &mut S,
    cx: &mut Context<'_>,
    mut buf: ReadCursor<'_>,
) -> Poll<io::Result<()>> {
    // SAFETY: tokio's buffer lets nothing uninitialised be written, and its sockets write what was
    // received.
    let mut theirs = ReadBuf::uninit(unsafe { buf.spare() });
    ready!(Pin::new(socket).poll_read(cx, &mut theirs)).map_err(super::closed)?;
    let n = theirs.filled().len();
    // SAFETY: what tokio's buffer counts as filled is initialised.
    unsafe { buf.advance(n) };
    Poll::Ready(Ok(()))
}
