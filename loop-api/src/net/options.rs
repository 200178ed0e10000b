//! Socket options as data, so that a network without descriptors can understand them.

use std::net::SocketAddr;
use std::time::Duration;

/// A struct of options, and a method that sets each: `nodelay: bool` becomes the field
/// `nodelay: Option<bool>` and `fn nodelay(self, nodelay: bool) -> Self`.
macro_rules! options {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: Option<$type>,)*
        }

        impl $name {
            /// All of them left to the system.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$doc])*
                #[must_use = "it gives the options back, with this one set"]
                pub fn $field(mut self, $field: $type) -> Self {
                    self.$field = Some($field);
                    self
                }
            )*
        }
    };
}

options! {
    /// Options of a TCP socket, applied before it connects or listens. What is `None` is left to
    /// the system, except that `reuse_address` is on for listeners on unix, as in tokio and the
    /// standard library.
    ///
    /// ```
    /// use loop_api::net::TcpOptions;
    ///
    /// let options = TcpOptions::new().nodelay(true).backlog(128);
    /// assert_eq!((options.nodelay, options.linger), (Some(true), None));
    /// ```
    TcpOptions {
        /// The address to bind to before connecting.
        local_addr: SocketAddr,
        /// `SO_REUSEADDR`.
        reuse_address: bool,
        /// `SO_REUSEPORT`, where the system has it.
        reuse_port: bool,
        /// `TCP_NODELAY`.
        nodelay: bool,
        /// `SO_KEEPALIVE`.
        keepalive: bool,
        /// `SO_LINGER`; zero resets the connection when it is closed. Rounded up to whole seconds,
        /// which are what systems count, and at most 65535 of them.
        linger: Duration,
        /// `SO_SNDBUF`, in bytes.
        send_buffer_size: usize,
        /// `SO_RCVBUF`, in bytes.
        recv_buffer_size: usize,
        /// `IPV6_V6ONLY`.
        only_v6: bool,
        /// How many connections may wait to be accepted; 1024 if `None`.
        backlog: u32,
        /// `IP_TOS` of a socket of IPv4, where the system has it.
        tos_v4: u32,
        /// `IPV6_TCLASS` of a socket of IPv6, where the system has it.
        tclass_v6: u32,
        /// `SO_BINDTODEVICE`, the name of an interface, where the system has it.
        device: Vec<u8>,
    }
}

options! {
    /// Options of a UDP socket, applied before it is bound. What is `None` is left to the system.
    ///
    /// ```
    /// use loop_api::net::UdpOptions;
    ///
    /// assert_eq!(UdpOptions::new().broadcast(true).broadcast, Some(true));
    /// ```
    UdpOptions {
        /// `SO_REUSEADDR`.
        reuse_address: bool,
        /// `SO_REUSEPORT`, where the system has it.
        reuse_port: bool,
        /// `SO_BROADCAST`.
        broadcast: bool,
        /// `SO_SNDBUF`, in bytes.
        send_buffer_size: usize,
        /// `SO_RCVBUF`, in bytes.
        recv_buffer_size: usize,
        /// `IPV6_V6ONLY`.
        only_v6: bool,
    }
}
