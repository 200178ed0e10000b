//! The state of the network, and how a packet gets onto its way.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use loop_api::net::error::cannot;

use super::bytes::Spare;
use super::datagrams::Udp;
use super::end::{End, State};
use super::link::{Latency, Link, NetConfig, nanos};
use super::packet::{Packet, Sent};
use super::ports::{AtPort, Ports};
use super::route::Route;
#[cfg(unix)]
use super::unix_state::UnixSockets;

use crate::agenda::Event;
use crate::core::Core;
use crate::oracle::ChoiceKind;
use crate::waiters::Waiters;

/// For keys that are small numbers: without a seed, so that nothing depends on the process.
#[derive(Debug, Default)]
pub(crate) struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

type Map<V> = HashMap<u64, V, BuildHasherDefault<Plain>>;

#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) host: u32,
    pub(crate) addr: SocketAddr,
    pub(crate) only_v6: bool,
    pub(crate) reuse_port: bool,
    pub(crate) backlog: usize,
    pub(crate) buffer: usize,
    pub(crate) queue: VecDeque<u64>,
    pub(crate) waiters: Waiters,
    pub(crate) ttl: u32,
}

/// What the network knows of a host.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) ip: IpAddr,
    pub(crate) ports: Ports,
    /// How many isolations there are.
    pub(crate) isolated: u32,
}

#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) config: NetConfig,
    pub(crate) nodes: Vec<Node>,
    pub(crate) ips: BTreeMap<IpAddr, u32>,
    pub(crate) names: BTreeMap<String, Vec<IpAddr>>,
    pub(crate) failing_names: BTreeSet<String>,
    pub(crate) routes: BTreeMap<(u32, u32), Route>,
    pub(crate) ends: Map<End>,
    pub(crate) listeners: BTreeMap<u64, Listener>,
    /// Who listens at a port of a host.
    pub(crate) listening: AtPort,
    pub(crate) udp: BTreeMap<u64, Udp>,
    /// How many isolations there are of all hosts.
    pub(crate) isolations: u32,
    /// Whose datagrams come to a port of a host.
    pub(crate) bound: AtPort,
    /// When the last packet of an end arrives that is gone, until its FIN or RST has.
    pub(crate) gone: BTreeMap<u64, u64>,
    #[cfg(unix)]
    pub(crate) unix: UnixSockets,
    /// Buffers of segments that were read, for the next.
    pub(crate) spare: Spare,
    /// To be woken, and to be dropped, when the lock is free.
    pub(crate) wakes: Waiters,
    pub(crate) dropped: Waiters,
}

pub(crate) fn is_of_host(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

pub(crate) fn failed(kind: ErrorKind, what: &str, addr: SocketAddr) -> io::Error {
    cannot(what, addr, system_error(kind))
}

/// The socket's host is gone.
pub(crate) fn closed() -> io::Error {
    loop_api::Closed.into()
}

/// The error that the system gives, with its number where that is known.
pub(crate) fn system_error(kind: ErrorKind) -> io::Error {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let number = match kind {
            ErrorKind::ConnectionRefused => Some(Errno::CONNREFUSED),
            ErrorKind::ConnectionReset => Some(Errno::CONNRESET),
            ErrorKind::TimedOut => Some(Errno::TIMEDOUT),
            ErrorKind::HostUnreachable => Some(Errno::HOSTUNREACH),
            ErrorKind::AddrInUse => Some(Errno::ADDRINUSE),
            ErrorKind::AddrNotAvailable => Some(Errno::ADDRNOTAVAIL),
            ErrorKind::BrokenPipe => Some(Errno::PIPE),
            ErrorKind::NotConnected => Some(Errno::NOTCONN),
            _ => None,
        };
        number.map_or_else(|| kind.into(), io::Error::from)
    }
    #[cfg(not(unix))]
    kind.into()
}

impl Network {
    pub(crate) fn new(config: NetConfig) -> Network {
        Network {
            config,
            nodes: Vec::new(),
            ips: BTreeMap::new(),
            names: BTreeMap::new(),
            failing_names: BTreeSet::new(),
            routes: BTreeMap::new(),
            ends: Map::default(),
            listeners: BTreeMap::new(),
            listening: BTreeMap::new(),
            udp: BTreeMap::new(),
            isolations: 0,
            bound: BTreeMap::new(),
            gone: BTreeMap::new(),
            #[cfg(unix)]
            unix: UnixSockets::default(),
            spare: Spare::default(),
            wakes: Waiters::default(),
            dropped: Waiters::default(),
        }
    }

    /// Adds the next host.
    pub(crate) fn add_node(&mut self, name: &str, ip: IpAddr) {
        let id = self.nodes.len() as u32;
        self.nodes.push(Node { ip, ports: Ports::default(), isolated: 0 });
        self.ips.insert(ip, id);
        self.names.insert(name.to_owned(), vec![ip]);
    }

    pub(crate) fn node(&mut self, host: u32) -> Option<&mut Node> {
        self.nodes.get_mut(host as usize)
    }

    pub(crate) fn ip_of(&self, host: u32) -> IpAddr {
        self.nodes.get(host as usize).map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |node| node.ip)
    }

    /// Which host has an address, asked by a host.
    pub(crate) fn host_of(&self, asking: u32, ip: IpAddr) -> Option<u32> {
        if is_of_host(ip) { Some(asking) } else { self.ips.get(&ip).copied() }
    }

    /// A port of the host that is free, not taken yet.
    pub(crate) fn find_port(&mut self, host: u32, what: &str, addr: SocketAddr) -> io::Result<u16> {
        let found = self.node(host).and_then(|node| node.ports.find());
        found.ok_or_else(|| failed(ErrorKind::AddrInUse, what, addr))
    }

    pub(crate) fn link(&self, from: u32, to: u32) -> &Link {
        self.routes.get(&(from, to)).and_then(|route| route.link.as_ref()).unwrap_or(&self.config.link)
    }

    pub(crate) fn route(&mut self, from: u32, to: u32) -> &mut Route {
        self.routes.entry((from, to)).or_default()
    }

    /// How many unix server sockets and datagram sockets a host has.
    pub(crate) fn unix_sockets_of(&self, host: u32) -> (usize, usize) {
        #[cfg(unix)]
        return (
            self.unix.servers.values().filter(|server| server.host == host).count(),
            self.unix.datagrams.values().filter(|socket| socket.host == host).count(),
        );
        #[cfg(not(unix))]
        {
            let _ = host;
            (0, 0)
        }
    }

    /// Removes the path of a unix socket, if it is one; the socket goes on, and no one finds it.
    pub(crate) fn remove_unix_path(&mut self, host: u32, path: &Path) -> bool {
        #[cfg(unix)]
        return self.unix.remove_path(host, path);
        #[cfg(not(unix))]
        {
            let _ = (host, path);
            false
        }
    }

    /// Whether every way is as every other.
    fn is_calm(&self) -> bool {
        self.routes.is_empty() && self.isolations == 0
    }

    /// Whether nothing gets from one host to the other.
    pub(crate) fn is_cut(&self, from: u32, to: u32) -> bool {
        if self.is_calm() {
            return false;
        }
        let isolated = |host: u32| self.nodes.get(host as usize).is_some_and(|node| node.isolated > 0);
        from != to
            && (isolated(from)
                || isolated(to)
                || self.routes.get(&(from, to)).is_some_and(|route| route.cuts > 0))
    }

    pub(crate) fn is_held(&self, from: u32, to: u32) -> bool {
        self.routes.get(&(from, to)).is_some_and(|route| route.held)
    }

    /// How long a packet takes; `None` if it is lost.
    pub(crate) fn transit(&mut self, core: &Core, from: u32, to: u32, len: usize) -> Option<u64> {
        if from == to {
            return Some(nanos(self.config.loopback));
        }
        let now = core.now();
        let link = self.link(from, to);
        let bandwidth = link.bandwidth.filter(|bandwidth| *bandwidth > 0);
        let (lost, latency) = match link.latency {
            // Nothing is chosen.
            Latency::Fixed(time) if link.loss <= 0.0 => (false, nanos(time)),
            _ => {
                let mut oracle = core.oracle();
                (
                    oracle.chance(ChoiceKind::Loss, link.loss),
                    link.latency.draw(ChoiceKind::Latency, &mut oracle),
                )
            }
        };
        let mut time = latency;
        if !self.routes.is_empty() || bandwidth.is_some() {
            let route = self.route(from, to);
            time += route.slow;
            if let Some(bandwidth) = bandwidth {
                // Headers are sent too.
                let carried = (len as u64 + 40).saturating_mul(1_000_000_000) / bandwidth;
                route.busy_until = route.busy_until.max(now) + carried;
                time += route.busy_until - now;
            }
        }
        (!lost).then_some(time)
    }

    /// Sends what arrives in any case, unless the way is cut for too long: what is lost is sent
    /// again. What one end sends arrives in its order.
    pub(crate) fn send(&mut self, core: &Core, from: u32, to: u32, end: Option<u64>, packet: Packet) {
        let troubled = from != to && !self.is_calm();
        let cut = troubled && self.is_cut(from, to);
        let held = troubled && self.is_held(from, to);
        let answerless = cut || troubled && self.is_cut(to, from);
        let time = if cut || held || troubled && self.is_waiting(from, to, end) {
            None
        } else {
            self.transit_again(core, from, to, packet.summary().2 as usize)
        };
        if answerless || time.is_none() && !held {
            self.expect_answer(core, end);
        }
        let Some(time) = time else {
            self.route(from, to).waiting.push(Sent { from, to, end, packet, at: core.now() });
            return;
        };
        let last = match end.and_then(|end| self.ends.get_mut(&end)) {
            Some(end) => Some(&mut end.last),
            None => end.and_then(|end| self.gone.get_mut(&end)),
        };
        let mut at = core.now() + time;
        if let Some(last) = last {
            at = at.max(*last + 1);
            *last = at;
        }
        core.at(at, Event::Packet(Sent { from, to, end, packet, at: core.now() }));
    }

    /// Whether something that an end sent before has yet to go.
    pub(super) fn is_waiting(&self, from: u32, to: u32, end: Option<u64>) -> bool {
        let route = self.routes.get(&(from, to));
        end.is_some() && route.is_some_and(|route| route.waiting.iter().any(|sent| sent.end == end))
    }

    /// How long a packet takes that is sent again as often as it is lost; `None` if that is for too long.
    fn transit_again(&mut self, core: &Core, from: u32, to: u32, len: usize) -> Option<u64> {
        let give_up = nanos(self.config.give_up);
        let (mut time, mut again) = (0, 200_000_000);
        while time <= give_up {
            if let Some(transit) = self.transit(core, from, to, len) {
                return Some(time + transit);
            }
            time += again;
            again *= 2;
        }
        None
    }

    /// As [`send`](Self::send), from an end to its peer.
    pub(crate) fn send_from(&mut self, core: &Core, id: u64, packet: Packet) {
        let Some(end) = self.ends.get_mut(&id) else { return };
        let (from, to, now) = (end.host, end.peer_host, core.now());
        let sent = Sent { from, to, end: Some(id), packet, at: now };
        if end.is_unix() {
            return self.arrive(core, sent);
        }
        let is_calm = self.routes.is_empty() && self.isolations == 0;
        match self.config.fixed(from == to).filter(|_| is_calm) {
            // As `send` would, where nothing is chosen.
            Some(transit) => {
                end.last = (now + transit).max(end.last + 1);
                core.at(end.last, Event::Packet(sent));
            }
            None => self.send(core, from, to, Some(id), sent.packet),
        }
    }

    /// Has an end give up if no answer can come for too long.
    fn expect_answer(&mut self, core: &Core, end: Option<u64>) {
        let give_up = nanos(self.config.give_up);
        let Some(id) = end else { return };
        if let Some(end) = self.ends.get_mut(&id).filter(|end| end.state == State::Open) {
            if end.timer.is_none() {
                end.timer = Some(core.at(core.now() + give_up, Event::GiveUp { end: id }));
            }
        }
    }

    /// Takes an end out. When its last packet arrives is kept, as packets of its own may wait.
    pub(crate) fn remove_end(&mut self, core: &Core, id: u64) -> Option<End> {
        let mut end = self.ends.remove(&id)?;
        if let Some(key) = end.timer.take() {
            drop(core.cancel(key));
        }
        end.readers.move_to(&mut self.dropped);
        end.writers.move_to(&mut self.dropped);
        if let Some(node) = self.node(end.host) {
            node.ports.free(end.local.port());
        }
        Some(end)
    }
}
