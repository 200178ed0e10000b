//! What is registered, with its descriptor asked for once.
#![allow(unsafe_code)]

use loop_api::readiness::AsSource;

#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd as Raw};
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, RawSocket as Raw};

/// Safe code may give another descriptor each time that it is asked. A poller that has one must be
/// told of the same one when it is to forget it, and that one must be open until then.
///
/// # Invariant
///
/// `number` is what `io` gave when this was made, and from then on `io` is borrowed by shared
/// reference only, until it is taken out. What it gave stays open as long as `io` is borrowed; that
/// it was moved in here meanwhile no code of its own can notice. So `number` is open and means the
/// same.
pub(crate) struct Registered<T> {
    number: Raw,
    io: T,
}

impl<T: AsSource> Registered<T> {
    pub(crate) fn new(io: T) -> Self {
        #[cfg(unix)]
        let number = io.as_fd().as_raw_fd();
        #[cfg(windows)]
        let number = io.as_socket().as_raw_socket();
        Registered { number, io }
    }

    #[inline]
    pub(crate) fn get(&self) -> &T {
        &self.io
    }

    pub(crate) fn into_inner(self) -> T {
        self.io
    }
}

#[cfg(unix)]
impl<T> AsFd for Registered<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: it is open as long as this lives, by the invariant.
        unsafe { BorrowedFd::borrow_raw(self.number) }
    }
}

#[cfg(windows)]
impl<T> AsSocket for Registered<T> {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        // SAFETY: as for a descriptor.
        unsafe { BorrowedSocket::borrow_raw(self.number) }
    }
}
