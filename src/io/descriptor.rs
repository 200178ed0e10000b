//! Any descriptor on the loop.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Result, Write};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use loop_api::io::{AsyncReadUninit, Interest, ReadCursor};
use loop_api::readiness::{AsSource, Moved, Readiness, Source};
use loop_toolkit::socket::is_ready;

use crate::any::{self, each};
use crate::runtime::Handle;

/// Any descriptor (on Windows: socket) on the loop: what the operating system reports as ready, and
/// this library does not know.
///
/// What reads and writes through a shared reference, as the standard library's sockets and pipes
/// do, is also [`AsyncRead`] and [`AsyncWrite`].
///
/// Any number may wait in its own methods; through [`AsyncRead`] and [`AsyncWrite`] one reader and
/// one writer. All waits are cancel safe. Dropping it takes it off the loop before it is closed, so
/// that no event of it reaches the next owner of its number.
///
/// ```
/// # #[cfg(unix)]
/// # fn main() -> std::io::Result<()> {
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use std::io::{Read, Write};
/// use anyloop::io::Async;
///
/// let (a, b) = std::os::unix::net::UnixStream::pair()?;
/// let b = Async::new(b)?;
/// (&a).write_all(b"!")?;
/// let mut byte = [0];
/// b.read_with(|mut socket| socket.read(&mut byte)).await?;
/// assert_eq!(byte, *b"!");
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
pub struct Async<T: AsSource + Send + Sync + 'static>(any::Source<T>);

impl<T: AsSource + Send + Sync + 'static> Async<T> {
    /// Makes `io` non-blocking and registers it with the loop that the caller runs in. It must give
    /// the same descriptor as long as it lives.
    ///
    /// # Errors
    ///
    /// `Unsupported` for what cannot be polled (a regular file); [`NoLoop`](crate::runtime::NoLoop)
    /// inside an `io::Error` without a loop; else any error of making it non-blocking, or of adding
    /// it to the loop's poller.
    pub fn new(io: T) -> Result<Async<T>> {
        let handle = Handle::try_current()?;
        socket2::SockRef::from(&io).set_nonblocking(true)?;
        handle.register(io)
    }

    /// [`new`](Self::new) for what is non-blocking already.
    ///
    /// # Errors
    ///
    /// As `new`.
    pub fn new_nonblocking(io: T) -> Result<Async<T>> {
        Handle::try_current()?.register(io)
    }

    /// Waits until something can be read, the peer has closed, or there is an error to be read.
    /// Cancel safe; any number may wait.
    ///
    /// # Errors
    ///
    /// Any error of `poll(2)`, or that the loop is closed.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> std::io::Result<()> {
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use std::os::unix::net::UnixDatagram;
    /// use anyloop::io::Async;
    ///
    /// let (a, b) = UnixDatagram::pair()?;
    /// let (a, b) = (Async::new(a)?, Async::new(b)?);
    /// a.writable().await?;
    /// assert_eq!(a.write_with(|socket| socket.send(b"ciao")).await?, 4);
    /// b.readable().await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(b.read_with(|socket| socket.recv(&mut buf)).await?, 4);
    /// let b: UnixDatagram = b.into_inner()?; // still non-blocking
    /// assert!(b.recv(&mut buf).is_err());
    /// # Ok(())
    /// # })
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    pub async fn readable(&self) -> Result<()> {
        Source::io(self, Interest::Readable, |io| is_ready(io, Interest::Readable)).await
    }

    /// Waits until something can be written, or there is an error to be read. Cancel safe; any
    /// number may wait.
    ///
    /// # Errors
    ///
    /// Any error of `poll(2)`, or that the loop is closed.
    pub async fn writable(&self) -> Result<()> {
        Source::io(self, Interest::Writable, |io| is_ready(io, Interest::Writable)).await
    }

    /// Tries `op`, which reads, until it gives something else than `WouldBlock`, waiting in
    /// between. Cancel safe.
    ///
    /// # Errors
    ///
    /// That of `op`.
    pub async fn read_with<R: Send>(&self, op: impl FnMut(&T) -> Result<R> + Send) -> Result<R> {
        Source::io(self, Interest::Readable, op).await
    }

    /// Tries `op`, which writes, until it gives something else than `WouldBlock`, waiting in
    /// between. Cancel safe.
    ///
    /// # Errors
    ///
    /// That of `op`.
    pub async fn write_with<R: Send>(&self, op: impl FnMut(&T) -> Result<R> + Send) -> Result<R> {
        Source::io(self, Interest::Writable, op).await
    }

    /// What was registered. To change how it blocks, or to read or write it past the loop, is to do
    /// so at one's own risk of waiting forever.
    pub fn get_ref(&self) -> &T {
        each!(Source; &self.0, source => source.get_ref())
    }

    /// Takes it off the loop, and gives back what was registered, still non-blocking.
    ///
    /// # Errors
    ///
    /// Any error of taking it off the loop's poller.
    pub fn into_inner(self) -> Result<T> {
        each!(Source; self.0, source => source.into_inner())
    }
}

impl Readiness for Handle {
    type Source<T: AsSource + Send + Sync + 'static> = Async<T>;

    fn register<T: AsSource + Send + Sync + 'static>(&self, io: T) -> Result<Async<T>> {
        each!(Handle => Source as wrap; &self.0, h => h.register(io).map(|source| Async(wrap(source))))
    }
}

impl<T: AsSource + Send + Sync + 'static> Source<T> for Async<T> {
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        each!(Source; &self.0, source => source.poll_io(cx, interest, op))
    }

    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>> {
        each!(Source; &self.0, source => source.poll_transfer(cx, interest, op))
    }

    async fn io<R: Send>(
        &self,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<R> + Send,
    ) -> io::Result<R> {
        each!(Source; &self.0, source => source.io(interest, op).await)
    }

    fn get_ref(&self) -> &T {
        Async::get_ref(self)
    }

    fn into_inner(self) -> io::Result<T> {
        Async::into_inner(self)
    }
}

impl<T: AsSource + Send + Sync + 'static> AsyncRead for Async<T>
where
    for<'a> &'a T: Read,
{
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        self.poll_io(cx, Interest::Readable, |mut io| io.read(buf))
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<Result<usize>> {
        self.poll_io(cx, Interest::Readable, |mut io| io.read_vectored(bufs))
    }
}

/// Zeroes what is left of the buffer at each try, as what reads is another crate's; a try is made
/// only when there may be something.
impl<T: AsSource + Send + Sync + 'static> AsyncReadUninit for Async<T>
where
    for<'a> &'a T: Read,
{
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadCursor<'_>,
    ) -> Poll<Result<()>> {
        self.poll_io(cx, Interest::Readable, |mut io| buf.read_zeroed(|zeroed| io.read(zeroed))).map_ok(drop)
    }
}

/// tokio's buffer knows what is initialised: it is zeroed once.
impl<T: AsSource + Send + Sync + 'static> tokio::io::AsyncRead for Async<T>
where
    for<'a> &'a T: Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let read = |mut io: &T| io.read(buf.initialize_unfilled()).map(|n| buf.advance(n));
        self.poll_io(cx, Interest::Readable, read)
    }
}

#[cfg(feature = "hyper")]
impl<T: AsSource + Send + Sync + 'static> hyper::rt::Read for Async<T>
where
    for<'a> &'a T: Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        super::foreign::uninit::read_hyper(self, cx, buf)
    }
}

impl<T: AsSource + Send + Sync + 'static> AsyncWrite for Async<T>
where
    for<'a> &'a T: Write,
{
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.poll_io(cx, Interest::Writable, |mut io| io.write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.poll_io(cx, Interest::Writable, |mut io| io.write_vectored(bufs))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_io(cx, Interest::Writable, |mut io| io.flush())
    }

    /// Flushes. What closing means only the owner knows: shut a socket down through
    /// [`get_ref`](Async::get_ref), or drop this.
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_flush(cx)
    }
}

super::impl_tokio_write!([<T: AsSource + Send + Sync + 'static>] Async<T> where for<'a> &'a T: Write);

impl<T: AsSource + Send + Sync + 'static> fmt::Debug for Async<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(Source; &self.0, source => fmt::Debug::fmt(source, f))
    }
}

impl<T: AsSource + Send + Sync + 'static> UnwindSafe for Async<T> {}
impl<T: AsSource + Send + Sync + 'static> RefUnwindSafe for Async<T> {}
