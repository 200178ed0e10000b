//! What the wrappers have in common.

/// The accessors of what is inside. The field is `inner`, pinned.
macro_rules! access {
    ($name:ident) => {
        impl<T> $name<T> {
            /// What is inside.
            pub fn get_ref(&self) -> &T {
                &self.inner
            }

            /// What is inside. Nothing is buffered here, so that it may be read and written
            /// directly too.
            pub fn get_mut(&mut self) -> &mut T {
                &mut self.inner
            }

            /// What is inside, pinned.
            pub fn get_pin_mut(self: std::pin::Pin<&mut Self>) -> std::pin::Pin<&mut T> {
                self.project().inner
            }

            /// Takes the wrapper off. No byte is in it.
            pub fn into_inner(self) -> T {
                self.inner
            }
        }
    };
}
pub(super) use access;

/// A writer's trait, by that of what is inside:
/// `write!(Wrapper: theirs, their_close, |inner| is_vectored => futures_io::AsyncWrite, poll_close)`;
/// with `is_write_vectored` besides for tokio's and hyper's.
macro_rules! write {
    ($name:ident: $inner:path, $inner_close:ident, |$io:ident| $vectored:expr => $trait:path, $close:ident $(, $is:ident)?) => {
        impl<T: $inner> $trait for $name<T> {
            #[inline]
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                <T as $inner>::poll_write(self.project().inner, cx, buf)
            }

            #[inline]
            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                <T as $inner>::poll_write_vectored(self.project().inner, cx, bufs)
            }

            $(
                #[inline]
                fn $is(&self) -> bool {
                    let $io = &self.inner;
                    $vectored
                }
            )?

            #[inline]
            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                <T as $inner>::poll_flush(self.project().inner, cx)
            }

            #[inline]
            fn $close(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                <T as $inner>::$inner_close(self.project().inner, cx)
            }
        }
    };
}
pub(super) use write;

/// A buffered reader's trait, by that of what is inside.
macro_rules! buf_read {
    ($name:ident: $inner:path => $trait:path) => {
        impl<T: $inner> $trait for $name<T> {
            #[inline]
            fn poll_fill_buf(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<&[u8]>> {
                <T as $inner>::poll_fill_buf(self.project().inner, cx)
            }

            #[inline]
            fn consume(self: std::pin::Pin<&mut Self>, amount: usize) {
                <T as $inner>::consume(self.project().inner, amount);
            }
        }
    };
}
pub(super) use buf_read;
