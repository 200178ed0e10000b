//! Any descriptor (on Windows: socket) on the loop.

use std::fmt;
use std::future::Future;
use std::io;
use std::task::{Context, Poll};

use crate::callback::{self, Watcher};
use crate::handle::Handle;
use crate::io::Interest;

/// What can be registered: on unix whatever has a file descriptor, on Windows whatever has a socket.
#[cfg(unix)]
pub trait AsSource: std::os::fd::AsFd {}
#[cfg(unix)]
impl<T: std::os::fd::AsFd> AsSource for T {}

/// What can be registered: on unix whatever has a file descriptor, on Windows whatever has a socket.
#[cfg(windows)]
pub trait AsSource: std::os::windows::io::AsSocket {}
#[cfg(windows)]
impl<T: std::os::windows::io::AsSocket> AsSource for T {}

/// A loop that waits for descriptors.
///
/// ```
/// # #[cfg(unix)] mod example {
/// use loop_api::{io::Interest, readiness::{Readiness, Source}};
/// use std::io::{self, Read, Write};
/// use std::os::unix::net::UnixStream;
///
/// async fn example<H: Readiness>(handle: H) -> io::Result<()> {
///     let (mut here, there) = UnixStream::pair()?;
///     there.set_nonblocking(true)?;
///     let there = handle.register(there)?;
///     here.write_all(b"ciao")?;
///     let mut bytes = [0; 8];
///     let n = there.io(Interest::Readable, |mut stream| stream.read(&mut bytes)).await?;
///     assert_eq!(&bytes[..n], b"ciao");
///     Ok(())
/// }
/// # }
/// ```
pub trait Readiness: Handle {
    /// A registered descriptor.
    type Source<T: AsSource + Send + Sync + 'static>: Source<T> + 'static;

    /// Registers `io`, which must be non-blocking already, and must give the same descriptor as long as it lives. A descriptor is registered once: for a
    /// second registration, here or in a poller of the same runtime's such as tokio's `AsyncFd` on tokio, take a duplicate.
    ///
    /// # Errors
    ///
    /// `Unsupported` for what cannot be polled (a regular file), [`Closed`](crate::Closed) inside an `io::Error` on a closed loop,
    /// `AlreadyExists` where epoll has it already, else what the system said.
    fn register<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<Self::Source<T>>;

    // ---- provided ----

    /// As [`register`](Self::register), for what will be waited for to write it, such as a socket that connects. That is a hint, which spares a
    /// loop that asks its system for writability only when somebody waits for it one system call.
    ///
    /// # Errors
    ///
    /// As `register`.
    fn register_writer<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<Self::Source<T>> {
        self.register(io)
    }

    /// Calls `callback` on the loop's thread, through the queue of [`callback`], whenever `io` can be read, its other
    /// side has closed, or it has an error; again each turn for as long as this is so. `io` must be non-blocking, as for
    /// [`register`](Self::register). Any number of readers and writers may watch one descriptor: give each an `Arc` of it.
    ///
    /// A panic of the callback goes to the exception handler and does not end the watcher. An error of the descriptor does end it,
    /// and goes there too.
    ///
    /// ```
    /// # #[cfg(unix)] mod example {
    /// # use loop_api::readiness::Readiness;
    /// # use std::{io::{self, Read}, os::unix::net::UnixStream};
    /// # fn example<H: Readiness>(handle: &H, stream: UnixStream) -> io::Result<()> {
    /// stream.set_nonblocking(true)?;
    /// let reader = handle.add_reader(stream, |mut stream: &UnixStream| {
    ///     let mut bytes = [0; 512];
    ///     if let Ok(n) = stream.read(&mut bytes) {
    ///         println!("{:?}", &bytes[..n]);
    ///     }
    /// })?;
    /// // ... the loop runs ...
    /// assert!(reader.cancel());
    /// assert!(!reader.cancel(), "only once");
    /// # Ok(()) }}
    /// ```
    ///
    /// # Errors
    ///
    /// As `register`.
    #[track_caller]
    fn add_reader<T, F>(&self, io: T, callback: F) -> io::Result<Watcher>
    where
        T: AsSource + Send + Sync + 'static,
        F: FnMut(&T) + Send + 'static,
    {
        callback::watch(self, io, Interest::Readable, callback)
    }

    /// As [`add_reader`](Self::add_reader), whenever `io` can be written or has an error, such as that of a connection that failed.
    ///
    /// # Errors
    ///
    /// As `register`.
    #[track_caller]
    fn add_writer<T, F>(&self, io: T, callback: F) -> io::Result<Watcher>
    where
        T: AsSource + Send + Sync + 'static,
        F: FnMut(&T) + Send + 'static,
    {
        callback::watch(self, io, Interest::Writable, callback)
    }
}

/// What one transfer of a stream moved: see [`Source::poll_transfer`].
///
/// A transfer of fewer bytes than were asked for is the last for now only where nothing else ends one early. On a TCP socket these do, beside an
/// empty or a full buffer: more slices than the system takes at once, and urgent data, which a loop with edges has to look
/// for itself. On a unix stream a message with a descriptor or of another sender does, too, which its `recvmsg` tells. Where
/// messages keep their bounds (datagrams, `SOCK_SEQPACKET`, packet pipes, terminals, eventfd, inotify) a short transfer
/// says nothing at all.
///
/// ```
/// use loop_api::readiness::Moved;
/// assert!(Moved::of(3, 8).is_last());
/// assert!(!Moved::of(8, 8).is_last());
/// assert!(!Moved::of(0, 8).is_last(), "the end, which is no reason to wait");
/// assert!(!Moved::some(3).is_last());
/// assert!(!Moved::of(1 << 30, usize::MAX).is_last(), "as much as the system moves at once");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    bytes: usize,
    last: bool,
}

impl Moved {
    /// From so many bytes on the system may have ended the transfer: Linux moves up to 2 GiB at once.
    const MUCH: usize = 1 << 30;

    /// So many of the bytes that were `wanted`; fewer are all for now, because nothing else can end this transfer.
    #[inline]
    pub const fn of(bytes: usize, wanted: usize) -> Moved {
        Moved { bytes, last: 0 < bytes && bytes < wanted && bytes < Self::MUCH }
    }

    /// So many bytes, which tell nothing about whether there are more.
    #[inline]
    pub const fn some(bytes: usize) -> Moved {
        Moved { bytes, last: false }
    }

    /// How many bytes it were.
    #[inline]
    pub const fn bytes(self) -> usize {
        self.bytes
    }

    /// Whether the next transfer would block, as far as this one can tell.
    #[inline]
    pub const fn is_last(self) -> bool {
        self.last
    }
}

/// A registered descriptor; dropping it deregisters it before it is closed, so that no event of it can reach whoever
/// gets its number next.
pub trait Source<T>: fmt::Debug + Send + Sync + Unpin {
    /// Tries `op` when the direction may be ready; on `WouldBlock` it registers the waker and waits. `Interrupted` is tried
    /// again. Hides whether the poller is edge triggered, level triggered or oneshot.
    ///
    /// One waiter a direction: a second one may take the first one's place, unless the backend says more.
    /// Readers and writers never take each other's. Cancel safe: nothing is lost that `op` did not take.
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>>;

    /// As `poll_io`, for the bytes of a stream: `op` gives how many it moved, and whether that was all there were or had room. If so, and
    /// where its system can be trusted in this, the loop lets the next call wait at once, without a system call that could only answer
    /// `WouldBlock`. What is said wrongly makes the next call wait for ever: see [`Moved`].
    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>> {
        self.poll_io(cx, interest, |io| op(io).map(Moved::bytes))
    }

    /// As `poll_io`, for any number of waiters at once.
    fn io<R: Send>(
        &self,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<R> + Send,
    ) -> impl Future<Output = io::Result<R>> + Send;

    /// What was registered.
    fn get_ref(&self) -> &T;

    /// Deregisters, and gives back what was registered, still non-blocking.
    ///
    /// # Errors
    ///
    /// What the system said.
    fn into_inner(self) -> io::Result<T>;
}
