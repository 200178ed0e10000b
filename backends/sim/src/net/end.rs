//! One end of a stream, as its host's kernel sees it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use loop_api::net::TcpOptions;

use super::bytes::Bytes;
#[cfg(unix)]
use super::unix_state::UnixEnd;
use crate::agenda::Key;
use crate::waiters::Waiters;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Connecting,
    Open,
    Failed(ErrorKind),
}

#[derive(Debug)]
pub(crate) struct End {
    pub(crate) host: u32,
    pub(crate) peer_host: u32,
    /// The number of the other end, once it is known.
    pub(crate) peer: u64,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) state: State,
    pub(crate) rx: Bytes,
    /// Read since the writer was told.
    pub(crate) read: usize,
    /// The peer's FIN has come.
    pub(crate) rx_fin: bool,
    /// Reading was shut down on this side.
    pub(crate) rx_shut: bool,
    /// No more is sent.
    pub(crate) tx_end: bool,
    /// Sent, and not known to be read.
    pub(crate) unread: usize,
    /// How much of that there may be.
    pub(crate) window: usize,
    /// How much this end buffers.
    pub(crate) buffer: usize,
    /// A packet arrives after the one that was sent before it: when that was.
    pub(crate) last: u64,
    pub(crate) error: Option<ErrorKind>,
    pub(crate) readers: Waiters,
    pub(crate) writers: Waiters,
    /// When it asks again, or gives up.
    pub(crate) timer: Option<Key>,
    pub(crate) nodelay: bool,
    /// Others may have its local address too. Those that were accepted may, as listeners have it so.
    pub(crate) reuse: bool,
    pub(crate) ttl: u32,
    pub(crate) linger: Option<Duration>,
    /// It is of a unix stream.
    #[cfg(unix)]
    pub(crate) unix: Option<Box<UnixEnd>>,
}

impl End {
    pub(crate) fn new(hosts: (u32, u32), addrs: (SocketAddr, SocketAddr), buffer: usize) -> End {
        End {
            host: hosts.0,
            peer_host: hosts.1,
            peer: 0,
            local: addrs.0,
            remote: addrs.1,
            state: State::Connecting,
            rx: Bytes::default(),
            read: 0,
            rx_fin: false,
            rx_shut: false,
            tx_end: false,
            unread: 0,
            window: buffer,
            buffer,
            last: 0,
            error: None,
            readers: Waiters::default(),
            writers: Waiters::default(),
            timer: None,
            nodelay: false,
            reuse: true,
            ttl: 64,
            linger: None,
            #[cfg(unix)]
            unix: None,
        }
    }

    /// Whether it is of a unix stream, where nothing travels.
    pub(crate) fn is_unix(&self) -> bool {
        #[cfg(unix)]
        return self.unix.is_some();
        #[cfg(not(unix))]
        false
    }

    pub(crate) fn set(&mut self, options: &TcpOptions) {
        self.nodelay = options.nodelay == Some(true);
        self.linger = options.linger;
    }

    /// Whether a read has something to give.
    pub(crate) fn is_readable(&self) -> bool {
        !self.rx.is_empty() || self.rx_fin || self.rx_shut || self.error.is_some()
    }

    /// Whether a write has something to give.
    pub(crate) fn is_writable(&self) -> bool {
        self.unread < self.window || self.tx_end || self.error.is_some()
    }

    pub(crate) fn wake_all(&mut self, wakes: &mut Waiters) {
        self.readers.move_to(wakes);
        self.writers.move_to(wakes);
    }
}

/// How much an end buffers: as the kernel, twice what was asked for, and not too little.
pub(crate) fn buffer_size(asked: Option<usize>, default: usize) -> usize {
    asked.map_or(default, |asked| asked.saturating_mul(2).max(2304))
}
