//! What implements hyper's I/O traits, for futures-io and tokio.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use loop_api::io::{AsyncReadUninit, ReadCursor};
use pin_project_lite::pin_project;

use super::{uninit, wrapper};

pin_project! {
    /// A reader, writer or both of hyper's, such as an upgraded connection, that is also
    /// futures-io's and (feature `tokio-io`) tokio's.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use futures_lite::io::{AsyncReadExt, Cursor};
    /// use loop_compat::io::{FuturesIo, HyperIo};
    ///
    /// # let upgraded = FuturesIo::new(Cursor::new(b"after the upgrade"));
    /// // `upgraded` is `hyper::upgrade::Upgraded`, or another of hyper's.
    /// let mut stream = HyperIo::new(upgraded);
    /// let mut heard = String::new();
    /// stream.read_to_string(&mut heard).await?;
    /// assert_eq!(heard, "after the upgrade");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct HyperIo<T> {
        #[pin]
        inner: T,
    }
}

impl<T> HyperIo<T> {
    /// Wraps it.
    pub fn new(inner: T) -> Self {
        HyperIo { inner }
    }
}

wrapper::access!(HyperIo);

impl<T: Read> Read for HyperIo<T> {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_read(cx, buf)
    }
}

wrapper::write!(HyperIo: Write, poll_shutdown, |io| io.is_write_vectored() => Write, poll_shutdown, is_write_vectored);

impl<T: Read> futures_io::AsyncRead for HyperIo<T> {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(self.project().inner.poll_read(cx, buf.unfilled()))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: Read> AsyncReadUninit for HyperIo<T> {
    #[inline]
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        uninit::by_hyper(self.project().inner, cx, buf)
    }
}

wrapper::write!(HyperIo: Write, poll_shutdown, |_io| true => futures_io::AsyncWrite, poll_close);

#[cfg(feature = "tokio-io")]
const _: () = {
    impl<T: Read> tokio::io::AsyncRead for HyperIo<T> {
        #[inline]
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &mut tokio::io::ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            uninit::into_tokio(buf, |cursor| uninit::by_hyper(self.project().inner, cx, cursor))
        }
    }

    wrapper::write!(HyperIo: Write, poll_shutdown, |io| io.is_write_vectored() => tokio::io::AsyncWrite, poll_shutdown, is_write_vectored);
};
