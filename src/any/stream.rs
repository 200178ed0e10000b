//! futures-io and tokio's I/O traits over the enums.

/// futures-io's and tokio's `AsyncRead` for a public type over an enum of [`any`](crate::any).
macro_rules! async_read {
    ([$($generics:tt)*] $name:ty, $enum:ident) => {
        impl $($generics)* futures_io::AsyncRead for $name {
            #[inline]
            fn poll_read(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                $crate::any::each!($enum; &mut self.0, io => $crate::any::dispatch::poll_read(io, cx, buf))
            }

            #[inline]
            fn poll_read_vectored(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                $crate::any::each!($enum; &mut self.0, io => $crate::any::dispatch::poll_read_vectored(io, cx, bufs))
            }
        }

        impl $($generics)* loop_api::io::AsyncReadUninit for $name {
            #[inline]
            fn poll_read_uninit(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: loop_api::io::ReadCursor<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                $crate::any::each!($enum; &mut self.0, io => $crate::any::dispatch::poll_read_uninit(io, cx, buf))
            }
        }

        impl $($generics)* tokio::io::AsyncRead for $name {
            #[inline(always)]
            fn poll_read(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                match &mut self.0 {
                    // These two in their place: it is so little that a call more would be felt.
                    #[cfg(feature = "tokio")]
                    $crate::any::$enum::Tokio(io) => tokio::io::AsyncRead::poll_read(std::pin::Pin::new(io), cx, buf),
                    #[cfg(feature = "native")]
                    $crate::any::$enum::Native(io) => {
                        use $crate::io::foreign::uninit::ReadTokio as _;
                        std::pin::Pin::new(io).poll_read_tokio(cx, buf)
                    }
                    #[allow(unreachable_patterns)]
                    other => {
                        $crate::any::each!($enum; other, io => $crate::any::dispatch::poll_read_tokio(io, cx, buf))
                    }
                }
            }
        }

        $crate::io::impl_hyper_read!([$($generics)*] $name);
    };
}
pub(crate) use async_read;

/// `AsyncWrite`, likewise.
macro_rules! async_write {
    ([$($generics:tt)*] $name:ty, $enum:ident) => {
        impl $($generics)* futures_io::AsyncWrite for $name {
            #[inline(always)]
            fn poll_write(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                match &mut self.0 {
                    // As in `async_read`.
                    #[cfg(feature = "native")]
                    $crate::any::$enum::Native(io) => std::pin::Pin::new(io).poll_write(cx, buf),
                    #[cfg(feature = "tokio")]
                    $crate::any::$enum::Tokio(io) => std::pin::Pin::new(io).poll_write(cx, buf),
                    #[allow(unreachable_patterns)]
                    other => $crate::any::each!($enum; other, io => $crate::any::dispatch::poll_write(io, cx, buf)),
                }
            }

            #[inline]
            fn poll_write_vectored(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                $crate::any::each!($enum; &mut self.0, io => $crate::any::dispatch::poll_write_vectored(io, cx, bufs))
            }

            #[inline]
            fn poll_flush(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                $crate::any::each!($enum; &mut self.0, io => $crate::any::dispatch::poll_flush(io, cx))
            }

            #[inline]
            fn poll_close(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                $crate::any::each!($enum; &mut self.0, io => $crate::any::dispatch::poll_close(io, cx))
            }
        }

        $crate::io::impl_tokio_write!([$($generics)*] $name);
    };
}
pub(crate) use async_write;
