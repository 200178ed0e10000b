//! async-rs, on which lapin stands: its executor and its reactor. On unix.
//!
//! ```
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use async_rs::traits::{Executor, Reactor};
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     // What lapin's `Connection::connect_with_runtime` takes, for instance.
//!     let runtime = async_rs::Runtime::new(plug);
//!     runtime.sleep(std::time::Duration::from_millis(1)).await;
//!     assert_eq!(runtime.spawn(async { 42 }).await, 42);
//! });
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_rs::traits::{Executor, Reactor, RuntimeKit};
use async_rs::util::{self, TaskImpl};
use async_trait::async_trait;
use futures_lite::{Stream, StreamExt, stream};
use loop_api::JoinError;
use loop_api::io::Interest;
use loop_api::net::{Net, TcpOptions};
use loop_api::readiness::{Readiness, Source};
use loop_api::task::Task as _;

use crate::Plug;

impl<H: Net + Readiness> RuntimeKit for Plug<H> {}

impl<H: loop_api::Handle> Executor for Plug<H> {
    type Task<T: Send + 'static> = Task<H, T>;

    /// For threads beside the loop's, and for blocking jobs: [`loop_api::Handle::block_on`], which
    /// panics in the loop itself.
    fn block_on<T, F: Future<Output = T>>(&self, future: F) -> T {
        self.handle.block_on(future)
    }

    fn spawn<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        future: F,
    ) -> util::Task<Task<H, T>> {
        Task(Some(self.handle.spawn(future))).into()
    }

    fn spawn_blocking<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
        &self,
        job: F,
    ) -> util::Task<Task<H, T>> {
        Task(Some(self.handle.spawn_blocking(job))).into()
    }
}

impl<H: Net + Readiness> Reactor for Plug<H> {
    type TcpStream = H::TcpStream;
    type Sleep = H::Sleep;

    /// The loop watches a duplicate of the descriptor, which becomes non-blocking.
    fn register<T: Read + Write + AsFd + Send + 'static>(
        &self,
        io: T,
    ) -> io::Result<impl futures_io::AsyncRead + futures_io::AsyncWrite + Send + Unpin + 'static> {
        rustix::io::ioctl_fionbio(&io, true)?;
        let source = self.handle.register(io.as_fd().try_clone_to_owned()?)?;
        Ok(Registered { source, io: Box::new(io) })
    }

    fn sleep(&self, duration: Duration) -> H::Sleep {
        self.handle.sleep(duration)
    }

    fn interval(&self, period: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        // The first at once, as async-rs has it; the loop's own would come in the next turn.
        let start = self.handle.now();
        let later =
            stream::unfold(self.handle.interval_at(start + period, period), |mut interval| async move {
                let tick = interval.tick().await;
                Some((tick.into_std(), interval))
            });
        stream::once(start.into_std()).chain(later)
    }

    fn tcp_connect_addr(
        &self,
        addr: SocketAddr,
    ) -> impl Future<Output = io::Result<H::TcpStream>> + Send + 'static {
        let mut options = TcpOptions::default();
        options.nodelay = Some(true);
        self.handle.connect_tcp(addr, options)
    }
}

/// A task by async-rs's rules: dropped it runs on, and its panic goes on in what awaits it.
///
/// Awaited after its end, or after it was cancelled, it panics, as async-rs's own do.
pub struct Task<H: loop_api::Handle, T: Send + 'static>(Option<H::Task<T>>);

impl<H: loop_api::Handle, T: Send + 'static> fmt::Debug for Task<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.0).finish()
    }
}

impl<H: loop_api::Handle, T: Send + 'static> Future for Task<H, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let task = self.0.as_mut().expect("a task is not awaited after its end, nor after it was cancelled");
        let ended = std::task::ready!(Pin::new(task).poll(cx));
        self.0 = None;
        match ended {
            Ok(output) => Poll::Ready(output),
            Err(JoinError::Panicked(panic, _)) => std::panic::resume_unwind(panic.into_payload()),
            Err(error) => panic!("a task that is awaited has no output: {error}"),
        }
    }
}

#[async_trait]
impl<H: loop_api::Handle, T: Send + 'static> TaskImpl for Task<H, T> {
    async fn cancel(&mut self) -> Option<T> {
        self.0.take()?.cancel().await.ok()
    }

    fn detach(&mut self) {
        self.0 = None;
    }
}

/// What [`Reactor::register`] gives.
struct Registered<S, T> {
    // The loop forgets it first.
    source: S,
    io: Box<T>,
}

impl<S: Source<OwnedFd>, T: Read> futures_io::AsyncRead for Registered<S, T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let Self { source, io } = &mut *self;
        source.poll_io(cx, Interest::Readable, |_| io.read(buf))
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { source, io } = &mut *self;
        source.poll_io(cx, Interest::Readable, |_| io.read_vectored(bufs))
    }
}

impl<S: Source<OwnedFd>, T: Write> futures_io::AsyncWrite for Registered<S, T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { source, io } = &mut *self;
        source.poll_io(cx, Interest::Writable, |_| io.write(buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { source, io } = &mut *self;
        source.poll_io(cx, Interest::Writable, |_| io.write_vectored(bufs))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { source, io } = &mut *self;
        source.poll_io(cx, Interest::Writable, |_| io.flush())
    }

    /// Flushes: how the other side is told of the end, only the type that was given knows.
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
