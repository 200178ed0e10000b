//! Readiness where tokio has nothing like its `AsyncFd`, which is on Windows. It refuses every
//! socket, so that what is written for any loop compiles, and says at run time what it lacks.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use loop_api::Closed;
use loop_api::io::Interest;
use loop_api::readiness::{self, AsSource, Readiness};

use crate::inner::TokioHandle;

/// A registered socket: see [`loop_api::readiness::Source`]. On this system tokio registers none
/// but its own, so there is no such value.
pub struct Source<T: AsSource> {
    never: Infallible,
    io: PhantomData<fn() -> T>,
}

impl<T: AsSource> fmt::Debug for Source<T> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.never {}
    }
}

impl Readiness for TokioHandle {
    type Source<T: AsSource + Send + Sync + 'static> = Source<T>;

    fn register<T: AsSource + Send + Sync + 'static>(&self, _: T) -> io::Result<Source<T>> {
        if self.is_closed() {
            return Err(Closed.into());
        }
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "tokio waits only for its own sockets on this system: make it one of them by StdNet, or run on another backend",
        ))
    }
}

impl<T: AsSource + Send + Sync + 'static> readiness::Source<T> for Source<T> {
    fn poll_io<R>(
        &self,
        _: &mut Context<'_>,
        _: Interest,
        _: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        match self.never {}
    }

    async fn io<R: Send>(&self, _: Interest, _: impl FnMut(&T) -> io::Result<R> + Send) -> io::Result<R> {
        match self.never {}
    }

    fn get_ref(&self) -> &T {
        match self.never {}
    }

    fn into_inner(self) -> io::Result<T> {
        match self.never {}
    }
}
