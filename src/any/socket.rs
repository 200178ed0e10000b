//! What lies under a socket, over the enums.

/// The contract's `Socket` for a public type over an enum of [`any`](crate::any).
macro_rules! socket {
    ([$($generics:tt)*] $name:ty, $enum:ident) => {
        impl $($generics)* loop_api::net::Socket for $name {
            fn poll_ready(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: loop_api::io::Interest,
            ) -> std::task::Poll<std::io::Result<()>> {
                $crate::any::each!($enum; &self.0, s => loop_api::net::Socket::poll_ready(s, cx, interest))
            }

            async fn ready(&self, interest: loop_api::io::Interest) -> std::io::Result<()> {
                $crate::any::each!($enum; &self.0, s => loop_api::net::Socket::ready(s, interest).await)
            }

            fn poll_io<R>(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: loop_api::io::Interest,
                op: impl FnMut(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::task::Poll<std::io::Result<R>> {
                $crate::any::each!($enum; &self.0, s => loop_api::net::Socket::poll_io(s, cx, interest, op))
            }

            fn try_io<R>(
                &self,
                interest: loop_api::io::Interest,
                op: impl FnOnce(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                $crate::any::each!($enum; &self.0, s => loop_api::net::Socket::try_io(s, interest, op))
            }

            fn descriptor(&self) -> Option<loop_api::net::Descriptor<'_>> {
                $crate::any::each!($enum; &self.0, s => loop_api::net::Socket::descriptor(s))
            }

            fn with_std<R>(
                &self,
                f: impl FnOnce(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                $crate::any::each!($enum; &self.0, s => loop_api::net::Socket::with_std(s, f))
            }
        }

        impl $($generics)* $name {
            /// Calls `f` with the system's socket, borrowed, for what this type has no method for:
            /// options, credentials, ancillary data. To change how it blocks is at one's own risk.
            ///
            /// # Errors
            ///
            /// `Unsupported` on a network that has no system sockets; those of `f`.
            ///
            /// ```
            /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
            /// # anyloop::runtime::Runtime::new()?.block_on(async {
            /// let socket = anyloop::net::UdpSocket::bind("127.0.0.1:0").await?;
            /// socket.with_std(|socket| socket.set_recv_buffer_size(64 * 1024))?;
            /// # std::io::Result::Ok(())
            /// # })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn with_std<R>(
                &self,
                f: impl FnOnce(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                loop_api::net::Socket::with_std(self, f)
            }
        }
    };
}
pub(crate) use socket;

/// The system's socket of one of the public types, by the traits of the standard library:
/// `descriptor!(TcpStream)`.
macro_rules! descriptor {
    ($name:ty) => {
        /// # Panics
        ///
        /// On a network that has no descriptors, as a simulated one; `with_std` gives an error.
        #[cfg(unix)]
        impl std::os::fd::AsFd for $name {
            #[track_caller]
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                $crate::any::borrow_descriptor(self)
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsRawFd for $name {
            #[track_caller]
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                std::os::fd::AsRawFd::as_raw_fd(&$crate::any::borrow_descriptor(self))
            }
        }

        /// # Panics
        ///
        /// On a network that has no descriptors, as a simulated one; `with_std` gives an error.
        #[cfg(windows)]
        impl std::os::windows::io::AsSocket for $name {
            #[track_caller]
            fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
                $crate::any::borrow_descriptor(self)
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsRawSocket for $name {
            #[track_caller]
            fn as_raw_socket(&self) -> std::os::windows::io::RawSocket {
                std::os::windows::io::AsRawSocket::as_raw_socket(&$crate::any::borrow_descriptor(self))
            }
        }
    };
}
pub(crate) use descriptor;

#[track_caller]
pub(crate) fn borrow_descriptor(socket: &impl loop_api::net::Socket) -> loop_api::net::Descriptor<'_> {
    match socket.descriptor() {
        Some(descriptor) => descriptor,
        None => panic!(
            "this loop's network has no descriptors: use the socket's own methods, or `with_std`, which gives an error"
        ),
    }
}
