//! Any descriptor, as async-io's `Async`.

use std::fmt;
use std::io;
use std::task::{Context, Poll, ready};

use async_io::Async;
use loop_api::io::Interest;
use loop_api::readiness::{self, AsSource, Readiness};

use crate::coop::{poll_transfer, transfer};
use crate::handle::SmolHandle;

/// A registered descriptor: see [`loop_api::readiness::Source`].
///
/// `poll_io` keeps one waker a direction; one that takes its place wakes it, and no waker is lost.
pub struct Source<T> {
    io: Async<T>,
}

impl<T> Source<T> {
    /// async-io's own type. It stays registered.
    pub fn into_async(self) -> Async<T> {
        self.io
    }

    /// async-io's own type.
    pub fn as_async(&self) -> &Async<T> {
        &self.io
    }
}

impl<T> From<Async<T>> for Source<T> {
    fn from(io: Async<T>) -> Self {
        Source { io }
    }
}

impl<T> From<Source<T>> for Async<T> {
    fn from(source: Source<T>) -> Self {
        source.io
    }
}

impl Readiness for SmolHandle {
    type Source<T: AsSource + Send + Sync + 'static> = Source<T>;

    fn register<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<Source<T>> {
        self.check_open()?;
        Async::new_nonblocking(io).map(Source::from).map_err(not_pollable)
    }
}

/// epoll's way to say that a file has no readiness.
fn not_pollable(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return error;
    }
    let advice = "the system cannot wait for this descriptor (a regular file?): read it in spawn_blocking";
    io::Error::new(io::ErrorKind::Unsupported, advice)
}

impl<T: Send + Sync + 'static> readiness::Source<T> for Source<T> {
    #[inline]
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        poll_transfer(cx, |cx| {
            loop {
                match op(self.io.get_ref()) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    result => return Poll::Ready(result),
                }
                ready!(match interest {
                    Interest::Readable => self.io.poll_readable(cx),
                    Interest::Writable => self.io.poll_writable(cx),
                })?;
            }
        })
    }

    async fn io<R: Send>(
        &self,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R> + Send,
    ) -> io::Result<R> {
        let op = |io: &T| loop {
            match op(io) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        };
        match interest {
            Interest::Readable => transfer(self.io.read_with(op)).await,
            Interest::Writable => transfer(self.io.write_with(op)).await,
        }
    }

    fn get_ref(&self) -> &T {
        self.io.get_ref()
    }

    fn into_inner(self) -> io::Result<T> {
        self.io.into_inner()
    }
}

impl<T> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}
