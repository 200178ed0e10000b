//! Accepting into a non-blocking socket, in one call where the system has accept4.

use std::io;
use std::net::SocketAddr;

/// Accepts a connection; its socket does not block.
///
/// # Errors
///
/// Any error of `accept(2)`; [`accept_retry`](crate::accept_retry) knows which of them pass.
pub fn accept_tcp(listener: &std::net::TcpListener) -> io::Result<(std::net::TcpStream, SocketAddr)> {
    sys::tcp(listener)
}

/// As [`accept_tcp`].
///
/// # Errors
///
/// As `accept_tcp`.
#[cfg(unix)]
pub fn accept_unix(
    listener: &std::os::unix::net::UnixListener,
) -> io::Result<(std::os::unix::net::UnixStream, std::os::unix::net::SocketAddr)> {
    sys::unix(listener)
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "openbsd"))]
mod sys {
    use std::io;
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::os::fd::{AsFd, OwnedFd};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    use std::os::unix::net;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    use rustix::net::SocketAddrUnix;
    use rustix::net::{SocketAddrAny, SocketFlags, acceptfrom_with};

    fn accept(listener: &impl AsFd) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
        Ok(acceptfrom_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?)
    }

    pub(super) fn tcp(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        let (fd, addr) = accept(listener)?;
        // A connection that was reset in the meantime may come without an address on some systems:
        // it is gone.
        let addr = addr.and_then(|addr| SocketAddr::try_from(addr).ok());
        Ok((TcpStream::from(fd), addr.ok_or(io::ErrorKind::ConnectionAborted)?))
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn unix(listener: &net::UnixListener) -> io::Result<(net::UnixStream, net::SocketAddr)> {
        // The longest path comes with a final zero beyond the system's own structure, which is more
        // than rustix reads.
        const LONGEST: u32 = 110;
        let (fd, addr) = accept(listener)?;
        let stream = net::UnixStream::from(fd);
        let addr = match addr {
            Some(addr) if addr.addr_len() > LONGEST => stream.peer_addr()?,
            addr => to_std(addr.and_then(|addr| SocketAddrUnix::try_from(addr).ok()).as_ref())?,
        };
        Ok((stream, addr))
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn to_std(addr: Option<&SocketAddrUnix>) -> io::Result<net::SocketAddr> {
        use std::ffi::OsStr;
        #[cfg(target_os = "android")]
        use std::os::android::net::SocketAddrExt;
        #[cfg(target_os = "linux")]
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::ffi::OsStrExt;

        // For an address without a name rustix gives an abstract name that is empty; std, the empty
        // path.
        match addr.and_then(SocketAddrUnix::abstract_name) {
            Some(name) if !name.is_empty() => net::SocketAddr::from_abstract_name(name),
            _ => {
                let path = addr.and_then(SocketAddrUnix::path_bytes).unwrap_or_default();
                // A path of 107 bytes comes with its final zero.
                net::SocketAddr::from_pathname(OsStr::from_bytes(path.strip_suffix(b"\0").unwrap_or(path)))
            }
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) use super::plain::unix;
}

/// In two calls.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod plain {
    use std::io;
    #[cfg(not(any(target_os = "freebsd", target_os = "openbsd")))]
    use std::net::{SocketAddr, TcpListener, TcpStream};
    #[cfg(unix)]
    use std::os::unix::net;

    #[cfg(not(any(target_os = "freebsd", target_os = "openbsd")))]
    pub(super) fn tcp(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, addr) = listener.accept()?;
        stream.set_nonblocking(true)?;
        Ok((stream, addr))
    }

    #[cfg(unix)]
    pub(super) fn unix(listener: &net::UnixListener) -> io::Result<(net::UnixStream, net::SocketAddr)> {
        let (stream, addr) = listener.accept()?;
        stream.set_nonblocking(true)?;
        Ok((stream, addr))
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "openbsd"
)))]
use plain as sys;
