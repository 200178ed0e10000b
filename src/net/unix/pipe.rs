//! Pipes of unix, named and not.
//!
//! ```
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use anyloop::io::{AsyncReadExt, AsyncWriteExt};
//! use anyloop::net::unix::pipe;
//!
//! let (mut sender, mut receiver) = pipe::pipe()?;
//! sender.write_all(b"ciao").await?;
//! drop(sender);
//! let mut text = String::new();
//! receiver.read_to_string(&mut text).await?;
//! assert_eq!(text, "ciao");
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use loop_api::io::Interest;
use loop_toolkit::pipe::{access, nonblocking_flag, pair};
use loop_toolkit::socket::is_ready;

use crate::io::{Async, Source};

/// A pipe, which has no name.
///
/// # Errors
///
/// Any error of `pipe(2)`, such as `EMFILE` when descriptors are exhausted, or of adding it to the
/// loop's poller; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (read, write) = pair()?;
    Ok((Sender::from_owned_fd_unchecked(write)?, Receiver::from_owned_fd_unchecked(read)?))
}

/// How a named pipe (a FIFO) is opened. Opening does not wait for the other side.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    read_write: bool,
    unchecked: bool,
}

impl OpenOptions {
    /// Opens for one direction, and only what is a pipe.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// Opens for both directions, whichever end is made of it: a sender can be opened while no
    /// receiver is there, and a receiver reads no end when the last sender goes.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn read_write(&mut self, value: bool) -> &mut Self {
        self.read_write = value;
        self
    }

    /// Does not look whether it is a pipe.
    pub fn unchecked(&mut self, value: bool) -> &mut Self {
        self.unchecked = value;
        self
    }

    /// Opens the pipe at `path` to read from it.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for what is no pipe; any error of `open(2)`, or of adding it to the loop's
    /// poller; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::io::{AsyncReadExt, AsyncWriteExt};
    /// use anyloop::net::unix::pipe;
    ///
    /// let dir = tempfile::tempdir()?;
    /// let path = dir.path().join("fifo");
    /// # std::process::Command::new("mkfifo").arg(&path).status()?;
    /// let mut receiver = pipe::OpenOptions::new().open_receiver(&path)?;
    /// let mut sender = pipe::OpenOptions::new().open_sender(&path)?;
    /// sender.write_all(b"ciao").await?;
    /// let mut buf = [0; 4];
    /// receiver.read_exact(&mut buf).await?;
    /// assert_eq!(&buf, b"ciao");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn open_receiver<P: AsRef<Path>>(&self, path: P) -> io::Result<Receiver> {
        let file = self.open(path.as_ref(), true)?;
        Async::new_nonblocking(Incoming { file, unopened: AtomicBool::new(true) }).map(Receiver)
    }

    /// Opens the pipe at `path` to write to it.
    ///
    /// # Errors
    ///
    /// `ENXIO` while no receiver has it open, unless it is opened for both directions; else as
    /// [`open_receiver`](Self::open_receiver).
    pub fn open_sender<P: AsRef<Path>>(&self, path: P) -> io::Result<Sender> {
        self.open(path.as_ref(), false).and_then(Sender::from_file_unchecked)
    }

    fn open(&self, path: &Path, read: bool) -> io::Result<File> {
        let file = std::fs::OpenOptions::new()
            .read(read || self.read_write)
            .write(!read || self.read_write)
            .custom_flags(nonblocking_flag())
            .open(path)?;
        if !self.unchecked {
            check_pipe(&file)?;
        }
        Ok(file)
    }
}

fn check_pipe(file: &File) -> io::Result<()> {
    if file.metadata()?.file_type().is_fifo() { Ok(()) } else { Err(invalid("this is not a pipe")) }
}

/// The descriptor, blocking again: other programs count on that.
pub(crate) fn into_blocking<F: AsFd + Into<OwnedFd>>(pipe: Async<F>) -> io::Result<OwnedFd> {
    let file = pipe.into_inner()?;
    socket2::SockRef::from(&file).set_nonblocking(false)?;
    Ok(file.into())
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// The end of a pipe that is written to: it is tokio's and futures-io's writer. Dropping it is the
/// end that the receiver reads, if it is the last.
#[derive(Debug)]
pub struct Sender(Async<File>);

/// The end of a pipe that is read from: it is tokio's and futures-io's reader. Once it is dropped,
/// writing gives `BrokenPipe`.
#[derive(Debug)]
pub struct Receiver(Async<Incoming>);

/// The file of a receiver. A named pipe gives an end also before its first sender has opened it:
/// there it is read only once it has something, or a sender has gone.
#[derive(Debug)]
struct Incoming {
    file: File,
    unopened: AtomicBool,
}

impl Incoming {
    fn get(&self) -> io::Result<&File> {
        if self.unopened.load(Ordering::Relaxed) {
            is_ready(self, Interest::Readable)?;
            self.unopened.store(false, Ordering::Relaxed);
        }
        Ok(&self.file)
    }
}

impl From<File> for Incoming {
    fn from(file: File) -> Incoming {
        Incoming { file, unopened: AtomicBool::new(false) }
    }
}

impl From<Incoming> for OwnedFd {
    fn from(incoming: Incoming) -> OwnedFd {
        incoming.file.into()
    }
}

impl AsFd for Incoming {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Read for &Incoming {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.get()?.read(buf)
    }

    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.get()?.read_vectored(bufs)
    }
}

impl Read for Incoming {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buf)
    }

    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self).read_vectored(bufs)
    }
}

macro_rules! end {
    ($name:ident, $interest:ident, $may:literal, |$access:ident| $allowed:expr, $wait:ident, $poll_ready:ident, $mask:ident) => {
        impl $name {
            /// Takes over a pipe of the standard library's, blocking or not.
            ///
            /// # Errors
            ///
            #[doc = concat!("`InvalidInput` for what is no pipe, or was not opened for ", $may, ";")]
            /// any error of adding it to the loop's poller;
            /// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
            pub fn from_file(file: File) -> io::Result<Self> {
                check_pipe(&file)?;
                let $access = access(&file)?;
                if !$allowed {
                    return Err(invalid(concat!("this pipe was not opened for ", $may)));
                }
                Async::new(file.into()).map($name)
            }

            /// As [`from_file`](Self::from_file).
            ///
            /// # Errors
            ///
            /// As `from_file`.
            pub fn from_owned_fd(owned_fd: OwnedFd) -> io::Result<Self> {
                Self::from_file(owned_fd.into())
            }

            /// Takes over what is a pipe, opened rightly, and non-blocking: nothing of that is
            /// looked at.
            ///
            /// # Errors
            ///
            /// Any error of adding it to the loop's poller;
            /// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
            pub fn from_file_unchecked(file: File) -> io::Result<Self> {
                Async::new_nonblocking(file.into()).map($name)
            }

            /// As [`from_file_unchecked`](Self::from_file_unchecked).
            ///
            /// # Errors
            ///
            /// As `from_file_unchecked`.
            pub fn from_owned_fd_unchecked(owned_fd: OwnedFd) -> io::Result<Self> {
                Self::from_file_unchecked(owned_fd.into())
            }

            #[doc = concat!("Waits until the pipe is ready for ", $may, ", or its other side is gone. Cancel safe.")]
            ///
            /// # Errors
            ///
            /// That the loop is closed.
            pub async fn $wait(&self) -> io::Result<()> {
                self.0.$wait().await
            }

            /// Waits until the pipe is ready for any of `interest`, and says for what; of what this
            /// end is not for, it is never ready. Cancel safe.
            ///
            /// # Errors
            ///
            #[doc = concat!("`Unsupported` for an interest without `", stringify!($mask), "`; that the loop is closed.")]
            pub async fn ready(&self, interest: $crate::io::Interest) -> io::Result<$crate::io::Ready> {
                if (interest.mask() & $crate::io::Ready::$mask).is_empty() {
                    return Err($crate::io::alone());
                }
                self.$wait().await?;
                let state = loop_toolkit::socket::state(self.0.get_ref())?;
                Ok($crate::io::Ready::$mask | $crate::io::Ready::from(state) & interest.mask())
            }

            #[doc = concat!("As [`", stringify!($wait), "`](Self::", stringify!($wait), "), for one who polls. The last caller's")]
            /// waker is woken.
            ///
            /// # Errors
            ///
            /// That the loop is closed.
            pub fn $poll_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.0.poll_io(cx, Interest::$interest, |file| is_ready(file, Interest::$interest))
            }

            /// Calls `f`, which reads or writes the descriptor past this.
            ///
            /// # Errors
            ///
            /// That of `f`; of `WouldBlock` the loop learns at the next wait.
            pub fn try_io<R>(&self, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
                f()
            }

            /// Gives the descriptor, blocking.
            ///
            /// # Errors
            ///
            /// Any error of taking it off the loop's poller, or of making it blocking.
            pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
                into_blocking(self.0)
            }

            /// Gives the descriptor, non-blocking.
            ///
            /// # Errors
            ///
            /// Any error of taking it off the loop's poller.
            pub fn into_nonblocking_fd(self) -> io::Result<OwnedFd> {
                self.0.into_inner().map(OwnedFd::from)
            }
        }

        impl AsFd for $name {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.0.get_ref().as_fd()
            }
        }

        impl AsRawFd for $name {
            fn as_raw_fd(&self) -> RawFd {
                self.0.get_ref().as_fd().as_raw_fd()
            }
        }
    };
}

end!(Sender, Writable, "writing", |allowed| allowed.1, writable, poll_write_ready, WRITABLE);
end!(Receiver, Readable, "reading", |allowed| allowed.0, readable, poll_read_ready, READABLE);

impl Sender {
    /// Writes what fits into the pipe, without waiting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if it is full; `BrokenPipe`, or any other error of `write(2)`.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.get_ref().write(buf)
    }

    /// As [`try_write`](Self::try_write), of several slices.
    ///
    /// # Errors
    ///
    /// As `try_write`.
    pub fn try_write_vectored(&self, buf: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.get_ref().write_vectored(buf)
    }
}

impl Receiver {
    /// Reads what is there, without waiting; zero is the end.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is there; any other error of `read(2)`.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.get_ref().read(buf)
    }

    /// As [`try_read`](Self::try_read), into what is left of a buffer, which is zeroed first.
    ///
    /// # Errors
    ///
    /// As `try_read`.
    #[cfg(feature = "io-util")]
    pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        crate::io::foreign::uninit::into_zeroed(buf, |spare| self.try_read(spare))
    }

    /// As [`try_read`](Self::try_read), into several slices.
    ///
    /// # Errors
    ///
    /// As `try_read`.
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.0.get_ref().read_vectored(bufs)
    }
}

crate::io::impl_inner_read!(Receiver);

impl futures_io::AsyncWrite for Sender {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        futures_io::AsyncWrite::poll_write(Pin::new(&mut self.0), cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        futures_io::AsyncWrite::poll_write_vectored(Pin::new(&mut self.0), cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Does nothing, as in tokio: drop it to close it.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

crate::io::impl_tokio_write!([] Sender);
