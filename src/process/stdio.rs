//! A child's pipes as streams.

use std::io;
use std::pin::Pin;
use std::process::{self, Stdio};
use std::task::{Context, Poll};

use super::sys::{self, Pipe};

macro_rules! pipe {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name(Pipe);

        impl $name {
            /// Takes over a pipe of the standard library's child.
            ///
            /// # Errors
            ///
            /// Any error of registering it with the loop's poller;
            /// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
            pub fn from_std(inner: process::$name) -> io::Result<Self> {
                sys::open(inner.into()).map($name)
            }

            /// Gives the descriptor, blocking, such as for another child.
            ///
            /// # Errors
            ///
            /// Any error of taking it off the loop's poller.
            #[cfg(unix)]
            pub fn into_owned_fd(self) -> io::Result<std::os::fd::OwnedFd> {
                sys::into_owned(self.0)
            }

            /// Gives a duplicate of the handle, such as for another child. What was read ahead is
            /// lost.
            ///
            /// # Errors
            ///
            /// Any error of `DuplicateHandle`.
            #[cfg(windows)]
            pub fn into_owned_handle(self) -> io::Result<std::os::windows::io::OwnedHandle> {
                sys::into_owned(self.0)
            }
        }

        impl TryFrom<$name> for Stdio {
            type Error = io::Error;

            fn try_from(pipe: $name) -> io::Result<Stdio> {
                sys::into_owned(pipe.0).map(Stdio::from)
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsFd for $name {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.0.get_ref().as_fd()
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsRawFd for $name {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.0.get_ref().as_raw_fd()
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsHandle for $name {
            fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
                self.0.get_ref().as_handle()
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsRawHandle for $name {
            fn as_raw_handle(&self) -> std::os::windows::io::RawHandle {
                self.0.get_ref().as_raw_handle()
            }
        }
    };
}

pipe! {
    /// A child's standard input. What is written goes into the pipe at once; closing or dropping it
    /// is the end that the child reads. (Closing alone is not, as in tokio: drop it.)
    ChildStdin
}
pipe! {
    /// A child's standard output.
    ChildStdout
}
pipe! {
    /// A child's standard error.
    ChildStderr
}
crate::io::impl_inner_read!(ChildStdout);
crate::io::impl_inner_read!(ChildStderr);

impl futures_io::AsyncWrite for ChildStdin {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        futures_io::AsyncWrite::poll_write(Pin::new(&mut self.0), cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        futures_io::AsyncWrite::poll_write_vectored(Pin::new(&mut self.0), cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        futures_io::AsyncWrite::poll_flush(Pin::new(&mut self.0), cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        futures_io::AsyncWrite::poll_close(Pin::new(&mut self.0), cx)
    }
}

crate::io::impl_tokio_write!([] ChildStdin);
