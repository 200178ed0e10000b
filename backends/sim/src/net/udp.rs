//! Datagrams.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use loop_api::net::UdpOptions;
use loop_api::net::error::cannot;

use super::datagrams::Udp;
use super::network::{Network, closed, failed, is_of_host, system_error};
use super::packet::{Datagram, Packet, Sent};
use super::ports::leave;
use crate::agenda::Event;
use crate::core::Core;
use crate::oracle::ChoiceKind;
use crate::waiters::{Waiter, Waiters};

/// The most that a datagram holds.
const MOST: usize = 65_507;

/// What fits into one packet on a link: a larger datagram goes in pieces, and is lost with any.
const MTU: usize = 1472;

/// Where an address that is every one of the host leads: to the host itself.
fn to_itself(local: SocketAddr, mut to: SocketAddr) -> SocketAddr {
    if to.ip().is_unspecified() {
        let loopback = if to.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        let same = !local.ip().is_unspecified() && local.is_ipv4() == to.is_ipv4();
        to.set_ip(if same { local.ip() } else { loopback });
    }
    to
}

/// # Errors
///
/// That of the system where a socket of IPv4 is to reach IPv6.
fn expect_family(local: SocketAddr, to: SocketAddr, what: &str) -> io::Result<()> {
    if local.is_ipv6() || to.is_ipv4() {
        return Ok(());
    }
    #[cfg(unix)]
    let error = rustix::io::Errno::AFNOSUPPORT.into();
    #[cfg(not(unix))]
    let error = io::Error::new(ErrorKind::InvalidInput, "a socket of IPv4 does not reach IPv6");
    Err(cannot(what, to, error))
}

impl Udp {
    /// Whether a datagram is for it: by the address that it was sent to, and its peer if it has one.
    fn takes(&self, from: SocketAddr, to: SocketAddr) -> bool {
        let own = self.addr.ip();
        let every = own.is_unspecified() && (self.addr.is_ipv6() || to.is_ipv4());
        (own == to.ip() || every) && self.peer.is_none_or(|peer| peer == from)
    }
}

impl Network {
    pub(crate) fn bind_udp(
        &mut self,
        core: &Core,
        host: u32,
        mut addr: SocketAddr,
        options: &UdpOptions,
    ) -> io::Result<u64> {
        if self.host_of(host, addr.ip()) != Some(host) {
            return Err(failed(ErrorKind::AddrNotAvailable, "bind", addr));
        }
        if addr.port() == 0 {
            addr.set_port(self.find_port(host, "bind", addr)?);
        }
        let reuse = options.reuse_port == Some(true) || options.reuse_address == Some(true);
        let taken = self.bound.get(&(host, addr.port())).into_iter().flatten().any(|id| {
            let Some(other) = self.udp.get(id) else { return false };
            let overlap = other.addr.ip() == addr.ip()
                || other.addr.ip().is_unspecified()
                || addr.ip().is_unspecified();
            overlap && !(other.reuse && reuse)
        });
        if taken {
            return Err(failed(ErrorKind::AddrInUse, "bind", addr));
        }
        let id = core.number();
        let broadcast = options.broadcast == Some(true);
        self.udp.insert(
            id,
            Udp {
                host,
                addr,
                peer: None,
                rx: VecDeque::new(),
                error: None,
                waiters: Waiters::default(),
                reuse,
                broadcast,
            },
        );
        self.bound.entry((host, addr.port())).or_default().push(id);
        if let Some(node) = self.node(host) {
            node.ports.take(addr.port());
        }
        Ok(id)
    }

    pub(crate) fn close_udp(&mut self, id: u64) {
        let Some(mut socket) = self.udp.remove(&id) else { return };
        socket.waiters.move_to(&mut self.dropped);
        leave(&mut self.bound, (socket.host, socket.addr.port()), id);
        if let Some(node) = self.node(socket.host) {
            node.ports.free(socket.addr.port());
        }
    }

    /// Fixes the peer of a socket, and where it was bound to every address, its own too.
    pub(crate) fn connect_udp(&mut self, id: u64, peer: SocketAddr) -> io::Result<()> {
        let socket = self.udp.get(&id).ok_or_else(closed)?;
        let (host, mut local) = (socket.host, socket.addr);
        expect_family(local, peer, "connect to")?;
        let peer = to_itself(local, peer);
        let own = if peer.ip().is_loopback() { peer.ip() } else { self.ip_of(host) };
        if local.ip().is_unspecified() && own.is_ipv4() == local.is_ipv4() {
            local.set_ip(own);
        }
        if let Some(socket) = self.udp.get_mut(&id) {
            (socket.peer, socket.addr) = (Some(peer), local);
        }
        Ok(())
    }

    /// Sends what may be lost.
    pub(super) fn send_once(&mut self, core: &Core, from: u32, to: u32, packet: Packet) {
        if from != to {
            if self.is_cut(from, to) {
                return;
            }
            if self.is_held(from, to) {
                self.route(from, to).waiting.push(Sent { from, to, end: None, packet, at: core.now() });
                return;
            }
        }
        let len = packet.summary().2 as usize;
        let mut time = Some(0);
        for piece in 0..len.div_ceil(MTU).max(1) {
            let len = len.saturating_sub(piece * MTU).min(MTU);
            let transit = self.transit(core, from, to, len);
            time = time.zip(transit).map(|(time, transit): (u64, u64)| time.max(transit));
        }
        if let Some(time) = time {
            let sent = Sent { from, to, end: None, packet, at: core.now() };
            core.at(core.now() + time, Event::Packet(sent));
        }
    }

    pub(crate) fn send_datagram(
        &mut self,
        core: &Core,
        id: u64,
        to: SocketAddr,
        buf: &[u8],
    ) -> io::Result<usize> {
        let socket = self.udp.get_mut(&id).ok_or_else(closed)?;
        if let Some(kind) = socket.error.take() {
            return Err(system_error(kind));
        }
        if buf.len() > MOST {
            let message = format!("a datagram of {} bytes is too long: send at most {MOST}", buf.len());
            return Err(io::Error::new(ErrorKind::InvalidInput, message));
        }
        let (host, mut from, may_broadcast) = (socket.host, socket.addr, socket.broadcast);
        expect_family(from, to, "send to")?;
        let to = to_itself(from, to);
        let broadcast = matches!(to, SocketAddr::V4(to) if to.ip().is_broadcast());
        if broadcast && !may_broadcast {
            return Err(failed(
                ErrorKind::PermissionDenied,
                "send a broadcast without the option for it to",
                to,
            ));
        }
        if from.ip().is_unspecified() {
            from.set_ip(if to.ip().is_loopback() { to.ip() } else { self.ip_of(host) });
        }
        if broadcast {
            for other in 0..self.nodes.len() as u32 {
                self.send_copies(core, (host, from), (other, to), buf);
            }
            return Ok(buf.len());
        }
        // An address that no host has takes it, and it is lost.
        if let Some(to_host) = self.host_of(host, to.ip()) {
            self.send_copies(core, (host, from), (to_host, to), buf);
        }
        Ok(buf.len())
    }

    fn send_copies(&mut self, core: &Core, from: (u32, SocketAddr), to: (u32, SocketAddr), buf: &[u8]) {
        let duplicate = self.link(from.0, to.0).duplicate;
        let twice = from.0 != to.0 && core.oracle().chance(ChoiceKind::Duplicate, duplicate);
        for _ in 0..=usize::from(twice) {
            let (from_host, from, to_host, to) = (from.0, from.1, to.0, to.1);
            let datagram = Datagram { from_host, from, to_host, to, bytes: buf.to_vec() };
            let packet = Packet::Datagram(Box::new(datagram));
            self.send_once(core, from_host, to_host, packet);
        }
    }

    /// Gives the first datagram, if there is one; its size may be more than `buf`'s.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, where `waiter` waits now; `ConnectionRefused` of an earlier send.
    pub(crate) fn receive(
        &mut self,
        id: u64,
        buf: &mut [u8],
        peek: bool,
        waiter: Option<Waiter>,
    ) -> io::Result<(usize, SocketAddr)> {
        let socket = self.udp.get_mut(&id).ok_or_else(closed)?;
        if let Some(kind) = socket.error.take() {
            return Err(system_error(kind));
        }
        let Some((from, bytes)) = socket.rx.front() else {
            if let Some(spare) = waiter.and_then(|waiter| socket.waiters.add(waiter)) {
                self.dropped.keep((0, spare));
            }
            return Err(ErrorKind::WouldBlock.into());
        };
        let (from, n) = (*from, buf.len().min(bytes.len()));
        buf[..n].copy_from_slice(&bytes[..n]);
        if !peek {
            socket.rx.pop_front();
        }
        Ok((n, from))
    }

    /// A datagram has come to a host.
    pub(super) fn datagram(
        &mut self,
        core: &Core,
        from: (u32, SocketAddr),
        to: (u32, SocketAddr),
        bytes: Vec<u8>,
    ) {
        let most = self.config.datagrams;
        let broadcast = matches!(to.1, SocketAddr::V4(to) if to.ip().is_broadcast());
        let bound = self.bound.get(&(to.0, to.1.port())).into_iter().flatten();
        let fitting = bound.filter(|id| self.udp.get(id).is_some_and(|socket| socket.takes(from.1, to.1)));
        let takers: Vec<u64> = if broadcast {
            fitting.copied().collect()
        } else {
            // One whose peer it is comes first, then one on the very address.
            let rank = |id: &&u64| self.udp.get(id).map(|s| (s.peer.is_none(), s.addr.ip().is_unspecified()));
            fitting.min_by_key(rank).copied().into_iter().collect()
        };
        for id in &takers {
            // What does not fit is dropped.
            if let Some(socket) = self.udp.get_mut(id).filter(|socket| socket.rx.len() < most) {
                socket.rx.push_back((from.1, bytes.clone()));
                socket.waiters.move_to(&mut self.wakes);
            }
        }
        if takers.is_empty() && !broadcast {
            let (from_host, from) = from;
            let sender = self.bound.get(&(from_host, from.port())).into_iter().flatten().find(|id| {
                let same = |ip| ip == from.ip() || is_of_host(ip);
                self.udp.get(id).is_some_and(|socket| socket.peer == Some(to.1) && same(socket.addr.ip()))
            });
            if let Some(sender) = sender.copied() {
                self.send_once(core, to.0, from_host, Packet::Unreachable { to: sender, from: to.1 });
            }
        }
    }
}
