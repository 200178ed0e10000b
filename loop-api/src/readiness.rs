//! Any descriptor (on Windows: socket) on the loop.

use std::io;

use crate::callback::{self, Watcher};
use crate::handle::Handle;
use crate::io::Interest;

mod source;

pub use source::{AsSource, Moved, Source};

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

    /// Registers `io`, which must be non-blocking already, and must give the same descriptor as
    /// long as it lives. A descriptor is registered once: for a second registration, here or in a
    /// poller of the same runtime's such as tokio's `AsyncFd` on tokio, take a duplicate.
    ///
    /// # Errors
    ///
    /// `Unsupported` for what cannot be polled (a regular file), [`Closed`](crate::Closed) inside
    /// an `io::Error` on a closed loop, `AlreadyExists` where epoll has it already; any other error
    /// of the poller, such as one of `epoll_ctl(2)`.
    fn register<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<Self::Source<T>>;

    // ---- provided ----

    /// As [`register`](Self::register), for what will be waited for to write it, such as a socket
    /// that connects. That is a hint, which spares a loop that asks its system for writability only
    /// when a task waits for it one system call.
    ///
    /// # Errors
    ///
    /// As `register`.
    fn register_writer<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<Self::Source<T>> {
        self.register(io)
    }

    /// Calls `callback` on the loop's thread, through the queue of [`callback`], whenever `io` can
    /// be read, its other side has closed, or it has an error; again each turn for as long as this
    /// is so. `io` must be non-blocking, as for [`register`](Self::register). Any number of readers
    /// and writers may watch one descriptor: give each an `Arc` of it.
    ///
    /// A panic of the callback goes to the exception handler and does not end the watcher. An error
    /// of the descriptor does end it, and goes there too.
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
        callback::watch(self, io, Interest::Readable, callback, |io| self.register(io))
    }

    /// As [`add_reader`](Self::add_reader), whenever `io` can be written or has an error, such as
    /// that of a connection that failed.
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
        callback::watch(self, io, Interest::Writable, callback, |io| self.register(io))
    }
}
