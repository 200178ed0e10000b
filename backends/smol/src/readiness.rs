//! Any descriptor, as async-io's `Async`.

use std::fmt;
use std::io;
use std::task::{Context, Poll, ready};

use async_io::Async;
use loop_api::io::Interest;
use loop_api::readiness::{self, AsSource, Readiness};

use crate::coop::{poll_transfer, transfer};
use crate::inner::SmolHandle;
use crate::link::Link;

/// A registered descriptor: see [`loop_api::readiness::Source`].
///
/// `poll_io` keeps one waker a direction; one that takes its place wakes it, and no waker is lost.
pub struct Source<T> {
    io: Async<T>,
    link: Link,
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

/// Of the loop that the caller runs in, whose end it tells; outside of a loop it knows of none.
impl<T> From<Async<T>> for Source<T> {
    fn from(io: Async<T>) -> Self {
        Source { io, link: Link::current() }
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
        let io = Async::new_nonblocking(io).map_err(not_pollable)?;
        Ok(Source { io, link: Link::of(self) })
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
        self.link.check()?;
        poll_transfer(cx, |cx| {
            loop {
                match op(self.io.get_ref()) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    result => return Poll::Ready(result),
                }
                let polled = match interest {
                    Interest::Readable => self.io.poll_readable(cx),
                    Interest::Writable => self.io.poll_writable(cx),
                };
                if polled.is_pending() {
                    self.link.wait(cx, interest)?;
                }
                ready!(polled)?;
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
            Interest::Readable => self.link.until(transfer(self.io.read_with(op))).await,
            Interest::Writable => self.link.until(transfer(self.io.write_with(op))).await,
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
