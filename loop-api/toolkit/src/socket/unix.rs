//! Unix sockets.

use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::task::{Context, Poll};

use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use super::{BACKLOG, cannot, connected, has_begun, is_ready, new_socket};
use loop_api::io::Interest;
use loop_api::net;
use loop_api::readiness::AsSource;

/// An address for a message.
fn show(addr: &SocketAddr) -> String {
    match addr.as_pathname() {
        Some(path) => path.display().to_string(),
        None => format!("{addr:?}"),
    }
}

/// An address for socket2.
///
/// # Errors
///
/// `InvalidInput` for an address without a name.
pub fn unix_addr(addr: &SocketAddr) -> io::Result<SockAddr> {
    if let Some(path) = addr.as_pathname() {
        return SockAddr::unix(path);
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        #[cfg(target_os = "android")]
        use std::os::android::net::SocketAddrExt;
        #[cfg(target_os = "linux")]
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::ffi::OsStrExt;
        if let Some(name) = addr.as_abstract_name() {
            let mut bytes = vec![0];
            bytes.extend_from_slice(name);
            return SockAddr::unix(std::ffi::OsStr::from_bytes(&bytes));
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "the address has no name: give a path"))
}

/// A unix socket that listens.
///
/// # Errors
///
/// `AddrInUse`, or any other error of `socket(2)`, `bind(2)` or `listen(2)`, with the address in
/// the message.
pub fn unix_listener(addr: &SocketAddr) -> io::Result<UnixListener> {
    let listen = || {
        let socket = new_socket(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&unix_addr(addr)?)?;
        socket.listen(BACKLOG as i32)?;
        Ok(socket.into())
    };
    listen().map_err(|error| cannot("listen on", show(addr), error))
}

/// A unix socket whose connection has begun: when it is writable, ask [`unix_connected`].
///
/// # Errors
///
/// `WouldBlock` if the listener's backlog is full: try again later. `NotFound`,
/// `ConnectionRefused`, or any other error of `socket(2)` or `connect(2)`, all with the address in
/// the message.
pub fn unix_connecting(addr: &SocketAddr) -> io::Result<UnixStream> {
    let connect = || {
        let socket: Socket = new_socket(Domain::UNIX, Type::STREAM, None)?;
        match socket.connect(&unix_addr(addr)?) {
            Err(error) if !has_begun(&error) => Err(error),
            _ => Ok(socket.into()),
        }
    };
    connect().map_err(|error| cannot("connect to", show(addr), error))
}

/// As [`tcp_connected`](super::tcp_connected).
///
/// # Errors
///
/// As `tcp_connected`.
pub fn unix_connected(stream: &UnixStream) -> io::Result<()> {
    connected(stream.peer_addr().map(drop), || stream.take_error())
}

/// Two streams connected to one another.
///
/// # Errors
///
/// Any error of `socketpair(2)`, such as exhausted descriptors.
pub fn unix_pair() -> io::Result<(UnixStream, UnixStream)> {
    let (a, b) = UnixStream::pair()?;
    a.set_nonblocking(true)?;
    b.set_nonblocking(true)?;
    Ok((a, b))
}

/// A datagram socket with an address.
///
/// # Errors
///
/// `AddrInUse`, or any other error of `socket(2)` or `bind(2)`, with the address in the message.
pub fn unix_datagram(addr: &SocketAddr) -> io::Result<UnixDatagram> {
    let bind = || {
        let socket = new_socket(Domain::UNIX, Type::DGRAM, None)?;
        socket.bind(&unix_addr(addr)?)?;
        Ok(socket.into())
    };
    bind().map_err(|error| cannot("bind a datagram socket to", show(addr), error))
}

/// What became of a datagram that was sent to an address: `None` if it was the peer's buffer that
/// was full. The socket is writable still then, and the system wakes no waiter when the peer's
/// buffer has space: try again later. That costs one call more where it happens, and none else.
///
/// # Errors
///
/// `WouldBlock` if it is this socket whose send buffer is full; any other error that was `sent`, or
/// one of `poll(2)`.
pub fn unix_sent<T: AsSource>(socket: &T, sent: io::Result<usize>) -> io::Result<Option<usize>> {
    match sent {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            is_ready(socket, Interest::Writable)?;
            Ok(None)
        }
        sent => sent.map(Some),
    }
}

/// Sends a datagram to an address, as a poll: what
/// [`UnixDatagram::poll_send_to`](loop_api::net::UnixDatagram::poll_send_to) does over the system's
/// socket. While the peer's buffer is full, the next turn tries again.
///
/// # Errors
///
/// As [`Socket::poll_io`](net::Socket::poll_io), and those of `sendto(2)`.
pub fn poll_unix_send_to(
    socket: &impl net::Socket,
    cx: &mut Context<'_>,
    buf: &[u8],
    addr: &SocketAddr,
) -> Poll<io::Result<usize>> {
    let addr = unix_addr(addr)?;
    let send = |socket: SockRef<'_>| unix_sent(&*socket, socket.send_to(buf, &addr));
    match socket.poll_io(cx, Interest::Writable, send) {
        Poll::Ready(Ok(None)) => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        polled => polled.map_ok(Option::unwrap_or_default),
    }
}

/// A datagram socket without an address.
///
/// # Errors
///
/// Any error of `socket(2)`, such as exhausted descriptors.
pub fn unix_datagram_unbound() -> io::Result<UnixDatagram> {
    Ok(new_socket(Domain::UNIX, Type::DGRAM, None)?.into())
}

/// Two datagram sockets connected to one another.
///
/// # Errors
///
/// Any error of `socketpair(2)`, such as exhausted descriptors.
pub fn unix_datagram_pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
    let (a, b) = UnixDatagram::pair()?;
    a.set_nonblocking(true)?;
    b.set_nonblocking(true)?;
    Ok((a, b))
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    fn address(name: &str) -> (tempdir::Dir, SocketAddr) {
        let dir = tempdir::Dir::new();
        let addr = SocketAddr::from_pathname(dir.0.join(name)).unwrap();
        (dir, addr)
    }

    /// A directory that is removed afterwards.
    mod tempdir {
        use std::path::PathBuf;
        use std::sync::atomic::{AtomicU32, Ordering};

        pub(super) struct Dir(pub(super) PathBuf);

        impl Dir {
            pub(super) fn new() -> Dir {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let name =
                    format!("loop-api-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                let path = std::env::temp_dir().join(name);
                std::fs::create_dir(&path).unwrap();
                Dir(path)
            }
        }

        impl Drop for Dir {
            fn drop(&mut self) {
                let _ = std::fs::remove_dir_all(&self.0);
            }
        }
    }

    #[test]
    fn a_taken_path_is_in_the_message() {
        let (_dir, addr) = address("taken");
        let listener = unix_listener(&addr).unwrap();
        let error = unix_listener(&addr).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().contains("taken"), "{error}");
        drop(listener);
    }

    #[test]
    fn an_accepted_stream_knows_its_peer() {
        let (_dir, addr) = address("listener");
        let listener = unix_listener(&addr).unwrap();
        let client = unix_connecting(&addr).unwrap();
        unix_connected(&client).unwrap();
        let (accepted, peer) = super::super::accept_unix(&listener).unwrap();
        assert!(peer.is_unnamed(), "{peer:?}");
        assert_eq!(accepted.local_addr().unwrap().as_pathname(), addr.as_pathname());
        let read = std::io::Read::read(&mut &accepted, &mut [0; 1]);
        assert_eq!(read.unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn an_accepted_stream_knows_its_peers_name() {
        let (dir, addr) = address("listener");
        let listener = unix_listener(&addr).unwrap();
        let prefix = dir.0.as_os_str().len() + 1;
        // Up to the longest path that a socket can have, by which some readers of addresses
        // stumble.
        for length in [prefix + 5, 107, 108] {
            let path = dir.0.join("x".repeat(length - prefix));
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            let Ok(name) = SockAddr::unix(&path) else { continue };
            socket.bind(&name).unwrap();
            socket.connect(&unix_addr(&addr).unwrap()).unwrap();
            let (_, peer) = super::super::accept_unix(&listener).unwrap();
            assert_eq!(peer.as_pathname(), Some(path.as_path()));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_abstract_name_can_be_listened_on() {
        use std::os::linux::net::SocketAddrExt;
        let name = format!("loop-api-{}", std::process::id());
        let addr = SocketAddr::from_abstract_name(&name).unwrap();
        let listener = unix_listener(&addr).unwrap();
        assert_eq!(listener.local_addr().unwrap().as_abstract_name(), Some(name.as_bytes()));
        unix_connecting(&addr).unwrap();
    }
}
