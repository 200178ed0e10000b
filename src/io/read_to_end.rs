//! Reading until the end.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::io::AsyncRead;

/// How much is asked for at a time, in bytes.
const CHUNK: usize = 16 * 1024;

/// All that is to come: see [`AsyncReadExt::read_to_end`](super::AsyncReadExt::read_to_end).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ReadToEnd<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut Vec<u8>,
    start: usize,
    // Made once: room in `buf` itself would have to be zeroed again at every poll.
    chunk: Vec<u8>,
}

impl<'a, R: ?Sized> ReadToEnd<'a, R> {
    pub(super) fn new(reader: &'a mut R, buf: &'a mut Vec<u8>) -> Self {
        ReadToEnd { reader, start: buf.len(), buf, chunk: Vec::new() }
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let ReadToEnd { reader, buf, start, chunk } = &mut *self;
        ready!(poll_to_end(Pin::new(&mut **reader), cx, buf, chunk))?;
        Poll::Ready(Ok(buf.len() - *start))
    }
}

/// Appends to `buf` until the end. What was read before an error or a drop stays there.
fn poll_to_end<R: AsyncRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut Vec<u8>,
    chunk: &mut Vec<u8>,
) -> Poll<io::Result<()>> {
    if chunk.is_empty() {
        chunk.resize(CHUNK, 0);
    }
    loop {
        match ready!(reader.as_mut().poll_read(cx, chunk)) {
            Ok(0) => return Poll::Ready(Ok(())),
            Ok(n) => buf.extend_from_slice(&chunk[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
}
