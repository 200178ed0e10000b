//! Descriptors on an erased loop.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{BoxFuture, ErasedHandle};
use loop_api::io::Interest;
use loop_api::readiness::{self, AsSource, Moved, Readiness};

/// [`Readiness`] without types of its own.
pub(super) trait DynReadiness: Send + Sync {
    fn register(&self, io: AnySource) -> io::Result<Box<dyn DynSource>>;
}

pub(super) struct ReadinessOf<H> {
    pub(super) handle: H,
}

impl<H: Readiness> DynReadiness for ReadinessOf<H> {
    fn register(&self, io: AnySource) -> io::Result<Box<dyn DynSource>> {
        Ok(Box::new(SourceOf(self.handle.register(io)?)))
    }
}

/// What is registered with the loop: the user's descriptor, shared with the user's [`Source`].
pub(super) struct AnySource(Arc<dyn AsSource + Send + Sync>);

#[cfg(unix)]
impl std::os::fd::AsFd for AnySource {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsSocket for AnySource {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        self.0.as_socket()
    }
}

type Op<'a> = &'a mut dyn FnMut() -> io::Result<()>;
type SendOp<'a> = &'a mut (dyn FnMut() -> io::Result<()> + Send);

pub(super) trait DynSource: Send + Sync {
    fn poll_io(&self, cx: &mut Context<'_>, interest: Interest, op: Op<'_>) -> Poll<io::Result<()>>;
    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        op: &mut dyn FnMut() -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>>;
    fn io<'a>(&'a self, interest: Interest, op: SendOp<'a>) -> BoxFuture<'a, io::Result<()>>;
    fn deregister(self: Box<Self>) -> io::Result<()>;
}

struct SourceOf<S>(S);

impl<S: readiness::Source<AnySource> + 'static> DynSource for SourceOf<S> {
    fn poll_io(&self, cx: &mut Context<'_>, interest: Interest, op: Op<'_>) -> Poll<io::Result<()>> {
        self.0.poll_io(cx, interest, |_| op())
    }

    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        op: &mut dyn FnMut() -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>> {
        self.0.poll_transfer(cx, interest, |_| op())
    }

    fn io<'a>(&'a self, interest: Interest, op: SendOp<'a>) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(self.0.io(interest, move |_| op()))
    }

    fn deregister(self: Box<Self>) -> io::Result<()> {
        self.0.into_inner().map(drop)
    }
}

/// A descriptor registered with an erased loop.
pub struct Source<T> {
    // Dropped first: it deregisters what `io` closes.
    source: Box<dyn DynSource>,
    io: Arc<T>,
}

impl Readiness for ErasedHandle {
    type Source<T: AsSource + Send + Sync + 'static> = Source<T>;

    fn register<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<Source<T>> {
        let io = Arc::new(io);
        let source = self.readiness()?.register(AnySource(io.clone()))?;
        Ok(Source { source, io })
    }
}

impl<T: AsSource + Send + Sync + 'static> readiness::Source<T> for Source<T> {
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        let mut result = None;
        let mut keep = || op(&self.io).map(|value| result = Some(value));
        let polled = self.source.poll_io(cx, interest, &mut keep);
        polled.map(|done| done.and_then(|()| result.ok_or_else(no_result)))
    }

    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>> {
        self.source.poll_transfer(cx, interest, &mut || op(&self.io))
    }

    async fn io<R: Send>(
        &self,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R> + Send,
    ) -> io::Result<R> {
        let mut result = None;
        let mut keep = || op(&self.io).map(|value| result = Some(value));
        self.source.io(interest, &mut keep).await?;
        result.ok_or_else(no_result)
    }

    fn get_ref(&self) -> &T {
        &self.io
    }

    fn into_inner(self) -> io::Result<T> {
        self.source.deregister()?;
        Arc::try_unwrap(self.io).map_err(|_| io::Error::other("the loop kept a descriptor that it gave back"))
    }
}

/// For a backend that says an operation succeeded which it did not call.
#[cold]
fn no_result() -> io::Error {
    io::Error::other("the loop did not call the operation that it says is done")
}

impl<T> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}
