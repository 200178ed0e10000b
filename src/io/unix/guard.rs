//! What readiness gives: a guard by which it is said whether it is used up.

use std::fmt;
use std::io;
use std::os::fd::AsRawFd;
use std::task::{Context, Poll, ready};

use loop_api::io::Interest as Direction;

use super::AsyncFd;
use crate::io::{Interest, Ready};

/// The operation would have blocked; the readiness that was remembered is cleared.
#[derive(Debug)]
pub struct TryIoError(());

impl fmt::Display for TryIoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation would block: wait until it is ready again")
    }
}

impl std::error::Error for TryIoError {}

macro_rules! guard {
    ($(#[$doc:meta])* $name:ident<$a:lifetime>, $borrow:ty) => {
        $(#[$doc])*
        ///
        /// The descriptor stays known to be ready until an operation in [`try_io`](Self::try_io)
        /// would have blocked, or [`clear_ready`](Self::clear_ready) says so. After that the system
        /// is asked again, so that no readiness is lost.
        #[must_use = "say whether the readiness is used up: try_io, clear_ready or retain_ready"]
        pub struct $name<$a, T: AsRawFd> {
            async_fd: $borrow,
            ready: Ready,
        }

        impl<$a, T: AsRawFd> $name<$a, T> {
            pub(super) fn new(async_fd: $borrow, ready: Ready) -> Self {
                $name { async_fd, ready }
            }

            /// Says that it is no longer ready: the last operation would have blocked.
            pub fn clear_ready(&mut self) {
                self.clear_ready_matching(Ready::ALL);
            }

            /// [`clear_ready`](Self::clear_ready) of these states alone.
            pub fn clear_ready_matching(&mut self, ready: Ready) {
                self.async_fd.forget(self.ready & ready);
                self.ready = self.ready - ready;
            }

            /// Says that it is still ready, which it is taken for anyway.
            pub fn retain_ready(&mut self) {}

            /// What it was ready for when it was asked, without what was cleared here.
            pub fn ready(&self) -> Ready {
                self.ready
            }
        }

        impl<T: fmt::Debug + AsRawFd> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("async_fd", &self.async_fd)
                    .field("ready", &self.ready)
                    .finish()
            }
        }
    };
}

guard! {
    /// The readiness of an [`AsyncFd`], which is borrowed.
    AsyncFdReadyGuard<'a>, &'a AsyncFd<T>
}
guard! {
    /// The readiness of an [`AsyncFd`], which is borrowed mutably.
    AsyncFdReadyMutGuard<'a>, &'a mut AsyncFd<T>
}

impl<'a, T: AsRawFd> AsyncFdReadyGuard<'a, T> {
    /// Tries `f` once, and clears the readiness if that gives `WouldBlock`.
    ///
    /// # Errors
    ///
    /// [`TryIoError`] if it gives `WouldBlock`; every other error is in the inner result.
    pub fn try_io<R>(
        &mut self,
        f: impl FnOnce(&'a AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        match f(self.async_fd) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.clear_ready();
                Err(TryIoError(()))
            }
            result => Ok(result),
        }
    }

    /// What is ready.
    pub fn get_ref(&self) -> &'a AsyncFd<T> {
        self.async_fd
    }

    /// What was registered.
    pub fn get_inner(&self) -> &'a T {
        self.async_fd.get_ref()
    }
}

impl<T: AsRawFd> AsyncFdReadyMutGuard<'_, T> {
    /// Tries `f` once, and clears the readiness if that gives `WouldBlock`.
    ///
    /// # Errors
    ///
    /// [`TryIoError`] if it gives `WouldBlock`; every other error is in the inner result.
    pub fn try_io<R>(
        &mut self,
        f: impl FnOnce(&mut AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        match f(self.async_fd) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.clear_ready();
                Err(TryIoError(()))
            }
            result => Ok(result),
        }
    }

    /// What is ready.
    pub fn get_ref(&self) -> &AsyncFd<T> {
        self.async_fd
    }

    /// What is ready.
    pub fn get_mut(&mut self) -> &mut AsyncFd<T> {
        self.async_fd
    }

    /// What was registered.
    pub fn get_inner(&self) -> &T {
        self.async_fd.get_ref()
    }

    /// What was registered.
    pub fn get_inner_mut(&mut self) -> &mut T {
        self.async_fd.get_mut()
    }
}

impl<T: AsRawFd> AsyncFd<T> {
    /// Waits until it is ready for any of `interest`, or has an error. Cancel safe; any number may
    /// wait.
    ///
    /// # Errors
    ///
    /// `Unsupported` if `interest` is neither readable nor writable; any error of `poll(2)`, or
    /// that the loop is closed.
    pub async fn ready(&self, interest: Interest) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        Ok(AsyncFdReadyGuard::new(self, self.wait(interest).await?))
    }

    /// [`ready`](Self::ready), with a guard that borrows this mutably.
    ///
    /// # Errors
    ///
    /// As `ready`.
    pub async fn ready_mut(&mut self, interest: Interest) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        let ready = self.wait(interest).await?;
        Ok(AsyncFdReadyMutGuard::new(self, ready))
    }

    /// Waits until something can be read, or the other side has closed. Cancel safe; any number
    /// may wait.
    ///
    /// # Errors
    ///
    /// Any error of `poll(2)`, or that the loop is closed.
    pub async fn readable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::READABLE).await
    }

    /// [`readable`](Self::readable), with a guard that borrows this mutably.
    ///
    /// # Errors
    ///
    /// As `readable`.
    pub async fn readable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::READABLE).await
    }

    /// Waits until something can be written, or there is an error. Cancel safe; any number may
    /// wait.
    ///
    /// # Errors
    ///
    /// Any error of `poll(2)`, or that the loop is closed.
    pub async fn writable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::WRITABLE).await
    }

    /// [`writable`](Self::writable), with a guard that borrows this mutably.
    ///
    /// # Errors
    ///
    /// As `writable`.
    pub async fn writable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::WRITABLE).await
    }

    /// [`readable`](Self::readable) as a poll; a second waiter takes the first one's place.
    ///
    /// # Errors
    ///
    /// As `readable`.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<AsyncFdReadyGuard<'_, T>>> {
        let ready = ready!(self.poll_ready(cx, Direction::Readable))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, ready)))
    }

    /// [`readable_mut`](Self::readable_mut) as a poll; a second waiter takes the first one's place.
    ///
    /// # Errors
    ///
    /// As `readable`.
    pub fn poll_read_ready_mut(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'_, T>>> {
        let ready = ready!(self.poll_ready(cx, Direction::Readable))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, ready)))
    }

    /// [`writable`](Self::writable) as a poll; a second waiter takes the first one's place.
    ///
    /// # Errors
    ///
    /// As `writable`.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<AsyncFdReadyGuard<'_, T>>> {
        let ready = ready!(self.poll_ready(cx, Direction::Writable))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, ready)))
    }

    /// [`writable_mut`](Self::writable_mut) as a poll; a second waiter takes the first one's place.
    ///
    /// # Errors
    ///
    /// As `writable`.
    pub fn poll_write_ready_mut(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'_, T>>> {
        let ready = ready!(self.poll_ready(cx, Direction::Writable))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, ready)))
    }
}
