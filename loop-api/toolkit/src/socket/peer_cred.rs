//! Who the peer of a unix stream is. The one place that asks the C library, as no crate below tells
//! it on all systems.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// The process, where the system tells, the user and the group of the peer of a unix stream.
///
/// # Errors
///
/// Any error of `getsockopt(2)` or `getpeereid(3)`; `Unsupported` where there is neither.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let (one, other) = std::os::unix::net::UnixStream::pair()?;
/// assert_eq!(loop_toolkit::socket::peer_cred(&one)?, loop_toolkit::socket::peer_cred(&other)?);
/// # Ok(())
/// # }
/// ```
pub fn peer_cred(stream: impl AsFd) -> io::Result<(Option<i32>, u32, u32)> {
    ask(stream.as_fd())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn ask(stream: BorrowedFd<'_>) -> io::Result<(Option<i32>, u32, u32)> {
    use std::os::fd::AsRawFd;

    let mut cred = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut size = size_of_val(&cred) as libc::socklen_t;
    // SAFETY: the descriptor is borrowed, and the pointers are to values of the sizes that are said
    // and live for the call.
    let asked = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            std::ptr::from_mut(&mut cred).cast(),
            &mut size,
        )
    };
    match asked {
        0 => Ok((Some(cred.pid), cred.uid, cred.gid)),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(any(
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
))]
fn ask(stream: BorrowedFd<'_>) -> io::Result<(Option<i32>, u32, u32)> {
    use std::os::fd::AsRawFd;

    let (mut uid, mut gid) = (0, 0);
    // SAFETY: the descriptor is borrowed, and the pointers are to values that live for the call.
    match unsafe { libc::getpeereid(stream.as_raw_fd(), &mut uid, &mut gid) } {
        0 => Ok((None, uid, gid)),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
)))]
fn ask(stream: BorrowedFd<'_>) -> io::Result<(Option<i32>, u32, u32)> {
    let _ = stream;
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system does not tell who a peer is"))
}
