//! The traits of other crates: tokio's I/O traits for writing and, if asked for, hyper's on our own
//! streams, which are written as futures-io's.

pub(crate) mod uninit;

/// `hyper::rt::Read`, if the feature asks, for what is `AsyncReadUninit`.
macro_rules! impl_hyper_read {
    ([$($generics:tt)*] $name:ty $(where $($bounds:tt)*)?) => {
        #[cfg(feature = "hyper")]
        impl $($generics)* hyper::rt::Read for $name $(where $($bounds)*)? {
            #[inline]
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: hyper::rt::ReadBufCursor<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                $crate::io::foreign::uninit::read_hyper(self, cx, buf)
            }
        }
    };
}
pub(crate) use impl_hyper_read;

/// `tokio::io::AsyncWrite` and `hyper::rt::Write`, likewise, for what is futures-io's. Their
/// methods are the same.
macro_rules! impl_tokio_write {
    ([$($generics:tt)*] $name:ty $(where $($bounds:tt)*)?) => {
        $crate::io::foreign::impl_tokio_write!(@ (tokio::io::AsyncWrite) [$($generics)*] $name $(where $($bounds)*)?);
        #[cfg(feature = "hyper")]
        $crate::io::foreign::impl_tokio_write!(@ (hyper::rt::Write) [$($generics)*] $name $(where $($bounds)*)?);
    };
    (@ ($trait:path) [$($generics:tt)*] $name:ty $(where $($bounds:tt)*)?) => {
        impl $($generics)* $trait for $name $(where $($bounds)*)? {
            #[inline(always)]
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                futures_io::AsyncWrite::poll_write(self, cx, buf)
            }

            #[inline]
            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                futures_io::AsyncWrite::poll_write_vectored(self, cx, bufs)
            }

            #[inline]
            fn is_write_vectored(&self) -> bool {
                true
            }

            #[inline]
            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                futures_io::AsyncWrite::poll_flush(self, cx)
            }

            #[inline]
            fn poll_shutdown(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                futures_io::AsyncWrite::poll_close(self, cx)
            }
        }
    };
}
pub(crate) use impl_tokio_write;

/// futures-io's and tokio's `AsyncRead` for a newtype of what has both.
#[cfg(any(unix, feature = "process"))]
macro_rules! impl_inner_read {
    ($name:ty) => {
        impl futures_io::AsyncRead for $name {
            fn poll_read(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                futures_io::AsyncRead::poll_read(std::pin::Pin::new(&mut self.0), cx, buf)
            }
        }

        impl tokio::io::AsyncRead for $name {
            fn poll_read(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                tokio::io::AsyncRead::poll_read(std::pin::Pin::new(&mut self.0), cx, buf)
            }
        }
    };
}
#[cfg(any(unix, feature = "process"))]
pub(crate) use impl_inner_read;
