//! A descriptor on the loop, and beside it what owns or borrows it.
//!
//! The loop is given the bare descriptor, so that what holds it may be borrowed, need be neither
//! `Send` nor `Sync`, and can be lent out mutably.
#![allow(unsafe_code)]

use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd as Raw};
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, RawSocket as Raw};
use std::task::{Context, Poll};

use loop_api::io::Interest;
use loop_api::readiness::{Readiness, Source};

use crate::any::{self, each};
use crate::runtime::Handle;

/// What the loop registers.
///
/// # Invariant
///
/// It is used only while a [`Held`] holds what the descriptor was asked of, and that still gives
/// the same one: so it is open.
pub(crate) struct Descriptor(Raw);

#[cfg(unix)]
impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: it is open, by the invariant, and so it is not -1.
        unsafe { BorrowedFd::borrow_raw(self.0) }
    }
}

#[cfg(windows)]
impl AsSocket for Descriptor {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        // SAFETY: as above.
        unsafe { BorrowedSocket::borrow_raw(self.0) }
    }
}

/// How what is held is asked for its descriptor.
///
/// # Safety
///
/// As long as the value is borrowed by shared reference only, `raw` must give an open descriptor,
/// and always the same.
pub(crate) unsafe trait Ask<T> {
    fn raw(&self, io: &T) -> Raw;
}

/// By `AsFd` or `AsSocket`, whose answer is open as long as the value is borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Borrowing;

// SAFETY: what is borrowed is open, and lives as long as the value is borrowed. A value that gives
// now this one and now that keeps both open.
#[cfg(unix)]
unsafe impl<T: AsFd> Ask<T> for Borrowing {
    #[inline]
    fn raw(&self, io: &T) -> Raw {
        io.as_fd().as_raw_fd()
    }
}

// SAFETY: as above.
#[cfg(windows)]
unsafe impl<T: AsSocket> Ask<T> for Borrowing {
    #[inline]
    fn raw(&self, io: &T) -> Raw {
        io.as_socket().as_raw_socket()
    }
}

/// By a function that was chosen when it was registered.
#[cfg(unix)]
pub(crate) struct Chosen<T>(fn(&T) -> Raw);

#[cfg(unix)]
impl<T> Chosen<T> {
    /// As [`Borrowing`].
    pub(crate) fn borrowing() -> Self
    where
        T: AsFd,
    {
        Chosen(|io| Borrowing.raw(io))
    }

    /// By `AsRawFd`, which promises nothing.
    ///
    /// # Safety
    ///
    /// As [`Ask`] says, of the values that it is asked of.
    pub(crate) unsafe fn promised() -> Self
    where
        T: AsRawFd,
    {
        Chosen(T::as_raw_fd)
    }
}

#[cfg(unix)]
impl<T> Clone for Chosen<T> {
    fn clone(&self) -> Self {
        *self
    }
}

#[cfg(unix)]
impl<T> Copy for Chosen<T> {}

// SAFETY: it was made so that this holds.
#[cfg(unix)]
unsafe impl<T> Ask<T> for Chosen<T> {
    #[inline]
    fn raw(&self, io: &T) -> Raw {
        (self.0)(io)
    }
}

/// `io`, and its registration. Dropping it ends the registration first.
pub(crate) struct Held<T, A: Ask<T> + Copy> {
    /// `None` once it was taken, or was leaked because the descriptor had changed: the one that it
    /// knows may be closed, or another's.
    source: Option<any::Source<Descriptor>>,
    /// `None` only while it is taken apart.
    io: Option<T>,
    registered: Raw,
    ask: A,
}

impl<T, A: Ask<T> + Copy> Held<T, A> {
    /// Registers the descriptor of `io`.
    pub(crate) fn new(handle: &Handle, io: T, ask: A) -> Result<Self, (T, io::Error)> {
        let registered = ask.raw(&io);
        // What `BorrowedFd` cannot even hold.
        if registered as isize == -1 {
            let message = "what is to be registered has no open descriptor";
            return Err((io, io::Error::new(io::ErrorKind::InvalidInput, message)));
        }
        match handle.register_descriptor(Descriptor(registered)) {
            Ok(source) => Ok(Held { source: Some(source), io: Some(io), registered, ask }),
            Err(error) => Err((io, error)),
        }
    }

    #[inline]
    pub(crate) fn get_ref(&self) -> &T {
        match &self.io {
            Some(io) => io,
            None => unreachable!("it is taken apart only when it is dropped"),
        }
    }

    /// What is held, to do anything to. With another descriptor it is an error to wait.
    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut T {
        match &mut self.io {
            Some(io) => io,
            None => unreachable!("it is taken apart only when it is dropped"),
        }
    }

    /// Whether `io` still has the descriptor that was registered: a mutable reference may have put
    /// another one in its place.
    #[inline]
    fn is_unchanged(&self) -> bool {
        self.ask.raw(self.get_ref()) == self.registered
    }

    /// The registration, to use while this is borrowed.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the descriptor has changed.
    #[inline]
    pub(crate) fn source(&self) -> io::Result<&any::Source<Descriptor>> {
        match &self.source {
            Some(source) if self.is_unchanged() => Ok(source),
            _ => Err(changed()),
        }
    }

    /// Polls the registration with an operation that may do anything to `io`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the descriptor has changed; those of the operation.
    #[inline]
    pub(crate) fn poll_mut<R>(
        &mut self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&mut T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        if !self.is_unchanged() {
            return Poll::Ready(Err(changed()));
        }
        // Leaked if `op` panics, after which the descriptor may be another one.
        let Some(source) = self.source.take().map(ManuallyDrop::new) else {
            return Poll::Ready(Err(changed()));
        };
        let (registered, ask) = (self.registered, self.ask);
        let io = self.get_mut();
        let attempt = |_: &Descriptor| {
            let result = op(io);
            // An error that ends the poll: the registration is not used again in it.
            if ask.raw(io) == registered { result } else { Err(changed()) }
        };
        let polled = each!(Source; &*source, source => source.poll_io(cx, interest, attempt));
        if self.is_unchanged() {
            self.source = Some(ManuallyDrop::into_inner(source));
        }
        polled
    }

    /// Ends the registration.
    pub(crate) fn into_inner(mut self) -> (T, io::Result<()>) {
        let ended = match self.source.take() {
            Some(source) if self.is_unchanged() => {
                each!(Source; source, source => source.into_inner().map(drop))
            }
            changed => {
                let _leaked = ManuallyDrop::new(changed);
                Ok(())
            }
        };
        match self.io.take() {
            Some(io) => (io, ended),
            None => unreachable!("it is taken apart only when it is dropped"),
        }
    }
}

#[cold]
fn changed() -> io::Error {
    let message = "the descriptor is another one than was registered: keep the same, or take it apart \
                   by into_inner and register it anew";
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl<T, A: Ask<T> + Copy> Drop for Held<T, A> {
    fn drop(&mut self) {
        if self.io.is_some() && !self.is_unchanged() {
            let _leaked = self.source.take().map(ManuallyDrop::new);
        }
        // What is left is dropped before `io`, as it stands before it.
    }
}

// Nothing in it is ever pinned.
impl<T, A: Ask<T> + Copy> Unpin for Held<T, A> {}

impl<T, A: Ask<T> + Copy> fmt::Debug for Held<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("descriptor", &self.registered).finish_non_exhaustive()
    }
}

impl Handle {
    fn register_descriptor(&self, descriptor: Descriptor) -> io::Result<any::Source<Descriptor>> {
        each!(Handle => Source as wrap; &self.0, h => h.register(descriptor).map(wrap))
    }
}
