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
