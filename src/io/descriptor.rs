//! Any descriptor on the loop.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut, Read, Result, Write};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use loop_api::io::{AsyncReadUninit, Interest, ReadCursor};
use loop_api::readiness::{AsSource, Moved, Readiness, Source};
use loop_toolkit::socket::is_ready;

use super::held::{Borrowing, Held};
use crate::any::each;
use crate::runtime::Handle;

/// Any descriptor (on Windows: socket) on the loop: what the operating system reports as ready, and
/// this library does not know.
///
/// It is [`AsyncRead`] and [`AsyncWrite`] if what was registered reads and writes; and so is a
/// shared reference to it if that does it through one, as the standard library's sockets do.
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
///
/// What it is made of may be borrowed, and is all that decides whether it can be sent or shared:
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
/// a.send(b"ciao")?;
/// let mut buf = [0; 16];
/// let received = Async::new(&b)?.read_with(|socket| socket.recv(&mut buf)).await?;
/// assert_eq!(received, 4);
/// b.set_nonblocking(false)?; // no longer on the loop
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
pub struct Async<T: AsSource>(Held<T, Borrowing>);

impl<T: AsSource> Async<T> {
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
        Async::on(&handle, io)
    }

    /// [`new`](Self::new) for what is non-blocking already.
    ///
    /// # Errors
    ///
    /// As `new`.
    pub fn new_nonblocking(io: T) -> Result<Async<T>> {
        Async::on(&Handle::try_current()?, io)
    }

    fn on(handle: &Handle, io: T) -> Result<Async<T>> {
        Held::new(handle, io, Borrowing).map(Async).map_err(|(_, error)| error)
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
        self.wait(Interest::Readable).await
    }

    /// Waits until something can be written, or there is an error to be read. Cancel safe; any
    /// number may wait.
    ///
    /// # Errors
    ///
    /// Any error of `poll(2)`, or that the loop is closed.
    pub async fn writable(&self) -> Result<()> {
        self.wait(Interest::Writable).await
    }

    /// Tries `op`, which reads, until it gives something else than `WouldBlock`, waiting in
    /// between. Cancel safe.
    ///
    /// # Errors
    ///
    /// That of `op`.
    pub async fn read_with<R: Send>(&self, op: impl FnMut(&T) -> Result<R> + Send) -> Result<R>
    where
        T: Sync,
    {
        self.attempt(Interest::Readable, op).await
    }

    /// As [`read_with`](Self::read_with), through a mutable reference. The operation must not put
    /// another descriptor in the place of the one that was registered.
    ///
    /// # Errors
    ///
    /// That of `op`; `InvalidInput` if it left another descriptor.
    pub async fn read_with_mut<R>(&mut self, mut op: impl FnMut(&mut T) -> Result<R>) -> Result<R> {
        poll_fn(|cx| self.0.poll_mut(cx, Interest::Readable, &mut op)).await
    }

    /// Tries `op`, which writes, until it gives something else than `WouldBlock`, waiting in
    /// between. Cancel safe.
    ///
    /// # Errors
    ///
    /// That of `op`.
    pub async fn write_with<R: Send>(&self, op: impl FnMut(&T) -> Result<R> + Send) -> Result<R>
    where
        T: Sync,
    {
        self.attempt(Interest::Writable, op).await
    }

    /// As [`write_with`](Self::write_with), through a mutable reference. The operation must not put
    /// another descriptor in the place of the one that was registered.
    ///
    /// # Errors
    ///
    /// That of `op`; `InvalidInput` if it left another descriptor.
    pub async fn write_with_mut<R>(&mut self, mut op: impl FnMut(&mut T) -> Result<R>) -> Result<R> {
        poll_fn(|cx| self.0.poll_mut(cx, Interest::Writable, &mut op)).await
    }

    /// What was registered. To change how it blocks, or to read or write it past the loop, is to do
    /// so at one's own risk of waiting forever.
    pub fn get_ref(&self) -> &T {
        self.0.get_ref()
    }

    /// Takes it off the loop, and gives back what was registered, still non-blocking.
    ///
    /// # Errors
    ///
    /// Any error of taking it off the loop's poller.
    pub fn into_inner(self) -> Result<T> {
        let (io, ended) = self.0.into_inner();
        ended.map(|()| io)
    }

    async fn wait(&self, interest: Interest) -> Result<()> {
        each!(Source; self.0.source()?, source => source.io(interest, |io| is_ready(io, interest)).await)
    }

    async fn attempt<R: Send>(
        &self,
        interest: Interest,
        mut op: impl FnMut(&T) -> Result<R> + Send,
    ) -> Result<R>
    where
        T: Sync,
    {
        let io = self.0.get_ref();
        each!(Source; self.0.source()?, source => source.io(interest, |_| op(io)).await)
    }

    fn poll_ref<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&mut &T) -> Result<R>,
    ) -> Poll<Result<R>> {
        let mut io = self.0.get_ref();
        each!(Source; self.0.source()?, source => source.poll_io(cx, interest, |_| op(&mut io)))
    }
}

impl Readiness for Handle {
    type Source<T: AsSource + Send + Sync + 'static> = Async<T>;

    fn register<T: AsSource + Send + Sync + 'static>(&self, io: T) -> Result<Async<T>> {
        Async::on(self, io)
    }
}

impl<T: AsSource + Send + Sync + 'static> Source<T> for Async<T> {
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_ref(cx, interest, |io| op(io))
    }

    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>> {
        let io = self.0.get_ref();
        each!(Source; self.0.source()?, source => source.poll_transfer(cx, interest, |_| op(io)))
    }

    async fn io<R: Send>(
        &self,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<R> + Send,
    ) -> io::Result<R> {
        self.attempt(interest, op).await
    }

    fn get_ref(&self) -> &T {
        Async::get_ref(self)
    }

    fn into_inner(self) -> io::Result<T> {
        Async::into_inner(self)
    }
}

/// The traits of all kinds, for what is polled by `$poll`.
macro_rules! reads_and_writes {
    ([$($generics:tt)*] $name:ty, $poll:expr; Read: $($read:tt)*) => {
        impl $($generics)* AsyncRead for $name where $($read)*: Read {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<Result<usize>> {
                $poll(&mut *self, cx, Interest::Readable, |io| io.read(buf))
            }

            fn poll_read_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<Result<usize>> {
                $poll(&mut *self, cx, Interest::Readable, |io| io.read_vectored(bufs))
            }
        }

        /// Zeroes what is left of the buffer at each try, as what reads is another crate's; a try
        /// is made only when there may be something.
        impl $($generics)* AsyncReadUninit for $name where $($read)*: Read {
            fn poll_read_uninit(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                mut buf: ReadCursor<'_>,
            ) -> Poll<Result<()>> {
                let read = $poll(&mut *self, cx, Interest::Readable, |io| buf.read_zeroed(|zeroed| io.read(zeroed)));
                read.map_ok(drop)
            }
        }

        /// tokio's buffer knows what is initialised: it is zeroed once.
        impl $($generics)* tokio::io::AsyncRead for $name where $($read)*: Read {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut tokio::io::ReadBuf<'_>,
            ) -> Poll<Result<()>> {
                $poll(&mut *self, cx, Interest::Readable, |io| {
                    io.read(buf.initialize_unfilled()).map(|n| buf.advance(n))
                })
            }
        }

        super::impl_hyper_read!([$($generics)*] $name where $($read)*: Read);

        impl $($generics)* AsyncWrite for $name where $($read)*: Write {
            fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
                $poll(&mut *self, cx, Interest::Writable, |io| io.write(buf))
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<Result<usize>> {
                $poll(&mut *self, cx, Interest::Writable, |io| io.write_vectored(bufs))
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                $poll(&mut *self, cx, Interest::Writable, |io| io.flush())
            }

            /// Flushes. What closing means only the owner knows: shut a socket down through
            /// [`get_ref`](Async::get_ref), or drop this.
            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                self.poll_flush(cx)
            }
        }

        super::impl_tokio_write!([$($generics)*] $name where $($read)*: Write);
    };
}

reads_and_writes!([<T: AsSource>] Async<T>, poll_mut; Read: T);
reads_and_writes!([<T: AsSource>] &Async<T>, poll_ref; Read: for<'a> &'a T);

fn poll_mut<T: AsSource, R>(
    this: &mut Async<T>,
    cx: &mut Context<'_>,
    interest: Interest,
    op: impl FnMut(&mut T) -> Result<R>,
) -> Poll<Result<R>> {
    this.0.poll_mut(cx, interest, op)
}

fn poll_ref<T: AsSource, R>(
    this: &&Async<T>,
    cx: &mut Context<'_>,
    interest: Interest,
    op: impl FnMut(&mut &T) -> Result<R>,
) -> Poll<Result<R>> {
    this.poll_ref(cx, interest, op)
}

impl<T: AsSource> fmt::Debug for Async<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.source() {
            Ok(source) => each!(Source; source, source => fmt::Debug::fmt(source, f)),
            Err(_) => f.write_str("Async"),
        }
    }
}

impl<T: AsSource> UnwindSafe for Async<T> {}
impl<T: AsSource> RefUnwindSafe for Async<T> {}
