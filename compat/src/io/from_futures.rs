//! What implements futures-io's traits, for tokio and hyper.

use std::io::{self, IoSliceMut, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
use pin_project_lite::pin_project;

use super::scratch::Scratch;
use super::wrapper;

pin_project! {
    /// A reader, writer or both of futures-io, that is also tokio's (feature `tokio-io`) and
    /// hyper's (feature `hyper`).
    ///
    /// futures-io reads into initialised memory only. Where the caller's is not, what was read is
    /// copied out of memory that was initialised once; nothing is zeroed at each poll, and no byte
    /// stays there.
    ///
    /// ```
    /// # #[cfg(feature = "tokio-io")] {
    /// # futures_lite::future::block_on(async {
    /// use loop_compat::io::FuturesIo;
    /// use tokio::io::{AsyncSeekExt, AsyncReadExt, AsyncWriteExt};
    ///
    /// let mut file = FuturesIo::new(futures_lite::io::Cursor::new(Vec::new()));
    /// file.write_all(b"Ciao EuroPython").await?;
    /// file.seek(std::io::SeekFrom::Start(5)).await?;
    /// let mut rest = String::new();
    /// file.read_to_string(&mut rest).await?;
    /// assert_eq!(rest, "EuroPython");
    /// assert_eq!(file.into_inner().into_inner(), b"Ciao EuroPython");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// # }
    /// ```
    #[derive(Debug)]
    // What only the features use stays without them, so that they change no type.
    #[cfg_attr(not(all(feature = "tokio-io", feature = "hyper")), allow(dead_code))]
    pub struct FuturesIo<T> {
        #[pin]
        inner: T,
        scratch: Scratch,
        // Where tokio asked to go.
        seek: Option<SeekFrom>,
    }
}

impl<T> FuturesIo<T> {
    /// Wraps it.
    pub fn new(inner: T) -> Self {
        FuturesIo { inner, scratch: Scratch::default(), seek: None }
    }
}

wrapper::access!(FuturesIo);

impl<T: AsyncRead> AsyncRead for FuturesIo<T> {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.project().inner.poll_read(cx, buf)
    }

    #[inline]
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_read_vectored(cx, bufs)
    }
}

impl<T: AsyncSeek> AsyncSeek for FuturesIo<T> {
    fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, to: SeekFrom) -> Poll<io::Result<u64>> {
        self.project().inner.poll_seek(cx, to)
    }
}

wrapper::write!(FuturesIo: AsyncWrite, poll_close, |_io| true => AsyncWrite, poll_close);
wrapper::buf_read!(FuturesIo: AsyncBufRead => AsyncBufRead);

#[cfg(feature = "tokio-io")]
const _: () = {
    impl<T: AsyncRead> tokio::io::AsyncRead for FuturesIo<T> {
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &mut tokio::io::ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let this = self.project();
            // A buffer that is used again and again is initialised soon.
            if buf.initialized().len() == buf.capacity() {
                let n = std::task::ready!(this.inner.poll_read(cx, buf.initialize_unfilled()))?;
                buf.advance(n);
                return Poll::Ready(Ok(()));
            }
            let read = this.scratch.poll(buf.remaining(), |memory| this.inner.poll_read(cx, memory));
            buf.put_slice(std::task::ready!(read)?);
            Poll::Ready(Ok(()))
        }
    }

    impl<T: AsyncSeek> tokio::io::AsyncSeek for FuturesIo<T> {
        fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
            let this = self.project();
            if this.seek.is_some() {
                return Err(io::Error::other("a seek is under way: wait for poll_complete before the next"));
            }
            *this.seek = Some(to);
            Ok(())
        }

        fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
            let this = self.project();
            // With none under way it tells the place.
            let result =
                std::task::ready!(this.inner.poll_seek(cx, this.seek.unwrap_or(SeekFrom::Current(0))));
            *this.seek = None;
            Poll::Ready(result)
        }
    }

    // futures-io does not tell whether it is: then it is.
    wrapper::write!(FuturesIo: AsyncWrite, poll_close, |_io| true => tokio::io::AsyncWrite, poll_shutdown, is_write_vectored);
    wrapper::buf_read!(FuturesIo: AsyncBufRead => tokio::io::AsyncBufRead);
};

#[cfg(feature = "hyper")]
const _: () = {
    impl<T: AsyncRead> hyper::rt::Read for FuturesIo<T> {
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            mut buf: hyper::rt::ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            let this = self.project();
            let read = this.scratch.poll(buf.remaining(), |memory| this.inner.poll_read(cx, memory));
            buf.put_slice(std::task::ready!(read)?);
            Poll::Ready(Ok(()))
        }
    }

    wrapper::write!(FuturesIo: AsyncWrite, poll_close, |_io| true => hyper::rt::Write, poll_shutdown, is_write_vectored);
};
