//! A TCP socket before it connects or listens.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use loop_api::net::{Net, TcpOptions};
use loop_toolkit::socket;

use super::{TcpListener, TcpStream};
use crate::runtime::Handle;

/// A TCP socket that is yet to connect or listen, with its options. Unlike tokio's it asks the
/// system only then, so that networks without descriptors have it too: what is wrong with an option
/// or an address is said by `connect` and `listen`. Dropping it does nothing.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let socket = anyloop::net::TcpSocket::new_v4()?;
/// socket.set_reuseaddr(true)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(128)?;
/// assert_ne!(listener.local_addr()?.port(), 0);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct TcpSocket {
    unspecified: IpAddr,
    // tokio's setters take `&self`.
    options: std::sync::Mutex<TcpOptions>,
    /// The system's, where it was made elsewhere.
    made: Option<socket2::Socket>,
}

macro_rules! options {
    ($($(#[$get_meta:meta])* $get:ident, $(#[$set_meta:meta])* $set:ident: $ty:ty => $field:ident;)*) => {
        impl TcpSocket {$(
            $(#[$get_meta])*
            pub fn $get(&self) -> io::Result<$ty> {
                Ok(self.read(|options| options.$field).unwrap_or_default())
            }

            $(#[$set_meta])*
            pub fn $set(&self, value: $ty) -> io::Result<()> {
                self.read(|options| options.$field = Some(value));
                Ok(())
            }
        )*}
    };
}

options! {
    /// What [`set_reuseaddr`](Self::set_reuseaddr) set; false if nothing did.
    ///
    /// # Errors
    ///
    /// None; so it is with all of this type's options.
    reuseaddr,
    /// Binds also to an address that was in use a moment ago.
    ///
    /// # Errors
    ///
    /// None.
    set_reuseaddr: bool => reuse_address;
    /// What [`set_reuseport`](Self::set_reuseport) set.
    ///
    /// # Errors
    ///
    /// None.
    reuseport,
    /// Shares the address with other sockets that say so, where the system can.
    ///
    /// # Errors
    ///
    /// None.
    set_reuseport: bool => reuse_port;
    /// What [`set_nodelay`](Self::set_nodelay) set.
    ///
    /// # Errors
    ///
    /// None.
    nodelay,
    /// Sends small writes at once.
    ///
    /// # Errors
    ///
    /// None.
    set_nodelay: bool => nodelay;
    /// What [`set_keepalive`](Self::set_keepalive) set.
    ///
    /// # Errors
    ///
    /// None.
    keepalive,
    /// Asks a silent peer now and then whether it is still there.
    ///
    /// # Errors
    ///
    /// None.
    set_keepalive: bool => keepalive;
}

options! {
    /// What [`set_tos_v4`](Self::set_tos_v4) set.
    ///
    /// # Errors
    ///
    /// None.
    tos_v4,
    /// The type of service of its packets, of IPv4: `IP_TOS`, where the system has it.
    ///
    /// # Errors
    ///
    /// None.
    set_tos_v4: u32 => tos_v4;
    /// tokio's older name of [`tos_v4`](Self::tos_v4).
    ///
    /// # Errors
    ///
    /// None.
    tos,
    /// tokio's older name of [`set_tos_v4`](Self::set_tos_v4).
    ///
    /// # Errors
    ///
    /// None.
    set_tos: u32 => tos_v4;
    /// What [`set_tclass_v6`](Self::set_tclass_v6) set.
    ///
    /// # Errors
    ///
    /// None.
    tclass_v6,
    /// The traffic class of its packets, of IPv6: `IPV6_TCLASS`, where the system has it.
    ///
    /// # Errors
    ///
    /// None.
    set_tclass_v6: u32 => tclass_v6;
}

/// As tokio counts them.
fn bytes(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl TcpSocket {
    /// A socket for IPv4.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` as tokio's is.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use std::time::Duration;
    /// use anyloop::net::TcpSocket;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_reuseaddr(true)?;
    /// socket.set_nodelay(true)?;
    /// socket.set_keepalive(true)?;
    /// socket.set_linger(Some(Duration::from_secs(1)))?;
    /// socket.set_send_buffer_size(64 * 1024)?;
    /// socket.set_recv_buffer_size(64 * 1024)?;
    /// assert!(socket.nodelay()? && socket.keepalive()?);
    /// assert!(!socket.reuseport()?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_v4() -> io::Result<TcpSocket> {
        Ok(TcpSocket::new(Ipv4Addr::UNSPECIFIED.into()))
    }

    /// A socket for IPv6.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` as tokio's is.
    pub fn new_v6() -> io::Result<TcpSocket> {
        Ok(TcpSocket::new(Ipv6Addr::UNSPECIFIED.into()))
    }

    fn new(unspecified: IpAddr) -> TcpSocket {
        TcpSocket { unspecified, options: std::sync::Mutex::default(), made: None }
    }

    /// Takes over a socket that was made elsewhere, and is not connected yet: for options that are
    /// not here. Where it is connected already, [`TcpStream::from_std`] is meant.
    ///
    /// It is the system's: a loop without descriptors, as a simulated one, refuses it when it is to
    /// connect or listen.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::net::{TcpListener, TcpSocket};
    /// use socket2::{Domain, Socket, Type};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let made = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    /// made.set_tcp_nodelay(true)?;
    /// let socket = TcpSocket::from_std_stream(made.into());
    /// assert!(socket.nodelay()?);
    /// let stream = socket.connect(listener.local_addr()?).await?;
    /// assert!(stream.nodelay()?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn from_std_stream(std_stream: std::net::TcpStream) -> TcpSocket {
        let made = socket2::Socket::from(std_stream);
        // Windows gives none of a socket that is not bound; only one of IPv6 has the option.
        let address = made.local_addr().ok().and_then(|address| address.as_socket());
        let is_v4 = address.map_or_else(|| made.only_v6().is_err(), |address| address.is_ipv4());
        let mut socket =
            TcpSocket::new(if is_v4 { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() });
        socket.read(|options| {
            options.reuse_address = made.reuse_address().ok();
            options.nodelay = made.tcp_nodelay().ok();
            options.keepalive = made.keepalive().ok();
            options.linger = made.linger().ok().flatten();
        });
        socket.made = Some(made);
        socket
    }

    fn read<R>(&self, f: impl FnOnce(&mut TcpOptions) -> R) -> R {
        f(&mut self.options.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// How long closing goes on sending what is unsent; zero resets the connection. Rounded up to
    /// whole seconds, which are what systems count, and at most 65535 of them.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_linger(&self, time: Option<Duration>) -> io::Result<()> {
        self.read(|options| options.linger = time);
        Ok(())
    }

    /// What [`set_linger`](Self::set_linger) set.
    ///
    /// # Errors
    ///
    /// None.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        Ok(self.read(|options| options.linger))
    }

    /// Resets the connection when it is closed, instead of sending FIN.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.set_linger(Some(Duration::ZERO))
    }

    /// The size that [`set_send_buffer_size`](Self::set_send_buffer_size) set; the system's own if
    /// nothing did.
    ///
    /// # Errors
    ///
    /// Any error of asking the system.
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        let set = self.read(|options| options.send_buffer_size);
        set.map_or_else(|| self.ask(|socket| socket.send_buffer_size()), Ok).map(bytes)
    }

    /// The size that [`set_recv_buffer_size`](Self::set_recv_buffer_size) set; the system's own if
    /// nothing did.
    ///
    /// # Errors
    ///
    /// Any error of asking the system.
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        let set = self.read(|options| options.recv_buffer_size);
        set.map_or_else(|| self.ask(|socket| socket.recv_buffer_size()), Ok).map(bytes)
    }

    /// Asks for what the system sets by itself: a socket that was made for that, unless there is one.
    fn ask<R>(&self, f: impl FnOnce(&socket2::Socket) -> io::Result<R>) -> io::Result<R> {
        if let Some(made) = &self.made {
            return f(made);
        }
        let domain = if self.unspecified.is_ipv4() { socket2::Domain::IPV4 } else { socket2::Domain::IPV6 };
        f(&socket2::Socket::new(domain, socket2::Type::STREAM, None)?)
    }

    /// The interface that [`bind_device`](Self::bind_device) set, if any.
    ///
    /// # Errors
    ///
    /// None.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.read(|options| options.device.clone()))
    }

    /// Binds it to an interface, by name, or to none.
    ///
    /// # Errors
    ///
    /// None.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        self.read(|options| options.device = interface.map(<[u8]>::to_vec));
        Ok(())
    }

    /// The address that [`bind`](Self::bind) was given, with port 0 if that was to be chosen;
    /// the unspecified one before.
    ///
    /// # Errors
    ///
    /// None.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let set = self.read(|options| options.local_addr);
        let bound = || self.made.as_ref()?.local_addr().ok()?.as_socket();
        Ok(set.or_else(bound).unwrap_or(SocketAddr::new(self.unspecified, 0)))
    }

    /// No error waits on a socket that has not been made.
    ///
    /// # Errors
    ///
    /// None.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(None)
    }

    /// The size of the system's buffer for what is to be sent, in bytes.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        self.read(|options| options.send_buffer_size = Some(size as usize));
        Ok(())
    }

    /// The size of the system's buffer for what was received, in bytes.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        self.read(|options| options.recv_buffer_size = Some(size as usize));
        Ok(())
    }

    /// Serves IPv6 only, and leaves the port free for IPv4.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_only_v6(&self, on: bool) -> io::Result<()> {
        self.read(|options| options.only_v6 = Some(on));
        Ok(())
    }

    /// The address to listen on, or to connect from.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the address is of the other family. Whether it is free is told by
    /// `connect` and `listen`.
    ///
    /// ```
    /// let socket = anyloop::net::TcpSocket::new_v4()?;
    /// assert!(socket.bind("[::1]:0".parse().unwrap()).is_err());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.check_family(addr)?;
        self.read(|options| options.local_addr = Some(addr));
        Ok(())
    }

    fn check_family(&self, addr: SocketAddr) -> io::Result<()> {
        if addr.is_ipv4() == self.unspecified.is_ipv4() {
            return Ok(());
        }
        let error = format!("{addr} is not of this socket's family: use new_v4 for IPv4 and new_v6 for IPv6");
        Err(io::Error::new(io::ErrorKind::InvalidInput, error))
    }

    /// Connects to `addr`. Cancel safe: dropping the future closes the socket.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the address is of the other family; any error of `connect(2)`, such as
    /// `ConnectionRefused`; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a
    /// loop.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::net::{TcpListener, TcpSocket};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_nodelay(true)?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?; // where to connect from
    /// let stream = socket.connect(listener.local_addr()?).await?;
    /// assert!(stream.nodelay()?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn connect(mut self, addr: SocketAddr) -> io::Result<TcpStream> {
        self.check_family(addr)?;
        let made = self.made.take();
        let options = self.into_options();
        if let Some(made) = made {
            return connect_by(made, addr, &options).await;
        }
        Handle::try_current()?.connect_tcp(addr, options.clone()).await
    }

    /// Listens, with a queue for `backlog` connections that are not yet accepted.
    ///
    /// # Errors
    ///
    /// As [`TcpListener::bind`].
    pub fn listen(mut self, backlog: u32) -> io::Result<TcpListener> {
        let unspecified = SocketAddr::new(self.unspecified, 0);
        let made = self.made.take();
        let mut options = self.into_options();
        options.backlog = Some(backlog);
        if let Some(made) = made {
            return TcpListener::from_std(socket::tcp_listener_by(made, &options)?);
        }
        let addr = options.local_addr.take().unwrap_or(unspecified);
        Handle::try_current()?.listen_tcp(addr, &options)
    }

    fn into_options(self) -> TcpOptions {
        self.options.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Connects by a socket of the system's.
async fn connect_by(made: socket2::Socket, addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpStream> {
    let stream = TcpStream::from_std(socket::tcp_connecting_by(made, addr, options)?)?;
    stream.writable().await?;
    match stream.take_error()? {
        Some(error) => Err(socket::cannot("connect to", addr, error)),
        None => Ok(stream),
    }
}
