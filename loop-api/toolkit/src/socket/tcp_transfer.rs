//! A TCP stream's reads and writes, with as little as there can be between the caller and the
//! system.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::TcpStream;

use super::receive;
use loop_api::io::ReadCursor;
use loop_api::readiness::{AsSource, Moved};

/// As many slices as the systems take at once; std hands them no more.
const SLICES: usize = 1024;

/// Reads, as `Read::read` does. On Linux the system is called without libc, which would look for
/// cancelled threads and pass the error through `errno`.
#[inline]
pub(crate) fn read(io: &TcpStream, buf: &mut [u8]) -> io::Result<Moved> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let n = rustix::net::recv(io, &mut *buf, rustix::net::RecvFlags::empty())?.0;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let n = Read::read(&mut &*io, buf)?;
    Ok(Moved::of(n, buf.len()))
}

#[inline]
pub(crate) fn read_vectored(mut io: &TcpStream, bufs: &mut [IoSliceMut<'_>]) -> io::Result<Moved> {
    let n = io.read_vectored(bufs)?;
    Ok(vectored(n, bufs.iter().map(|buf| buf.len())))
}

#[inline]
pub(crate) fn read_uninit(io: &TcpStream, buf: &mut ReadCursor<'_>) -> io::Result<Moved> {
    let wanted = buf.remaining();
    Ok(Moved::of(receive(io, buf)?, wanted))
}

/// Writes, as `Write::write` does: without a signal if the other side has closed. As [`read`] on
/// Linux.
#[inline]
pub(crate) fn write(io: &TcpStream, buf: &[u8]) -> io::Result<Moved> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let n = rustix::net::send(io, buf, rustix::net::SendFlags::NOSIGNAL)?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let n = Write::write(&mut &*io, buf).map_err(super::written)?;
    Ok(Moved::of(n, buf.len()))
}

#[inline]
pub(crate) fn write_vectored(mut io: &TcpStream, bufs: &[IoSlice<'_>]) -> io::Result<Moved> {
    let n = io.write_vectored(bufs).map_err(super::written)?;
    Ok(vectored(n, bufs.iter().map(|buf| buf.len())))
}

/// What a transfer of `n` bytes says that asked for slices of these lengths.
#[inline]
fn vectored(n: usize, lengths: impl ExactSizeIterator<Item = usize>) -> Moved {
    if lengths.len() > SLICES {
        return Moved::some(n);
    }
    Moved::of(n, lengths.fold(0, usize::saturating_add))
}

/// Whether a socket, or one that listens, is of TCP: a `TcpStream` can be made of any descriptor.
pub(crate) fn is_plain(io: &impl AsSource) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return rustix::net::sockopt::socket_protocol(io) == Ok(Some(rustix::net::ipproto::TCP));
    // Nothing here takes a short transfer for the last.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    return {
        let _ = io;
        true
    };
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn they_do_what_the_standard_library_does() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let theirs = listener.accept().unwrap().0;
        ours.set_nonblocking(true).unwrap();
        let mut buf = [0; 8];
        assert_eq!(read(&ours, &mut buf).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert_eq!(write(&theirs, b"ciao").unwrap(), Moved::of(4, 4));
        ours.set_nonblocking(false).unwrap();
        assert_eq!(read(&ours, &mut buf).unwrap(), Moved::of(4, 8));
        assert_eq!(&buf[..4], b"ciao");
        // A closed direction is an error, and no signal.
        ours.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(write(&ours, b"ciao").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        drop(theirs);
        assert_eq!(read(&ours, &mut buf).unwrap().bytes(), 0);
    }
    #[test]
    fn many_slices_tell_nothing_about_what_is_left() {
        assert!(vectored(1023, [1; SLICES].into_iter()).is_last());
        assert!(!vectored(1024, [1; SLICES].into_iter()).is_last());
        assert!(!vectored(1023, [1; SLICES + 1].into_iter()).is_last());
        assert!(vectored(7, [usize::MAX, 1].into_iter()).is_last());
    }

    #[test]
    fn another_kind_of_socket_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(is_plain(&listener));
        assert!(is_plain(&TcpStream::connect(listener.local_addr().unwrap()).unwrap()));
        #[cfg(any(target_os = "linux", target_os = "android"))]
        assert!(!is_plain(&std::os::unix::net::UnixStream::pair().unwrap().0));
    }
}
