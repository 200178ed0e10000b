//! A unix stream's reads and writes. They are told from those of TCP by what can end one early, of
//! which the peer may be the cause.
#![allow(unsafe_code)]

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::unix::net::UnixStream;

use loop_api::io::ReadCursor;
use loop_api::readiness::{AsSource, Moved};

/// Reads. A read ends at a message with descriptors, which are closed, and before one of another
/// sender where the sender is asked for (`SO_PASSCRED`): then what was moved is not the last for
/// now.
///
/// # Errors
///
/// `WouldBlock`, or any other error of `recvmsg(2)`; nothing was read then.
///
/// ```
/// use loop_toolkit::socket;
/// use std::{io::Write, os::unix::net::UnixStream};
///
/// let (mut one, other) = UnixStream::pair()?;
/// one.write_all(b"ciao")?;
/// let moved = socket::unix_read(&other, &mut [0; 8])?;
/// assert_eq!(moved.bytes(), 4);
/// # std::io::Result::Ok(())
/// ```
#[inline]
pub fn unix_read<T: AsSource>(io: &T, buf: &mut [u8]) -> io::Result<Moved> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return receive(io, buf);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    return Read::read(&mut &*socket2::SockRef::from(io), buf).map(Moved::some);
}

/// As [`unix_read`], into memory that is not initialised.
///
/// # Errors
///
/// As `unix_read`.
#[inline]
pub fn unix_read_uninit<T: AsSource>(io: &T, buf: &mut ReadCursor<'_>) -> io::Result<Moved> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // SAFETY: the system writes initialised bytes.
        let spare = unsafe { buf.spare() };
        // SAFETY: a slice of bytes is laid out as one of `MaybeUninit`. They may be uninitialised:
        // nothing reads them, and the system alone writes them, before this borrow ends.
        let spare = unsafe { &mut *(std::ptr::from_mut(spare) as *mut [u8]) };
        let moved = receive(io, spare)?;
        // SAFETY: the system wrote that many, from the beginning on.
        unsafe { buf.advance(moved.bytes()) };
        Ok(moved)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    super::receive(io, buf).map(Moved::some)
}

/// One call that also tells what was cut off: descriptors and senders, for which this call has no
/// buffer. On Linux, as no other system says so.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[inline]
fn receive<T: AsSource>(io: &T, buf: &mut [u8]) -> io::Result<Moved> {
    use rustix::net::{RecvAncillaryBuffer, RecvFlags, ReturnFlags, recvmsg};
    let mut no_space = RecvAncillaryBuffer::default();
    let wanted = buf.len();
    let received = recvmsg(io, &mut [IoSliceMut::new(buf)], &mut no_space, RecvFlags::empty())?;
    if received.flags.contains(ReturnFlags::CTRUNC) {
        return Ok(Moved::some(received.bytes));
    }
    Ok(Moved::of(received.bytes, wanted))
}

#[inline]
pub(crate) fn read(io: &UnixStream, buf: &mut [u8]) -> io::Result<Moved> {
    unix_read(io, buf)
}

#[inline]
pub(crate) fn read_uninit(io: &UnixStream, buf: &mut ReadCursor<'_>) -> io::Result<Moved> {
    unix_read_uninit(io, buf)
}

/// It tells nothing about what is left.
#[inline]
pub(crate) fn read_vectored(mut io: &UnixStream, bufs: &mut [IoSliceMut<'_>]) -> io::Result<Moved> {
    io.read_vectored(bufs).map(Moved::some)
}

/// Without a signal if the other side has closed. A write may end early with space left in the
/// buffer, where the other side stops reading meanwhile or memory is short, and no event follows:
/// so it tells nothing.
#[inline]
pub(crate) fn write(io: &UnixStream, buf: &[u8]) -> io::Result<Moved> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let n = rustix::net::send(io, buf, rustix::net::SendFlags::NOSIGNAL)?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let n = Write::write(&mut &*io, buf).map_err(super::written)?;
    Ok(Moved::some(n))
}

#[inline]
pub(crate) fn write_vectored(mut io: &UnixStream, bufs: &[IoSlice<'_>]) -> io::Result<Moved> {
    io.write_vectored(bufs).map_err(super::written).map(Moved::some)
}

/// Whether a socket, or one that listens, is a unix stream: a `UnixStream` can be made of any
/// descriptor, such as of a socket that keeps the bounds of messages.
pub(crate) fn is_plain(io: &impl AsSource) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::net::{AddressFamily, SocketType, sockopt};
        sockopt::socket_type(io) == Ok(SocketType::STREAM)
            && sockopt::socket_domain(io) == Ok(AddressFamily::UNIX)
    }
    // Nothing here takes a short transfer for the last.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = io;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_says_what_it_moved_and_whether_more_may_be_there() {
        let (mut one, other) = UnixStream::pair().unwrap();
        other.set_nonblocking(true).unwrap();
        let mut buf = [0; 8];
        assert_eq!(unix_read(&other, &mut buf).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        one.write_all(b"ciaociaoaddio").unwrap();
        assert_eq!(unix_read(&other, &mut buf).unwrap(), Moved::some(8));
        let (mut memory, mut filled) = ([std::mem::MaybeUninit::uninit(); 8], 0);
        let moved = unix_read_uninit(&other, &mut ReadCursor::new(&mut memory, &mut filled)).unwrap();
        assert_eq!((moved.bytes(), moved.is_last()), (5, cfg!(target_os = "linux")));
        assert_eq!(filled, 5);
        drop(one);
        assert_eq!(unix_read(&other, &mut buf).unwrap().bytes(), 0);
        assert_eq!(write(&other, b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(
            is_plain(&std::net::TcpListener::bind("127.0.0.1:0").unwrap()),
            !cfg!(target_os = "linux")
        );
    }
}
