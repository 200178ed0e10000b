//! What is known of unix sockets.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use loop_api::net::error::cannot;
use rustix::io::Errno;

use crate::waiters::Waiters;

/// How many connections may wait to be accepted: one more, as on Linux.
pub(super) const BACKLOG: usize = 128;

/// How many datagrams may wait at a socket: one more, as on Linux.
pub(super) const QUEUE: usize = 10;

/// How much a stream or a datagram holds: Linux's default.
pub(super) const BUFFER: usize = 212_992;

/// The name of a socket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Path(PathBuf),
    /// Made on Linux only.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    Abstract(Vec<u8>),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Path(path) => path.display().fmt(f),
            Name::Abstract(name) => write!(f, "@{}", name.escape_ascii()),
        }
    }
}

/// What an end of a unix stream has in place of addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnixEnd {
    pub(crate) local: Option<Name>,
    pub(crate) remote: Option<Name>,
    /// The process of the peer.
    pub(crate) peer_pid: i32,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Listener(u64),
    Datagram(u64),
    /// A path whose socket is gone.
    Gone,
}

#[derive(Debug)]
pub(crate) struct UnixServer {
    pub(crate) host: u32,
    pub(crate) name: Name,
    pub(crate) queue: VecDeque<u64>,
    pub(crate) waiters: Waiters,
    pub(super) pid: i32,
}

#[derive(Debug)]
pub(crate) struct Datagrams {
    pub(crate) host: u32,
    pub(crate) name: Option<Name>,
    pub(crate) peer: Option<u64>,
    pub(crate) peer_name: Option<Name>,
    pub(super) rx: VecDeque<(Option<Name>, Vec<u8>)>,
    pub(super) rx_shut: bool,
    pub(super) tx_shut: bool,
    pub(crate) readers: Waiters,
}

impl Datagrams {
    pub(super) fn new(host: u32, name: Option<Name>) -> Datagrams {
        Datagrams {
            host,
            name,
            peer: None,
            peer_name: None,
            rx: VecDeque::new(),
            rx_shut: false,
            tx_shut: false,
            readers: Waiters::default(),
        }
    }

    pub(crate) fn is_readable(&self) -> bool {
        !self.rx.is_empty() || self.rx_shut
    }

    pub(super) fn is_full(&self) -> bool {
        self.rx.len() > QUEUE
    }
}

/// All unix sockets but the ends of streams.
#[derive(Debug, Default)]
pub(crate) struct UnixSockets {
    pub(super) names: BTreeMap<(u32, Name), Named>,
    pub(crate) servers: BTreeMap<u64, UnixServer>,
    pub(crate) datagrams: BTreeMap<u64, Datagrams>,
    /// Who waits for space in a backlog or at a socket of another.
    pub(crate) full: Waiters,
}

impl UnixSockets {
    /// Gives a name to a socket.
    pub(super) fn take(&mut self, what: &str, host: u32, name: &Name, named: Named) -> io::Result<()> {
        if self.names.contains_key(&(host, name.clone())) {
            return Err(cannot(what, name, Errno::ADDRINUSE.into()));
        }
        self.names.insert((host, name.clone()), named);
        Ok(())
    }

    /// A socket is gone: its path stays, as everywhere; an abstract name is free. If the path was
    /// removed, the name may be another's by now.
    pub(super) fn leave(&mut self, host: u32, name: Name, was: Named) {
        let place = (host, name);
        if self.names.get(&place) != Some(&was) {
            return;
        }
        match &place.1 {
            Name::Path(_) => drop(self.names.insert(place, Named::Gone)),
            Name::Abstract(_) => drop(self.names.remove(&place)),
        }
    }

    /// Whether it was a socket's.
    pub(super) fn remove_path(&mut self, host: u32, path: &Path) -> bool {
        self.names.remove(&(host, Name::Path(path.to_owned()))).is_some()
    }

    pub(super) fn find(&self, host: u32, name: &Name) -> Result<Named, Errno> {
        match (self.names.get(&(host, name.clone())), name) {
            (None, Name::Path(_)) => Err(Errno::NOENT),
            (None, Name::Abstract(_)) | (Some(Named::Gone), _) => Err(Errno::CONNREFUSED),
            (Some(named), _) => Ok(*named),
        }
    }

    pub(super) fn find_datagrams(&self, host: u32, name: &Name) -> Result<u64, Errno> {
        match self.find(host, name)? {
            Named::Datagram(id) => Ok(id),
            _ => Err(Errno::PROTOTYPE),
        }
    }
}
