//! Errors that say what was tried.

use std::error::Error;
use std::fmt;
use std::io;

/// The error of a call on an address: its message is "cannot `what` `addr`: ", the system's own
/// words, and the remedy where it is known. The kind stays; the system's error, with its number, is
/// the [`source`](Error::source) of the inner error.
///
/// ```
/// use std::io;
/// let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
/// let error = loop_api::net::error::cannot("connect to", "127.0.0.1:1", refused);
/// assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
/// assert!(error.to_string().starts_with("cannot connect to 127.0.0.1:1: connection refused"));
/// ```
#[cold]
pub fn cannot(what: &str, addr: impl fmt::Display, error: io::Error) -> io::Error {
    tried(format!("cannot {what} {addr}"), remedy(&error), error)
}

/// An error of the same kind, with what was tried before its message and the remedy behind it.
pub(crate) fn tried(message: String, remedy: &'static str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), Tried { message, remedy, error })
}

/// The system's number of an error, also where [`cannot`] has added to its words what was tried:
/// `io::Error::raw_os_error` is `None` then, as an `io::Error` holds either a number or a message.
///
/// ```
/// use std::io;
/// use loop_api::net::error::{cannot, raw_os_error};
/// let error = cannot("connect to", "127.0.0.1:1", io::Error::from_raw_os_error(111));
/// assert_eq!((error.raw_os_error(), raw_os_error(&error)), (None, Some(111)));
/// ```
pub fn raw_os_error(error: &io::Error) -> Option<i32> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        let code = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        if code.is_some() {
            return code;
        }
        next = error.source();
    }
    None
}

/// A stream's error of writing, of the kind that it has on unix: after the direction was closed,
/// `BrokenPipe`. Windows' own error for that has no kind.
///
/// ```
/// use std::io;
/// use loop_api::net::error::written;
/// assert_eq!(written(io::ErrorKind::BrokenPipe.into()).kind(), io::ErrorKind::BrokenPipe);
/// ```
#[inline]
pub fn written(error: io::Error) -> io::Error {
    if is_shut_down(&error) { io::ErrorKind::BrokenPipe.into() } else { error }
}

#[cfg(windows)]
fn is_shut_down(error: &io::Error) -> bool {
    const WSAESHUTDOWN: i32 = 10058;
    error.raw_os_error() == Some(WSAESHUTDOWN)
}

#[cfg(not(windows))]
fn is_shut_down(_: &io::Error) -> bool {
    false
}

fn remedy(error: &io::Error) -> &'static str {
    use io::ErrorKind::{AddrInUse, AddrNotAvailable, ConnectionRefused, PermissionDenied};
    match error.kind() {
        AddrInUse => ": choose another address, or stop what uses this one",
        AddrNotAvailable => ": use an address of this machine, or 0.0.0.0 or [::] for all of them",
        ConnectionRefused => ": is a server listening there?",
        PermissionDenied => ": ports below 1024 and other users' files need more rights",
        _ => "",
    }
}

#[derive(Debug)]
struct Tried {
    message: String,
    remedy: &'static str,
    error: io::Error,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", self.message, self.error, self.remedy)
    }
}

impl Error for Tried {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
