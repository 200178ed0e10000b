//! tokio's and hyper's traits, by way of futures-io's.

use std::io::{self, IoSlice, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::Handle;
use loop_api::io::AsyncReadUninit;

use super::Unblock;
use crate::io::uninit;

macro_rules! write {
    ($trait:path) => {
        impl<H: Handle, T: Write + Send + 'static> $trait for Unblock<H, T> {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                futures_io::AsyncWrite::poll_write(self, cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                futures_io::AsyncWrite::poll_write_vectored(self, cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                futures_io::AsyncWrite::poll_flush(self, cx)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                futures_io::AsyncWrite::poll_close(self, cx)
            }
        }
    };
}

#[cfg(feature = "tokio-io")]
const _: () = {
    write!(tokio::io::AsyncWrite);

    impl<H: Handle, T: Read + Send + 'static> tokio::io::AsyncRead for Unblock<H, T> {
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &mut tokio::io::ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            uninit::into_tokio(buf, |cursor| self.poll_read_uninit(cx, cursor))
        }
    }

    impl<H: Handle, T: Read + Send + 'static> tokio::io::AsyncBufRead for Unblock<H, T> {
        fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
            futures_io::AsyncBufRead::poll_fill_buf(self, cx)
        }

        fn consume(self: Pin<&mut Self>, amount: usize) {
            futures_io::AsyncBufRead::consume(self, amount);
        }
    }
};

#[cfg(feature = "hyper")]
const _: () = {
    write!(hyper::rt::Write);

    impl<H: Handle, T: Read + Send + 'static> hyper::rt::Read for Unblock<H, T> {
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: hyper::rt::ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            uninit::into_hyper(buf, |cursor| self.poll_read_uninit(cx, cursor))
        }
    }
};
