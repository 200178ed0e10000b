//! A stream's reads and writes, with as little as there can be between the caller and the system.

use std::io::{self, Read, Write};

use loop_api::readiness::AsSource;

/// Reads from a stream socket, as `Read::read` does. On Linux the system is called without libc, which would look for cancelled threads
/// and pass the error through `errno`.
#[inline]
pub(crate) fn read<T: AsSource>(io: &T, buf: &mut [u8]) -> io::Result<usize>
where
    for<'a> &'a T: Read,
{
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return Ok(rustix::net::recv(io, buf, rustix::net::RecvFlags::empty())?.0);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    return Read::read(&mut &*io, buf);
}

/// Writes to a stream socket, as `Write::write` does: without a signal if the other side has closed. As [`read`] on Linux.
#[inline]
pub(crate) fn write<T: AsSource>(io: &T, buf: &[u8]) -> io::Result<usize>
where
    for<'a> &'a T: Write,
{
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return Ok(rustix::net::send(io, buf, rustix::net::SendFlags::NOSIGNAL)?);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    return Write::write(&mut &*io, buf).map_err(super::written);
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn they_do_what_the_standard_library_does() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let theirs = listener.accept().unwrap().0;
        ours.set_nonblocking(true).unwrap();
        let mut buf = [0; 8];
        assert_eq!(read(&ours, &mut buf).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert_eq!(write(&theirs, b"ciao").unwrap(), 4);
        ours.set_nonblocking(false).unwrap();
        assert_eq!(read(&ours, &mut buf).unwrap(), 4);
        assert_eq!(&buf[..4], b"ciao");
        // A closed direction is an error, and no signal.
        ours.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(write(&ours, b"ciao").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        drop(theirs);
        assert_eq!(read(&ours, &mut buf).unwrap(), 0);
    }
}
