//! From one stream to another.

use std::future::poll_fn;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::io::{AsyncBufRead, AsyncRead, AsyncWrite};

const BUFFER: usize = 8 * 1024;

/// Copies all of `reader` to `writer`, flushes it, and says how many bytes that were. While nothing is to be read, what was written is
/// flushed. Not cancel safe: what was read and not yet written is lost.
///
/// # Errors
///
/// That of either side; `WriteZero` if the writer takes nothing.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let mut out = Vec::new();
/// assert_eq!(anyloop::io::copy(&mut &b"bytes"[..], &mut out).await?, 5);
/// assert_eq!(out, b"bytes");
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
pub async fn copy<R, W>(reader: &mut R, writer: &mut W) -> Result<u64>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let mut transfer = Transfer::new(BUFFER);
    poll_fn(|cx| transfer.poll_copy(cx, reader, writer)).await
}

/// [`copy`] out of the reader's own buffer. Cancel safe: what was not written is still in the reader, though how much was written is
/// not told.
///
/// # Errors
///
/// As [`copy`].
///
/// ```
/// # futures_lite::future::block_on(async {
/// let mut out = Vec::new();
/// assert_eq!(anyloop::io::copy_buf(&mut &b"bytes"[..], &mut out).await?, 5);
/// assert_eq!(out, b"bytes");
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
pub async fn copy_buf<R, W>(reader: &mut R, writer: &mut W) -> Result<u64>
where
    R: AsyncBufRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let mut copied = 0;
    poll_fn(|cx| {
        loop {
            let mut reader = Pin::new(&mut *reader);
            let Poll::Ready(buf) = reader.as_mut().poll_fill_buf(cx)? else {
                ready!(Pin::new(&mut *writer).poll_flush(cx))?;
                return Poll::Pending;
            };
            if buf.is_empty() {
                return Pin::new(&mut *writer).poll_flush(cx).map_ok(|()| copied);
            }
            let n = ready!(Pin::new(&mut *writer).poll_write(cx, buf))?;
            if n == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            reader.consume(n);
            copied += n as u64;
        }
    })
    .await
}

/// Copies in both directions until both have ended, and says how many bytes went from `a` to `b` and from `b` to `a`. When one direction
/// ends, its end is passed on (the other side's writer is closed), and the other goes on. Not cancel safe: bytes on their way are lost.
///
/// # Errors
///
/// The first of either side, of either direction; bytes on their way are lost then.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use anyloop::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional, duplex};
///
/// let (mut client, mut a) = duplex(64);
/// let (mut server, mut b) = duplex(64);
/// client.write_all(b"question").await?;
/// client.shutdown().await?;
/// server.write_all(b"answer").await?;
/// server.shutdown().await?;
/// assert_eq!(copy_bidirectional(&mut a, &mut b).await?, (8, 6));
/// let mut text = String::new();
/// client.read_to_string(&mut text).await?;
/// assert_eq!(text, "answer");
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
pub async fn copy_bidirectional<A, B>(a: &mut A, b: &mut B) -> Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    copy_bidirectional_with_sizes(a, b, BUFFER, BUFFER).await
}

/// [`copy_bidirectional`] with buffers of these sizes, in bytes. Not cancel safe.
///
/// # Errors
///
/// As [`copy_bidirectional`].
///
/// # Panics
///
/// If a size is zero.
pub async fn copy_bidirectional_with_sizes<A, B>(
    a: &mut A,
    b: &mut B,
    a_to_b_size: usize,
    b_to_a_size: usize,
) -> Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    assert!(a_to_b_size > 0 && b_to_a_size > 0, "a buffer of no bytes can carry none");
    let mut there = Direction::Copying(Transfer::new(a_to_b_size));
    let mut back = Direction::Copying(Transfer::new(b_to_a_size));
    poll_fn(|cx| {
        // Both are polled each time: each has wakers of its own to leave behind.
        let there = there.poll(cx, a, b)?;
        let back = back.poll(cx, b, a)?;
        match (there, back) {
            (Poll::Ready(there), Poll::Ready(back)) => Poll::Ready(Ok((there, back))),
            _ => Poll::Pending,
        }
    })
    .await
}

/// One direction of [`copy_bidirectional`].
enum Direction {
    Copying(Transfer),
    Closing(u64),
    Done(u64),
}

impl Direction {
    fn poll<R, W>(&mut self, cx: &mut Context<'_>, reader: &mut R, writer: &mut W) -> Poll<Result<u64>>
    where
        R: AsyncRead + Unpin + ?Sized,
        W: AsyncWrite + Unpin + ?Sized,
    {
        loop {
            *self = match self {
                Direction::Copying(transfer) => {
                    Direction::Closing(ready!(transfer.poll_copy(cx, reader, writer))?)
                }
                Direction::Closing(copied) => {
                    ready!(Pin::new(&mut *writer).poll_close(cx))?;
                    Direction::Done(*copied)
                }
                Direction::Done(copied) => return Poll::Ready(Ok(*copied)),
            }
        }
    }
}

/// Bytes on their way.
struct Transfer {
    buf: Box<[u8]>,
    /// What of `buf` is yet to be written.
    start: usize,
    end: usize,
    copied: u64,
    ended: bool,
    unflushed: bool,
}

impl Transfer {
    fn new(size: usize) -> Transfer {
        Transfer {
            buf: vec![0; size].into_boxed_slice(),
            start: 0,
            end: 0,
            copied: 0,
            ended: false,
            unflushed: false,
        }
    }

    fn poll_copy<R, W>(&mut self, cx: &mut Context<'_>, reader: &mut R, writer: &mut W) -> Poll<Result<u64>>
    where
        R: AsyncRead + Unpin + ?Sized,
        W: AsyncWrite + Unpin + ?Sized,
    {
        loop {
            if self.start == self.end && !self.ended {
                match Pin::new(&mut *reader).poll_read(cx, &mut self.buf)? {
                    Poll::Ready(n) => {
                        (self.start, self.end) = (0, n);
                        self.ended = n == 0;
                    }
                    Poll::Pending => {
                        // Nobody should wait for bytes that sit in the writer's buffer while we wait for more.
                        if self.unflushed {
                            ready!(Pin::new(&mut *writer).poll_flush(cx))?;
                            self.unflushed = false;
                        }
                        return Poll::Pending;
                    }
                }
            }
            while self.start < self.end {
                let n = ready!(Pin::new(&mut *writer).poll_write(cx, &self.buf[self.start..self.end]))?;
                if n == 0 {
                    return Poll::Ready(Err(Error::new(ErrorKind::WriteZero, "the writer took no bytes")));
                }
                self.start += n;
                self.copied += n as u64;
                self.unflushed = true;
            }
            if self.ended {
                ready!(Pin::new(&mut *writer).poll_flush(cx))?;
                return Poll::Ready(Ok(self.copied));
            }
        }
    }
}
