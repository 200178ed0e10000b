//! What readiness gives: a guard by which it is said whether it is used up.

use std::fmt;
use std::io;
use std::os::fd::AsRawFd;

use super::AsyncFd;
use crate::io::Ready;

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
