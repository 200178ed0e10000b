//! `.compat()`, with the names that tokio-util's users know.

use super::FuturesIo;
#[cfg(feature = "hyper")]
use super::HyperIo;
#[cfg(feature = "tokio-io")]
use super::TokioIo;

macro_rules! ext {
    ($(#[$condition:meta])* $name:ident: $trait:path, $method:ident -> $wrapper:ident, $what:literal) => {
        #[doc = concat!("`.", stringify!($method), "()` on whatever is ", $what, ".")]
        $(#[$condition])*
        pub trait $name: $trait {
            /// Wraps it, so that it implements the others' traits too.
            fn $method(self) -> $wrapper<Self>
            where
                Self: Sized,
            {
                $wrapper::new(self)
            }
        }
        $(#[$condition])*
        impl<T: $trait> $name for T {}
    };
}

ext!(FuturesAsyncReadCompatExt: futures_io::AsyncRead, compat -> FuturesIo, "a reader of futures-io");
ext!(FuturesAsyncWriteCompatExt: futures_io::AsyncWrite, compat_write -> FuturesIo, "a writer of futures-io");
ext!(#[cfg(feature = "tokio-io")] TokioAsyncReadCompatExt: tokio::io::AsyncRead, compat -> TokioIo, "a reader of tokio's");
ext!(#[cfg(feature = "tokio-io")] TokioAsyncWriteCompatExt: tokio::io::AsyncWrite, compat_write -> TokioIo, "a writer of tokio's");
ext!(#[cfg(feature = "hyper")] HyperReadCompatExt: hyper::rt::Read, compat -> HyperIo, "a reader of hyper's");
ext!(#[cfg(feature = "hyper")] HyperWriteCompatExt: hyper::rt::Write, compat_write -> HyperIo, "a writer of hyper's");
