//! What TCP and unix streams have in common, written once.

/// Defines a stream's halves, and the traits and methods of the stream and them. The stream itself
/// is defined by the caller.
macro_rules! stream {
    (
        $what:literal, $addr:ty, $of:path;
        $name:ident $enum:ident
        $read:ident $read_enum:ident
        $write:ident $write_enum:ident
        $owned_read:ident $owned_read_enum:ident
        $owned_write:ident $owned_write_enum:ident
    ) => {
        $crate::any::opaque!([] $name, $enum);
        $crate::any::async_read!([] $name, $enum);
        $crate::any::async_write!([] $name, $enum);
        $crate::any::socket!([] $name, $enum);
        $crate::any::descriptor!($name);
        $crate::net::readiness::readiness!($name);
        $crate::net::readiness::poll_readiness!($name, poll_read_ready, poll_write_ready);
        $crate::net::readiness::try_reads!([] $name);
        $crate::net::readiness::try_writes!([] $name);

        impl AsRef<$name> for $name {
            fn as_ref(&self) -> &$name {
                self
            }
        }

        $crate::any::forward! {
            impl Stream for $name, $enum {
                type ReadHalf<'a> = $read<'a>;
                type WriteHalf<'a> = $write<'a>;
                type OwnedReadHalf = $owned_read;
                type OwnedWriteHalf = $owned_write;

                fn split(&mut self) -> ($read<'_>, $write<'_>) {
                    $name::split(self)
                }

                fn into_split(self) -> ($owned_read, $owned_write) {
                    $name::into_split(self)
                }

                fn reunite(read: $owned_read, write: $owned_write) -> Result<Self, ($owned_read, $owned_write)> {
                    read.reunite(write).map_err(|ReuniteError(read, write)| (read, write))
                }

                fn shutdown(&self, how: Shutdown) -> io::Result<()> {
                    self.shutdown_now(how)
                }
            }
            fn {
                /// Reads what is there, without waiting; zero is the end.
                ///
                /// # Errors
                ///
                /// `WouldBlock` if nothing is there yet, or the loop has not looked: wait by
                /// `readable`.
                try_read(&self, buf: &mut [u8]) -> io::Result<usize>;
                /// Writes what fits into the send buffer, without waiting.
                ///
                /// # Errors
                ///
                /// `WouldBlock` if the send buffer is full, or the loop has not looked: wait by
                /// `writable`.
                try_write(&self, buf: &[u8]) -> io::Result<usize>;
                /// Takes the error that waits on the socket, if one does.
                ///
                /// # Errors
                ///
                /// Any error of `getsockopt(2)` itself.
                take_error(&self) -> io::Result<Option<io::Error>>;
            }
            async fn {
                /// Waits until something can be read, the peer has closed, or there is an error to
                /// be read. Cancel safe.
                ///
                /// # Errors
                ///
                /// That the loop is closed.
                readable(&self) -> io::Result<()>;
                /// Waits until something can be written, or there is an error to be read. Cancel
                /// safe.
                ///
                /// # Errors
                ///
                /// That the loop is closed.
                writable(&self) -> io::Result<()>;
            }
        }

        impl $name {
            /// Borrows the two directions, without cost. Dropping the halves does nothing: see
            /// [`into_split`](Self::into_split) for what two tasks can have.
            pub fn split(&mut self) -> ($read<'_>, $write<'_>) {
                each!($enum => $read_enum as r, $write_enum as w; &mut self.0, s => {
                    let (read, write) = Stream::split(s);
                    ($read(r(read)), $write(w(write)))
                })
            }

            /// Parts the two directions, so that two tasks can have them. Dropping the writing half
            /// sends FIN; the socket is closed when both are dropped.
            /// [`reunite`](OwnedReadHalf::reunite) joins them again.
            pub fn into_split(self) -> ($owned_read, $owned_write) {
                each!($enum => $owned_read_enum as r, $owned_write_enum as w; self.0, s => {
                    let (read, write) = Stream::into_split(s);
                    ($owned_read(r(read)), $owned_write(w(write)))
                })
            }

            /// Closes one direction or both, at once. To close the writing direction after what was
            /// written, use [`AsyncWriteExt::shutdown`](crate::io::AsyncWriteExt::shutdown).
            ///
            /// # Errors
            ///
            /// `NotConnected`, or any other error of `shutdown(2)`.
            pub fn shutdown_now(&self, how: Shutdown) -> io::Result<()> {
                each!($enum; &self.0, s => Stream::shutdown(s, how))
            }
        }

        #[doc = concat!("The reading half of ", $what, ", borrowed.")]
        pub struct $read<'a>(pub(crate) $crate::any::$read_enum<'a>);
        $crate::any::opaque!([<'a>] $read<'a>, $read_enum);
        $crate::any::async_read!([<'a>] $read<'a>, $read_enum);
        $crate::any::socket!([<'a>] $read<'a>, $read_enum);
        $crate::net::readiness::read_half!([<'a>] $read<'a>, $addr, $of);

        #[doc = concat!("The writing half of ", $what, ", borrowed. Closing it sends FIN; dropping it does not.")]
        pub struct $write<'a>(pub(crate) $crate::any::$write_enum<'a>);
        $crate::any::opaque!([<'a>] $write<'a>, $write_enum);
        $crate::any::async_write!([<'a>] $write<'a>, $write_enum);
        $crate::any::socket!([<'a>] $write<'a>, $write_enum);
        $crate::net::readiness::write_half!([<'a>] $write<'a>, $addr, $of);

        #[doc = concat!("The reading half of ", $what, ", owned.")]
        pub struct $owned_read(pub(crate) $crate::any::$owned_read_enum);
        $crate::any::opaque!([] $owned_read, $owned_read_enum);
        $crate::any::async_read!([] $owned_read, $owned_read_enum);
        $crate::any::socket!([] $owned_read, $owned_read_enum);
        $crate::net::readiness::read_half!([] $owned_read, $addr, $of);

        #[doc = concat!("The writing half of ", $what, ", owned. Dropping it sends FIN.")]
        pub struct $owned_write(pub(crate) $crate::any::$owned_write_enum);
        $crate::any::opaque!([] $owned_write, $owned_write_enum);
        $crate::any::async_write!([] $owned_write, $owned_write_enum);
        $crate::any::socket!([] $owned_write, $owned_write_enum);
        $crate::net::readiness::write_half!([] $owned_write, $addr, $of);

        impl $owned_read {
            /// Joins the halves of one stream.
            ///
            /// # Errors
            ///
            /// [`ReuniteError`], with the halves in it, if they are not of one stream.
            pub fn reunite(self, write: $owned_write) -> Result<$name, ReuniteError> {
                pair!(
                    ($owned_read_enum as r, $owned_write_enum as w) => $enum as s;
                    (self.0, write.0), (read, write) => match Stream::reunite(read, write) {
                        Ok(stream) => Ok($name(s(stream))),
                        Err((read, write)) => Err(ReuniteError($owned_read(r(read)), $owned_write(w(write)))),
                    },
                    else (read, write) => Err(ReuniteError($owned_read(read), $owned_write(write)))
                )
            }
        }

        impl loop_api::net::OwnedWriteHalf for $owned_write {
            fn forget(self) {
                $owned_write::forget(self);
            }
        }

        impl $owned_write {
            /// Drops this half without sending FIN: the connection is closed with the reading
            /// half.
            pub fn forget(self) {
                each!($owned_write_enum; self.0, half => loop_api::net::OwnedWriteHalf::forget(half));
            }

            /// As the reading half's `reunite`.
            ///
            /// # Errors
            ///
            /// [`ReuniteError`], with the halves in it, if they are not of one stream.
            pub fn reunite(self, read: $owned_read) -> Result<$name, ReuniteError> {
                read.reunite(self)
            }
        }

        /// The halves are not of one stream. Both are given back.
        #[derive(Debug)]
        pub struct ReuniteError(pub $owned_read, pub $owned_write);

        impl fmt::Display for ReuniteError {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the halves are not of one stream: keep those that one into_split gave together")
            }
        }

        impl std::error::Error for ReuniteError {}
    };
}
pub(crate) use stream;
