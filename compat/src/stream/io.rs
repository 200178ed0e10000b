//! Each trait as it is: a reader of tokio's stays one, and one of futures-io's too. For one from
//! the other see the I/O adapters.

use std::io::{self, IoSlice, IoSliceMut, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io as tokio_io;

use crate::Tokio;

/// Nothing that could be a socket comes out of these.
fn waits<T>(answer: &Poll<T>) -> bool {
    answer.is_pending()
}

impl<T: tokio_io::AsyncRead> tokio_io::AsyncRead for Tokio<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio_io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_with(|io| io.poll_read(cx, buf), waits)
    }
}

impl<T: tokio_io::AsyncWrite> tokio_io::AsyncWrite for Tokio<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_with(|io| io.poll_write(cx, buf), waits)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(|io| io.poll_write_vectored(cx, bufs), waits)
    }

    fn is_write_vectored(&self) -> bool {
        (**self).is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_with(|io| io.poll_flush(cx), waits)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_with(|io| io.poll_shutdown(cx), waits)
    }
}

impl<T: tokio_io::AsyncBufRead> tokio_io::AsyncBufRead for Tokio<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.poll_with(|io| io.poll_fill_buf(cx), waits)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.poll_with(|io| io.consume(amount), |()| false);
    }
}

impl<T: tokio_io::AsyncSeek> tokio_io::AsyncSeek for Tokio<T> {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        self.poll_with(|io| io.start_seek(position), |_| false)
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        self.poll_with(|io| io.poll_complete(cx), waits)
    }
}

impl<T: futures_io::AsyncRead> futures_io::AsyncRead for Tokio<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_with(|io| io.poll_read(cx, buf), waits)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(|io| io.poll_read_vectored(cx, bufs), waits)
    }
}

impl<T: futures_io::AsyncWrite> futures_io::AsyncWrite for Tokio<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_with(|io| io.poll_write(cx, buf), waits)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(|io| io.poll_write_vectored(cx, bufs), waits)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_with(|io| io.poll_flush(cx), waits)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_with(|io| io.poll_close(cx), waits)
    }
}
