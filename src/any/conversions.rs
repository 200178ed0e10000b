//! Conversions to and from a backend's own sockets. They are in this folder because the conditions on
//! backends are.

/// From one of our types to the backend's own, and back: for tokio's `TcpStream`
/// `fn into_tokio(self) -> Result<tokio::net::TcpStream, Self>` and `From<tokio::net::TcpStream>`.
#[allow(unused_macros)]
macro_rules! conversion {
    ($feature:literal $variant:ident: $name:ty, $enum:ident, $inner:ty, $wrapper:ty, $into:ident, $whose:literal) => {
        #[cfg(feature = $feature)]
        impl $name {
            #[doc = concat!("The ", $whose, " inside, if this is of that backend.")]
            ///
            /// # Errors
            ///
            /// The socket as it was, if it is of another backend.
            ///
            /// ```
            /// # #[cfg(all(feature = "tokio", feature = "smol"))]
            /// # fn main() -> std::io::Result<()> {
            /// use anyloop::net::TcpListener;
            /// use anyloop::runtime::{Backend, Builder};
            ///
            /// Builder::new().backend(Backend::Tokio).build()?.block_on(async {
            ///     let listener = TcpListener::bind("127.0.0.1:0").await?;
            ///     // It is tokio's: the conversion to another backend's gives it back.
            ///     let listener = listener.into_async_io().unwrap_err();
            ///     let theirs: tokio::net::TcpListener = listener.into_tokio().unwrap();
            ///     let ours = TcpListener::from(theirs);
            ///     assert_ne!(ours.local_addr()?.port(), 0);
            ///     Ok(())
            /// })
            /// # }
            /// # #[cfg(not(all(feature = "tokio", feature = "smol")))]
            /// # fn main() {}
            /// ```
            pub fn $into(self) -> Result<$inner, Self> {
                match self.0 {
                    crate::any::$enum::$variant(wrapper) => Ok(wrapper.into_inner()),
                    #[allow(unreachable_patterns)]
                    other => Err(Self(other)),
                }
            }
        }

        #[cfg(feature = $feature)]
        impl From<$inner> for $name {
            fn from(inner: $inner) -> Self {
                Self(crate::any::$enum::$variant(<$wrapper>::from(inner)))
            }
        }
    };
}

macro_rules! conversions {
    ($($name:ident $std:path;)*) => {$(
        conversion!("tokio" Tokio: crate::net::$name, $name, tokio::net::$name, loop_tokio::net::$name, into_tokio, "tokio socket");
        conversion!("smol" Smol: crate::net::$name, $name, async_io::Async<$std>, loop_smol::net::$name, into_async_io, "async-io socket");
    )*};
}

conversions! {
    TcpStream std::net::TcpStream;
    TcpListener std::net::TcpListener;
    UdpSocket std::net::UdpSocket;
}

#[cfg(unix)]
conversions! {
    UnixStream std::os::unix::net::UnixStream;
    UnixListener std::os::unix::net::UnixListener;
    UnixDatagram std::os::unix::net::UnixDatagram;
}
