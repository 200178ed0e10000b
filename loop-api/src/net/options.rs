//! Socket options as data, so that a network without descriptors can understand them.

use std::net::SocketAddr;
use std::time::Duration;

/// Options of a TCP socket, applied before it connects or listens. What is `None` is left to the system, except that
/// `reuse_address` is on for listeners on unix, as in tokio and the standard library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpOptions {
    /// The address to bind to before connecting.
    pub local_addr: Option<SocketAddr>,
    /// `SO_REUSEADDR`.
    pub reuse_address: Option<bool>,
    /// `SO_REUSEPORT`, where the system has it.
    pub reuse_port: Option<bool>,
    /// `TCP_NODELAY`.
    pub nodelay: Option<bool>,
    /// `SO_KEEPALIVE`.
    pub keepalive: Option<bool>,
    /// `SO_LINGER`; zero resets the connection when it is closed.
    pub linger: Option<Duration>,
    /// `SO_SNDBUF`, in bytes.
    pub send_buffer_size: Option<usize>,
    /// `SO_RCVBUF`, in bytes.
    pub recv_buffer_size: Option<usize>,
    /// `IPV6_V6ONLY`.
    pub only_v6: Option<bool>,
    /// How many connections may wait to be accepted; 1024 if `None`.
    pub backlog: Option<u32>,
}

/// Options of a UDP socket, applied before it is bound. What is `None` is left to the system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UdpOptions {
    /// `SO_REUSEADDR`.
    pub reuse_address: Option<bool>,
    /// `SO_REUSEPORT`, where the system has it.
    pub reuse_port: Option<bool>,
    /// `SO_BROADCAST`.
    pub broadcast: Option<bool>,
    /// `SO_SNDBUF`, in bytes.
    pub send_buffer_size: Option<usize>,
    /// `SO_RCVBUF`, in bytes.
    pub recv_buffer_size: Option<usize>,
    /// `IPV6_V6ONLY`.
    pub only_v6: Option<bool>,
}
