//! System sockets made from options: what backends on system sockets share. Every socket made here
//! is non-blocking, and closed on exec. Errors keep their kind and say what was tried on which
//! address.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use loop_api::net::{TcpOptions, UdpOptions};

mod accept;
#[cfg(unix)]
mod peer_cred;
#[cfg(any(unix, windows))]
mod receive;
#[cfg(any(unix, windows))]
mod state;
pub(crate) mod tcp_transfer;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) mod unix_transfer;

pub use accept::accept_tcp;
#[cfg(unix)]
pub use accept::accept_unix;
#[doc(no_inline)]
pub use loop_api::net::error::{cannot, written};
#[cfg(unix)]
pub use peer_cred::peer_cred;
#[cfg(any(unix, windows))]
pub use receive::receive;
#[cfg(any(unix, windows))]
pub use state::{State, is_ready, state};
#[cfg(unix)]
pub use unix::{
    poll_unix_send_to, unix_addr, unix_connected, unix_connecting, unix_datagram, unix_datagram_pair,
    unix_datagram_unbound, unix_listener, unix_pair, unix_sent,
};
#[cfg(unix)]
pub use unix_transfer::{unix_read, unix_read_uninit};

/// How many connections may wait to be accepted, where the options do not say.
const BACKLOG: u32 = 1024;

/// A TCP socket that listens.
///
/// # Errors
///
/// `AddrInUse`, or any other error of `socket(2)`, `setsockopt(2)`, `bind(2)` or `listen(2)`, with
/// the address in the message.
///
/// ```
/// use loop_api::net::TcpOptions;
/// use loop_toolkit::socket;
/// let any_port = "127.0.0.1:0".parse().unwrap();
/// let first = socket::tcp_listener(any_port, &TcpOptions::default()).unwrap();
/// let taken = first.local_addr().unwrap();
/// let error = socket::tcp_listener(taken, &TcpOptions::default()).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
/// assert!(error.to_string().starts_with(&format!("cannot listen on {taken}: ")));
/// ```
pub fn tcp_listener(addr: SocketAddr, options: &TcpOptions) -> io::Result<std::net::TcpListener> {
    let listen = || listening(tcp_socket(addr, options)?, addr, options);
    listen().map_err(|error| cannot("listen on", addr, error))
}

fn listening(socket: Socket, addr: SocketAddr, options: &TcpOptions) -> io::Result<std::net::TcpListener> {
    // On Windows the option lets another program take the port over; elsewhere it only skips the
    // wait for old connections.
    if let Some(on) = options.reuse_address.or(cfg!(unix).then_some(true)) {
        socket.set_reuse_address(on)?;
    }
    socket.bind(&addr.into())?;
    let backlog = options.backlog.unwrap_or(BACKLOG);
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// A TCP socket whose connection has begun: when it is writable, ask [`tcp_connected`].
///
/// # Errors
///
/// Any error that `socket(2)`, `bind(2)` or `connect(2)` gives at once, with the address in the
/// message. That the connection is refused shows later, in [`tcp_connected`].
pub fn tcp_connecting(addr: SocketAddr, options: &TcpOptions) -> io::Result<std::net::TcpStream> {
    let socket = tcp_socket(addr, options).map_err(|error| cannot("connect to", addr, error))?;
    connecting(socket, addr, options)
}

fn connecting(socket: Socket, addr: SocketAddr, options: &TcpOptions) -> io::Result<std::net::TcpStream> {
    if let Some(on) = options.reuse_address {
        socket.set_reuse_address(on)?;
    }
    if let Some(local) = options.local_addr {
        socket.bind(&local.into()).map_err(|error| cannot("connect from", local, error))?;
    }
    match socket.connect(&addr.into()) {
        Ok(()) => Ok(socket.into()),
        Err(error) if has_begun(&error) => Ok(socket.into()),
        Err(error) => Err(cannot("connect to", addr, error)),
    }
}

/// As [`tcp_connecting`], by a socket that was made elsewhere.
///
/// # Errors
///
/// As `tcp_connecting`; any error of making it non-blocking.
pub fn tcp_connecting_by(
    socket: Socket,
    addr: SocketAddr,
    options: &TcpOptions,
) -> io::Result<std::net::TcpStream> {
    prepare(&socket, addr, options).map_err(|error| cannot("connect to", addr, error))?;
    connecting(socket, addr, options)
}

/// As [`tcp_listener`], by a socket that was made elsewhere, and may be bound.
///
/// # Errors
///
/// As `tcp_listener`; any error of making it non-blocking.
pub fn tcp_listener_by(socket: Socket, options: &TcpOptions) -> io::Result<std::net::TcpListener> {
    let bound = socket.local_addr()?.as_socket();
    let addr = options.local_addr.or(bound).ok_or(io::ErrorKind::InvalidInput)?;
    let listen = || {
        prepare(&socket, addr, options)?;
        if let Some(local) = options.local_addr {
            return listening(socket, local, options);
        }
        let backlog = options.backlog.unwrap_or(BACKLOG);
        socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        Ok(socket.into())
    };
    listen().map_err(|error| cannot("listen on", addr, error))
}

fn prepare(socket: &Socket, addr: SocketAddr, options: &TcpOptions) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    set_options(socket, addr, options)
}

/// Whether connecting goes on without us.
#[cfg(unix)]
fn has_begun(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let begun = [Errno::INPROGRESS.raw_os_error(), Errno::INTR.raw_os_error()];
    error.raw_os_error().is_some_and(|code| begun.contains(&code))
}

/// Whether connecting goes on without us.
#[cfg(not(unix))]
fn has_begun(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// Whether the connection that [`tcp_connecting`] began stands.
///
/// # Errors
///
/// `WouldBlock` if that is not known yet; else why it failed, such as `ConnectionRefused`, or any
/// error of `getsockopt(2)`. The address is not in the message: see [`cannot`].
pub fn tcp_connected(stream: &std::net::TcpStream) -> io::Result<()> {
    // Asked in this order the usual case takes one call.
    connected(stream.peer_addr().map(drop), || stream.take_error())
}

fn connected(
    peer: io::Result<()>,
    take_error: impl FnOnce() -> io::Result<Option<io::Error>>,
) -> io::Result<()> {
    let Err(no_peer) = peer else { return Ok(()) };
    match take_error()? {
        Some(error) => Err(error),
        None if no_peer.kind() == io::ErrorKind::NotConnected => Err(io::ErrorKind::WouldBlock.into()),
        None => Err(no_peer),
    }
}

/// A bound UDP socket.
///
/// # Errors
///
/// `AddrInUse`, or any other error of `socket(2)`, `setsockopt(2)` or `bind(2)`, with the address
/// in the message.
pub fn udp(addr: SocketAddr, options: &UdpOptions) -> io::Result<std::net::UdpSocket> {
    let bind = || {
        let socket = new_socket(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
        if let Some(on) = options.reuse_address {
            socket.set_reuse_address(on)?;
        }
        set_reuse_port(&socket, options.reuse_port)?;
        if let Some(on) = options.broadcast {
            socket.set_broadcast(on)?;
        }
        set_sizes(&socket, options.send_buffer_size, options.recv_buffer_size)?;
        set_only_v6(&socket, addr, options.only_v6)?;
        socket.bind(&SockAddr::from(addr))?;
        Ok(socket.into())
    };
    bind().map_err(|error| cannot("bind a UDP socket to", addr, error))
}

/// A TCP socket with the options that do not depend on what becomes of it.
fn tcp_socket(addr: SocketAddr, options: &TcpOptions) -> io::Result<Socket> {
    let socket = new_socket(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    set_options(&socket, addr, options)?;
    Ok(socket)
}

fn set_options(socket: &Socket, addr: SocketAddr, options: &TcpOptions) -> io::Result<()> {
    set_reuse_port(socket, options.reuse_port)?;
    if let Some(on) = options.nodelay {
        socket.set_tcp_nodelay(on)?;
    }
    if let Some(on) = options.keepalive {
        socket.set_keepalive(on)?;
    }
    if let Some(linger) = options.linger {
        socket.set_linger(Some(whole_seconds(linger)))?;
    }
    set_sizes(socket, options.send_buffer_size, options.recv_buffer_size)?;
    set_only_v6(socket, addr, options.only_v6)?;
    set_of_some_systems(socket, options)
}

fn set_of_some_systems(socket: &Socket, options: &TcpOptions) -> io::Result<()> {
    #[cfg(not(any(
        target_os = "fuchsia",
        target_os = "redox",
        target_os = "solaris",
        target_os = "illumos",
        target_os = "haiku",
    )))]
    if let Some(tos) = options.tos_v4 {
        socket.set_tos_v4(tos)?;
    }
    #[cfg(any(
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "fuchsia",
        target_os = "linux",
        target_os = "macos",
        target_os = "netbsd",
        target_os = "openbsd",
    ))]
    if let Some(tclass) = options.tclass_v6 {
        socket.set_tclass_v6(tclass)?;
    }
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    if let Some(device) = &options.device {
        socket.bind_device(Some(device))?;
    }
    let _ = (socket, options);
    Ok(())
}

/// The system counts whole seconds, in 16 bits where it has fewest. Cut off to zero it would be a
/// reset.
fn whole_seconds(linger: Duration) -> Duration {
    let seconds = linger.as_secs().saturating_add(u64::from(linger.subsec_nanos() > 0));
    Duration::from_secs(seconds.min(u16::MAX.into()))
}

/// A non-blocking socket, in one call where the system can.
fn new_socket(domain: Domain, kind: Type, protocol: Option<Protocol>) -> io::Result<Socket> {
    #[cfg(any(
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "illumos",
        target_os = "linux",
        target_os = "netbsd",
        target_os = "openbsd"
    ))]
    return Socket::new(domain, kind.nonblocking(), protocol);

    #[cfg(not(any(
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "illumos",
        target_os = "linux",
        target_os = "netbsd",
        target_os = "openbsd"
    )))]
    {
        let socket = Socket::new(domain, kind, protocol)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
fn set_reuse_port(socket: &Socket, on: Option<bool>) -> io::Result<()> {
    on.map_or(Ok(()), |on| socket.set_reuse_port(on))
}

#[cfg(not(all(unix, not(any(target_os = "solaris", target_os = "illumos")))))]
fn set_reuse_port(_: &Socket, on: Option<bool>) -> io::Result<()> {
    match on {
        Some(true) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this system has no SO_REUSEPORT: leave reuse_port out",
        )),
        _ => Ok(()),
    }
}

fn set_sizes(socket: &Socket, send: Option<usize>, recv: Option<usize>) -> io::Result<()> {
    if let Some(size) = send {
        socket.set_send_buffer_size(size)?;
    }
    if let Some(size) = recv {
        socket.set_recv_buffer_size(size)?;
    }
    Ok(())
}

fn set_only_v6(socket: &Socket, addr: SocketAddr, on: Option<bool>) -> io::Result<()> {
    match on {
        Some(on) if addr.is_ipv6() => socket.set_only_v6(on),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::{Ipv4Addr, Ipv6Addr};

    use loop_api::io::Interest;

    use super::*;

    const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    #[test]
    fn options_are_applied() {
        let options = TcpOptions::new().keepalive(true).nodelay(true).recv_buffer_size(20_000);
        let listener = tcp_listener(ANY, &options).unwrap();
        let socket = socket2::SockRef::from(&listener);
        assert!(socket.keepalive().unwrap());
        assert!(socket.recv_buffer_size().unwrap() >= 20_000);
        let stream = tcp_connecting(listener.local_addr().unwrap(), &options).unwrap();
        assert!(stream.nodelay().unwrap());

        let udp = udp(ANY, &UdpOptions::new().broadcast(true)).unwrap();
        assert!(udp.broadcast().unwrap());
    }

    #[test]
    fn sockets_do_not_block() {
        let listener = tcp_listener(ANY, &TcpOptions::default()).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        let udp = udp(ANY, &UdpOptions::default()).unwrap();
        assert_eq!(udp.recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(is_ready(&udp, Interest::Readable).unwrap_err().kind(), ErrorKind::WouldBlock);
        is_ready(&udp, Interest::Writable).unwrap();
    }

    #[test]
    fn a_refused_connection_tells_the_address_and_keeps_the_kind() {
        let addr = tcp_listener(ANY, &TcpOptions::default()).unwrap().local_addr().unwrap();
        let error = tcp_connecting(addr, &TcpOptions::default())
            .and_then(|stream| {
                loop {
                    match tcp_connected(&stream) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                        other => return other.map_err(|error| cannot("connect to", addr, error)),
                    }
                }
            })
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(error.to_string().contains(&addr.to_string()), "{error}");
    }

    #[test]
    fn accepted_sockets_do_not_block_and_know_their_peer() {
        let listener = tcp_listener(ANY, &TcpOptions::default()).unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, peer) = accept_tcp(&listener).unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
        let error = std::io::Read::read(&mut &accepted, &mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(accept_tcp(&listener).unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn an_ipv6_socket_can_be_for_ipv6_only() {
        let options = TcpOptions::new().only_v6(true);
        // A machine without IPv6 has nothing to show here.
        if let Ok(listener) = tcp_listener(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)), &options) {
            assert!(socket2::SockRef::from(&listener).only_v6().unwrap());
        }
    }
}
