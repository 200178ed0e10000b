//! Receiving into memory that is not initialised.
#![allow(unsafe_code)]

use std::io;

use loop_api::io::ReadCursor;
use loop_api::readiness::AsSource;

/// Receives what is there from a socket, and gives how many bytes that was. Zero is the end, or the
/// cursor was full.
///
/// # Errors
///
/// `WouldBlock`, or any other error of `recv(2)`; nothing was received then.
///
/// ```
/// use loop_api::io::ReadCursor;
/// use loop_toolkit::socket;
/// use std::{io::Write, mem::MaybeUninit, net::{TcpListener, TcpStream}};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let client = TcpStream::connect(listener.local_addr()?)?;
/// listener.accept()?.0.write_all(b"ciao")?;
/// let (mut memory, mut filled) = ([MaybeUninit::uninit(); 8], 0);
/// let n = socket::receive(&client, &mut ReadCursor::new(&mut memory, &mut filled))?;
/// assert_eq!((n, filled), (4, 4));
/// # std::io::Result::Ok(())
/// ```
#[inline]
pub fn receive<T: AsSource>(io: &T, buf: &mut ReadCursor<'_>) -> io::Result<usize> {
    // SAFETY: the system writes initialised bytes.
    let spare = unsafe { buf.spare() };
    // As `tcp_transfer::read`: on Linux without libc.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let n = rustix::net::recv(io, spare, rustix::net::RecvFlags::empty())?.0.0.len();
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let n = socket2::SockRef::from(io).recv(spare)?;
    // SAFETY: the system wrote that many, from the beginning on.
    unsafe { buf.advance(n) };
    Ok(n)
}
