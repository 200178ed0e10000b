//! Any descriptor on the loop: tokio's `AsyncFd`. On unix only; tokio has nothing like it for
//! Windows' sockets.
//!
//! The one file of this crate with unsafe code.
#![allow(unsafe_code)]

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::task::{Context, Poll, ready};

use loop_api::io::Interest;
use loop_api::readiness::{self, AsSource, Moved, Readiness};
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};

use crate::inner::TokioHandle;

/// What is registered, with its descriptor asked for once.
///
/// # Invariant
///
/// `fd` is what `io.as_fd()` gave when this was made, and from then on `io` is borrowed by shared
/// reference only, until it is deregistered. What `as_fd` gave stays open as long as `io` is
/// borrowed; that it was moved in here meanwhile no code of its own can notice, and no code gets a
/// mutable reference to it. So `fd` is open and means the same file.
struct Registered<T> {
    fd: RawFd,
    io: T,
}

impl<T> AsRawFd for Registered<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.fd
    }
}

/// A registered descriptor: see [`loop_api::readiness::Source`]. One waiter a direction by
/// `poll_io`, any number by `io`.
pub struct Source<T: AsSource> {
    fd: AsyncFd<Registered<T>>,
}

// Nothing in it is ever pinned.
impl<T: AsSource> Unpin for Source<T> {}

impl<T: AsSource> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("fd", &self.fd.as_raw_fd()).finish()
    }
}

impl Readiness for TokioHandle {
    type Source<T: AsSource + Send + Sync + 'static> = Source<T>;

    fn register<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<Source<T>> {
        self.register_with(|| {
            let registered = Registered { fd: io.as_fd().as_raw_fd(), io };
            // SAFETY: the descriptor is open and stays the same for as long as `Registered` lives
            // unchanged, by its invariant: it was made right here from `as_fd`; `AsyncFd` owns it,
            // and `Source` gives out `&T` only; `AsyncFd` deregisters it before it is given back
            // (`into_inner`) or dropped. `as_raw_fd` gives a field that is never changed.
            match unsafe { AsyncFd::register(registered) } {
                Ok(fd) => Ok(Source { fd }),
                Err(error) => Err(explain(error.into_parts().1)),
            }
        })
    }
}

#[cold]
fn explain(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::PermissionDenied {
        io::Error::new(
            io::ErrorKind::Unsupported,
            "this descriptor cannot be waited for (a regular file or a directory is always ready): use it in spawn_blocking",
        )
    } else {
        error
    }
}

impl<T: AsSource> Source<T> {
    fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
    ) -> Poll<io::Result<AsyncFdReadyGuard<'_, Registered<T>>>> {
        match interest {
            Interest::Readable => self.fd.poll_read_ready(cx),
            Interest::Writable => self.fd.poll_write_ready(cx),
        }
        .map_err(crate::net::closed)
    }
}

/// Whether a short transfer on this system says that there is no more: so it is where the poller is
/// edge triggered.
const SHORT_IS_ALL: bool = cfg!(any(
    target_os = "android",
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "illumos",
    target_os = "ios",
    target_os = "linux",
    target_os = "macos",
    target_os = "netbsd",
    target_os = "openbsd",
));

impl<T: AsSource + Send + Sync + 'static> readiness::Source<T> for Source<T> {
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            let mut ready = ready!(self.poll_ready(cx, interest))?;
            match retry(&mut op, self.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.poll_ready(cx, interest))?;
            match retry(&mut op, self.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Ok(moved) => {
                    if SHORT_IS_ALL && moved.is_last() {
                        ready.clear_ready();
                    }
                    return Poll::Ready(Ok(moved.bytes()));
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    async fn io<R: Send>(
        &self,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R> + Send,
    ) -> io::Result<R> {
        let interest = match interest {
            Interest::Readable => tokio::io::Interest::READABLE,
            Interest::Writable => tokio::io::Interest::WRITABLE,
        };
        self.fd
            .async_io(interest, |registered| retry(&mut op, &registered.io))
            .await
            .map_err(crate::net::closed)
    }

    fn get_ref(&self) -> &T {
        &self.fd.get_ref().io
    }

    fn into_inner(self) -> io::Result<T> {
        Ok(self.fd.into_inner().io)
    }
}

/// `op`, again and again while a signal interrupts it.
fn retry<T, R>(op: &mut impl FnMut(&T) -> io::Result<R>, io: &T) -> io::Result<R> {
    loop {
        match op(io) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
