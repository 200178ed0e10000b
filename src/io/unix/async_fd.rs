//! tokio's `AsyncFd` on any loop.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use loop_api::io::Interest as Direction;
use loop_api::readiness::Source;
use loop_toolkit::socket::state;

use crate::any::{self, each};
use crate::io::held::{Chosen, Descriptor, Held};
use crate::io::{Interest, Ready};
use crate::runtime::Handle;
use crate::task::yield_now;

/// A descriptor on the loop, whose readiness is told apart from what is done with it: tokio's type
/// of this name. [`Async`](crate::io::Async) is the simpler one.
///
/// The descriptor must be non-blocking already. What it is ready for is remembered until an
/// operation would have blocked: see [`AsyncFdReadyGuard`](super::AsyncFdReadyGuard). Any number may wait in the async
/// methods, one waiter a direction in those called `poll_`; all are cancel safe. Dropping it takes
/// it off the loop, and then drops what was registered.
///
/// After a [`clear_ready`](super::AsyncFdReadyGuard::clear_ready) the system is asked whether the
/// descriptor is ready, where tokio waits for the next event: what is said wrongly costs a call,
/// and no wait without end.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
/// use anyloop::io::unix::AsyncFd;
///
/// let (mut here, there) = UnixStream::pair()?;
/// there.set_nonblocking(true)?;
/// let there = AsyncFd::new(there)?;
/// here.write_all(b"ciao")?;
/// let mut bytes = [0; 16];
/// let read = loop {
///     let mut guard = there.readable().await?;
///     match guard.try_io(|fd| fd.get_ref().read(&mut bytes)) {
///         Ok(read) => break read?,
///         Err(_would_block) => continue,
///     }
/// };
/// assert_eq!(&bytes[..read], b"ciao");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct AsyncFd<T: AsRawFd> {
    held: Held<T, Chosen<T>>,
    /// What is known to be ready: bits of `Ready`.
    known: AtomicU8,
}

impl<T: AsRawFd> AsyncFd<T> {
    /// Registers `inner` with the loop that the caller runs in.
    ///
    /// # Errors
    ///
    /// `Unsupported` for what cannot be polled (a regular file); [`NoLoop`](crate::runtime::NoLoop)
    /// inside an `io::Error` without a loop; else any error of adding it to the loop's poller.
    pub fn new(inner: T) -> io::Result<AsyncFd<T>>
    where
        T: AsFd,
    {
        Ok(AsyncFd::try_new(inner)?)
    }

    /// [`new`](Self::new). Whatever the interest, both directions can be waited for.
    ///
    /// # Errors
    ///
    /// As `new`.
    pub fn with_interest(inner: T, interest: Interest) -> io::Result<AsyncFd<T>>
    where
        T: AsFd,
    {
        Ok(AsyncFd::try_with_interest(inner, interest)?)
    }

    /// [`new`](Self::new) that gives `inner` back if it cannot be registered.
    ///
    /// # Errors
    ///
    /// As `new`, with `inner`.
    pub fn try_new(inner: T) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>>
    where
        T: AsFd,
    {
        AsyncFd::registered(inner, Chosen::borrowing())
    }

    /// [`try_new`](Self::try_new). Whatever the interest, both directions can be waited for.
    ///
    /// # Errors
    ///
    /// As `new`, with `inner`.
    pub fn try_with_interest(inner: T, interest: Interest) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>>
    where
        T: AsFd,
    {
        let _both_anyway = interest;
        AsyncFd::try_new(inner)
    }

    /// [`try_new`](Self::try_new) for what has no [`AsFd`].
    ///
    /// # Safety
    ///
    /// `inner.as_raw_fd()` must give an open descriptor, the same each time, as long as this lives.
    ///
    /// # Errors
    ///
    /// As `new`, with `inner`.
    #[allow(unsafe_code)]
    pub unsafe fn register(inner: T) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>> {
        // SAFETY: the caller promises so.
        AsyncFd::registered(inner, unsafe { Chosen::promised() })
    }

    /// [`register`](Self::register). Whatever the interest, both directions can be waited for.
    ///
    /// # Safety
    ///
    /// As `register`.
    ///
    /// # Errors
    ///
    /// As `new`, with `inner`.
    #[allow(unsafe_code)]
    pub unsafe fn register_with_interest(
        inner: T,
        interest: Interest,
    ) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>> {
        let _both_anyway = interest;
        // SAFETY: the caller promises so.
        unsafe { AsyncFd::register(inner) }
    }

    fn registered(inner: T, ask: Chosen<T>) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>> {
        let handle = match Handle::try_current() {
            Ok(handle) => handle,
            Err(error) => return Err(AsyncFdRegisterError { inner, cause: error.into() }),
        };
        match Held::new(&handle, inner, ask) {
            Ok(held) => Ok(AsyncFd { held, known: AtomicU8::new(0) }),
            Err((inner, cause)) => Err(AsyncFdRegisterError { inner, cause }),
        }
    }

    /// What was registered.
    pub fn get_ref(&self) -> &T {
        self.held.get_ref()
    }

    /// What was registered. With another descriptor in its place, waiting is an error.
    pub fn get_mut(&mut self) -> &mut T {
        self.held.get_mut()
    }

    /// Takes it off the loop, and gives back what was registered, still non-blocking.
    pub fn into_inner(self) -> T {
        self.held.into_inner().0
    }

    /// Tries `f` until it gives something else than `WouldBlock`, waiting in between. Cancel safe.
    ///
    /// # Errors
    ///
    /// That of `f`; those of [`ready`](Self::ready).
    pub async fn async_io<R>(
        &self,
        interest: Interest,
        mut f: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            let ready = self.wait(interest).await?;
            match f(self.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.is_said_to_be_ready(interest, ready) {
                        yield_now().await;
                    }
                }
                result => return result,
            }
        }
    }

    /// [`async_io`](Self::async_io) through a mutable reference.
    ///
    /// # Errors
    ///
    /// As `async_io`.
    pub async fn async_io_mut<R>(
        &mut self,
        interest: Interest,
        mut f: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            let ready = self.wait(interest).await?;
            match f(self.get_mut()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.is_said_to_be_ready(interest, ready) {
                        yield_now().await;
                    }
                }
                result => return result,
            }
        }
    }

    /// Tries `f` if it is ready for any of `interest`.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if it is not; else that of `f`.
    pub fn try_io<R>(&self, interest: Interest, f: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        let ready = self.now(interest)?;
        self.tried(ready, f(self.get_ref()))
    }

    /// [`try_io`](Self::try_io) through a mutable reference.
    ///
    /// # Errors
    ///
    /// As `try_io`.
    pub fn try_io_mut<R>(
        &mut self,
        interest: Interest,
        f: impl FnOnce(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let ready = self.now(interest)?;
        let result = f(self.get_mut());
        self.tried(ready, result)
    }

    fn tried<R>(&self, ready: Ready, result: io::Result<R>) -> io::Result<R> {
        if matches!(&result, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
            self.forget(ready);
        }
        result
    }

    /// Drops what was known.
    pub(super) fn forget(&self, ready: Ready) {
        self.known.fetch_and(!ready.bits(), Ordering::Relaxed);
    }

    /// What of `mask` is known.
    fn known(&self, mask: Ready) -> Ready {
        Ready::from_bits(self.known.load(Ordering::Relaxed)) & mask
    }

    /// What it is ready for, known or asked.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing.
    fn now(&self, interest: Interest) -> io::Result<Ready> {
        let mask = interest.mask();
        match self.known(mask) {
            Ready::EMPTY => {
                each!(Source; self.held.source()?, source => ask(&self.known, source.get_ref(), mask))
            }
            known => Ok(known),
        }
    }

    pub(super) fn poll_ready(&self, cx: &mut Context<'_>, direction: Direction) -> Poll<io::Result<Ready>> {
        let mask = match direction {
            Direction::Readable => Interest::READABLE.mask(),
            Direction::Writable => Interest::WRITABLE.mask(),
        };
        match self.known(mask) {
            Ready::EMPTY => each!(Source; self.held.source()?, source => {
                source.poll_io(cx, direction, |descriptor| ask(&self.known, descriptor, mask))
            }),
            known => Poll::Ready(Ok(known)),
        }
    }

    /// Waits, without `T`: what waits can be sent where that is not `Sync`.
    pub(super) fn wait(&self, interest: Interest) -> impl Future<Output = io::Result<Ready>> + use<'_, T> {
        wait(self.held.source(), &self.known, interest)
    }

    /// An operation found it not ready after all, though it was taken to be: whether the system
    /// says so all the same. To ask again at once would keep the loop forever.
    fn is_said_to_be_ready(&self, interest: Interest, ready: Ready) -> bool {
        self.forget(ready);
        self.now(interest).is_ok()
    }
}

async fn wait(
    source: io::Result<&any::Source<Descriptor>>,
    known: &AtomicU8,
    interest: Interest,
) -> io::Result<Ready> {
    let mask = interest.mask();
    let ready = Ready::from_bits(known.load(Ordering::Relaxed)) & mask;
    if !ready.is_empty() {
        return Ok(ready);
    }
    let ask = move |descriptor: &Descriptor| ask(known, descriptor, mask);
    each!(Source; source?, source => match (interest.is_readable(), interest.is_writable()) {
        (true, false) => source.io(Direction::Readable, ask).await,
        (false, true) => source.io(Direction::Writable, ask).await,
        (true, true) => {
            let mut read = pin!(source.io(Direction::Readable, ask));
            let mut write = pin!(source.io(Direction::Writable, ask));
            poll_fn(|cx| match read.as_mut().poll(cx) {
                Poll::Pending => write.as_mut().poll(cx),
                ready => ready,
            })
            .await
        }
        (false, false) => Err(crate::io::alone()),
    })
}

/// What of `mask` the system says it is ready for, which is known then.
///
/// # Errors
///
/// `WouldBlock` if nothing.
fn ask(known: &AtomicU8, descriptor: &Descriptor, mask: Ready) -> io::Result<Ready> {
    let ready = Ready::from(state(descriptor)?) & mask;
    if ready.is_empty() {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    known.fetch_or(ready.bits(), Ordering::Relaxed);
    Ok(ready)
}

impl<T: AsRawFd> AsRawFd for AsyncFd<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.get_ref().as_raw_fd()
    }
}

impl<T: AsRawFd + AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: fmt::Debug + AsRawFd> fmt::Debug for AsyncFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFd").field("inner", self.get_ref()).finish()
    }
}

impl<T: AsRawFd> UnwindSafe for AsyncFd<T> {}
impl<T: AsRawFd> RefUnwindSafe for AsyncFd<T> {}

/// A descriptor that could not be registered, and why.
pub struct AsyncFdRegisterError<T> {
    inner: T,
    cause: io::Error,
}

/// tokio's older name of [`AsyncFdRegisterError`].
pub type AsyncFdTryNewError<T> = AsyncFdRegisterError<T>;

impl<T> AsyncFdRegisterError<T> {
    /// What was to be registered, and why it could not be.
    pub fn into_parts(self) -> (T, io::Error) {
        (self.inner, self.cause)
    }
}

impl<T> fmt::Display for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl<T> fmt::Debug for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.cause, f)
    }
}

impl<T> Error for AsyncFdRegisterError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl<T> From<AsyncFdRegisterError<T>> for io::Error {
    fn from(error: AsyncFdRegisterError<T>) -> io::Error {
        error.cause
    }
}
