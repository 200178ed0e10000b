//! What implements tokio's I/O traits, for futures-io and hyper.

use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use loop_api::io::{AsyncReadUninit, ReadCursor};
use pin_project_lite::pin_project;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use super::{uninit, wrapper};

pin_project! {
    /// A reader, writer or both of tokio's, that is also futures-io's and (feature `hyper`)
    /// hyper's. It starts no runtime: a socket of tokio's still needs the one that it was made on.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use futures_lite::io::{AsyncReadExt, AsyncWriteExt};
    /// use loop_compat::io::TokioIo;
    ///
    /// let (here, there) = tokio::io::duplex(64);
    /// let (mut here, mut there) = (TokioIo::new(here), TokioIo::new(there));
    /// here.write_all(b"ciao").await?;
    /// here.close().await?;
    /// let mut heard = String::new();
    /// there.read_to_string(&mut heard).await?;
    /// assert_eq!(heard, "ciao");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct TokioIo<T> {
        #[pin]
        inner: T,
        // Where it was told to go.
        seek: Option<SeekFrom>,
    }
}

impl<T> TokioIo<T> {
    /// Wraps it.
    pub fn new(inner: T) -> Self {
        TokioIo { inner, seek: None }
    }
}

wrapper::access!(TokioIo);

impl<T: AsyncRead> AsyncRead for TokioIo<T> {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_read(cx, buf)
    }
}

impl<T: AsyncSeek> AsyncSeek for TokioIo<T> {
    fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        self.project().inner.start_seek(to)
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        self.project().inner.poll_complete(cx)
    }
}

wrapper::write!(TokioIo: AsyncWrite, poll_shutdown, |io| io.is_write_vectored() => AsyncWrite, poll_shutdown, is_write_vectored);
wrapper::buf_read!(TokioIo: AsyncBufRead => AsyncBufRead);

impl<T: AsyncRead> futures_io::AsyncRead for TokioIo<T> {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(self.project().inner.poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: AsyncRead> AsyncReadUninit for TokioIo<T> {
    #[inline]
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        uninit::by_tokio(self.project().inner, cx, buf)
    }
}

impl<T: AsyncSeek> futures_io::AsyncSeek for TokioIo<T> {
    fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, to: SeekFrom) -> Poll<io::Result<u64>> {
        let mut this = self.project();
        if *this.seek != Some(to) {
            // tokio wants what is under way to end before a seek begins.
            ready!(this.inner.as_mut().poll_complete(cx))?;
            this.inner.as_mut().start_seek(to)?;
            *this.seek = Some(to);
        }
        let result = ready!(this.inner.poll_complete(cx));
        *this.seek = None;
        Poll::Ready(result)
    }
}

wrapper::write!(TokioIo: AsyncWrite, poll_shutdown, |_io| true => futures_io::AsyncWrite, poll_close);
wrapper::buf_read!(TokioIo: AsyncBufRead => futures_io::AsyncBufRead);

#[cfg(feature = "hyper")]
const _: () = {
    impl<T: AsyncRead> hyper::rt::Read for TokioIo<T> {
        #[inline]
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: hyper::rt::ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            uninit::into_hyper(buf, |cursor| uninit::by_tokio(self.project().inner, cx, cursor))
        }
    }

    wrapper::write!(TokioIo: AsyncWrite, poll_shutdown, |io| io.is_write_vectored() => hyper::rt::Write, poll_shutdown, is_write_vectored);
};
