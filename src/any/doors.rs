//! The doors to a backend's own sockets, for those who must have them. They are here because only here is it known which backends
//! there are.

/// From one of our types to the backend's own, and back.
#[allow(unused_macros)]
macro_rules! door {
    ($feature:literal $arm:ident: $name:ty, $enum:ident, $inner:ty, $coat:ty, $into:ident, $whose:literal) => {
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
            ///     // It is tokio's: the other door gives it back.
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
                    crate::any::$enum::$arm(coat) => Ok(coat.into_inner()),
                    #[allow(unreachable_patterns)]
                    other => Err(Self(other)),
                }
            }
        }

        #[cfg(feature = $feature)]
        impl From<$inner> for $name {
            fn from(inner: $inner) -> Self {
                Self(crate::any::$enum::$arm(<$coat>::from(inner)))
            }
        }
    };
}

macro_rules! doors {
    ($($name:ident $std:path;)*) => {$(
        door!("tokio" Tokio: crate::net::$name, $name, tokio::net::$name, loop_tokio::net::$name, into_tokio, "tokio socket");
        door!("smol" Smol: crate::net::$name, $name, async_io::Async<$std>, loop_smol::net::$name, into_async_io, "async-io socket");
    )*};
}

doors! {
    TcpStream std::net::TcpStream;
    TcpListener std::net::TcpListener;
    UdpSocket std::net::UdpSocket;
}

#[cfg(unix)]
doors! {
    UnixStream std::os::unix::net::UnixStream;
    UnixListener std::os::unix::net::UnixListener;
    UnixDatagram std::os::unix::net::UnixDatagram;
}
