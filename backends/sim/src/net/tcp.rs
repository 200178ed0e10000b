//! What the sockets of streams do.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use loop_api::net::TcpOptions;

use super::end::{End, State, buffer_size};
use super::network::{Listener, Network, closed, failed, system_error};
use super::packet::Packet;
use super::ports::leave;
use crate::agenda::Event;
use crate::core::Core;
use crate::oracle::ChoiceKind;
use crate::waiters::{Waiter, Waiters};

/// How often a client asks for a connection: at once, after one second, after three, seven, and so
/// on. After the last it waits twice as long as before.
pub(super) const SYN_TRIES: u32 = 7;

/// After how long a host without an answer is held to be unreachable.
const UNREACHABLE: u64 = 3_000_000_000;

fn syn_wait(tries: u32) -> u64 {
    1_000_000_000 << tries
}

impl Network {
    pub(crate) fn listen(
        &mut self,
        core: &Core,
        host: u32,
        mut addr: SocketAddr,
        options: &TcpOptions,
    ) -> io::Result<u64> {
        if self.host_of(host, addr.ip()) != Some(host) {
            return Err(failed(ErrorKind::AddrNotAvailable, "listen on", addr));
        }
        if addr.port() == 0 {
            addr.set_port(self.find_port(host, "listen on", addr)?);
        }
        let (reuse_port, only_v6) = (options.reuse_port == Some(true), options.only_v6 == Some(true));
        let both = |v6: SocketAddr, only_v6: bool| v6.is_ipv6() && v6.ip().is_unspecified() && !only_v6;
        let taken = self.listening.get(&(host, addr.port())).into_iter().flatten().any(|id| {
            let Some(other) = self.listeners.get(id) else { return false };
            let same_family = other.addr.is_ipv4() == addr.is_ipv4();
            let overlap = other.addr.ip() == addr.ip()
                || same_family && (other.addr.ip().is_unspecified() || addr.ip().is_unspecified())
                || !same_family && (both(other.addr, other.only_v6) || both(addr, only_v6));
            overlap && !(other.reuse_port && reuse_port)
        });
        if taken {
            return Err(failed(ErrorKind::AddrInUse, "listen on", addr));
        }
        let id = core.number();
        let buffer = buffer_size(options.recv_buffer_size, self.config.window);
        self.listeners.insert(
            id,
            Listener {
                host,
                addr,
                only_v6,
                reuse_port,
                backlog: options.backlog.unwrap_or(1024) as usize,
                buffer,
                queue: VecDeque::new(),
                waiters: Waiters::default(),
                ttl: 64,
            },
        );
        self.listening.entry((host, addr.port())).or_default().push(id);
        if let Some(node) = self.node(host) {
            node.ports.take(addr.port());
        }
        Ok(id)
    }

    /// Who gets a connection to an address: of several that share it, the one with the fewest
    /// waiting.
    pub(super) fn listener_at(&self, host: u32, addr: SocketAddr) -> Option<u64> {
        let ids = self.listening.get(&(host, addr.port()))?;
        let fits = |listener: &Listener| {
            listener.addr.ip() == addr.ip()
                || listener.addr.ip().is_unspecified()
                    && (listener.addr.is_ipv4() == addr.is_ipv4()
                        || listener.addr.is_ipv6() && !listener.only_v6)
        };
        let fitting = ids.iter().filter_map(|id| self.listeners.get(id).filter(|l| fits(l)).map(|l| (id, l)));
        // A listener on the very address comes before one on all.
        fitting.min_by_key(|(_, l)| (l.addr.ip().is_unspecified(), l.queue.len())).map(|(id, _)| *id)
    }

    pub(crate) fn connect(
        &mut self,
        core: &Core,
        host: u32,
        mut addr: SocketAddr,
        options: &TcpOptions,
    ) -> io::Result<u64> {
        if addr.ip().is_unspecified() {
            addr.set_ip(if addr.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        let to = self.host_of(host, addr.ip());
        let own = if addr.ip().is_loopback() { addr.ip() } else { self.ip_of(host) };
        let mut local = options.local_addr.unwrap_or(SocketAddr::new(own, 0));
        if local.ip().is_unspecified() {
            local.set_ip(own);
        }
        if self.host_of(host, local.ip()) != Some(host) {
            return Err(failed(ErrorKind::AddrNotAvailable, "connect from", local));
        }
        if local.port() != 0 {
            self.expect_local_port(host, local, addr, options)?;
        } else {
            let none = |_| failed(ErrorKind::AddrNotAvailable, "connect to", addr);
            local.set_port(self.find_port(host, "connect to", addr).map_err(none)?);
        }
        let id = core.number();
        let buffer = buffer_size(options.recv_buffer_size, self.config.window);
        let mut end = End::new((host, to.unwrap_or(host)), (local, addr), buffer);
        end.set(options);
        end.reuse = options.reuse_address == Some(true);
        self.ends.insert(id, end);
        if let Some(node) = self.node(host) {
            node.ports.take(local.port());
        }
        match to {
            Some(_) => self.ask(core, id, 0),
            None => {
                let refusal = Packet::Refused { to: id, kind: ErrorKind::HostUnreachable };
                let sent =
                    super::packet::Sent { from: host, to: host, end: None, packet: refusal, at: core.now() };
                core.at(core.now() + UNREACHABLE, Event::Packet(sent));
            }
        }
        Ok(id)
    }

    /// # Errors
    ///
    /// Those of the system where a local port was asked for that another socket has.
    fn expect_local_port(
        &self,
        host: u32,
        local: SocketAddr,
        remote: SocketAddr,
        options: &TcpOptions,
    ) -> io::Result<()> {
        let listens = self.listening.get(&(host, local.port())).into_iter().flatten().any(|id| {
            let Some(other) = self.listeners.get(id) else { return false };
            let every = other.addr.ip().is_unspecified() && (other.addr.is_ipv6() || local.is_ipv4());
            let shared = other.reuse_port && options.reuse_port == Some(true);
            (every || other.addr.ip() == local.ip()) && !shared
        });
        let reuse = options.reuse_address == Some(true);
        let same = self.ends.values().filter(|end| end.host == host && end.local == local && !end.is_unix());
        let (mut taken, mut connected) = (listens, false);
        for end in same {
            taken |= !(reuse && end.reuse);
            connected |= end.remote == remote;
        }
        match () {
            () if taken => Err(failed(ErrorKind::AddrInUse, "connect from", local)),
            () if connected => Err(failed(ErrorKind::AddrNotAvailable, "connect to", remote)),
            () => Ok(()),
        }
    }

    /// Asks for a connection, and sets the time for the next question.
    pub(super) fn ask(&mut self, core: &Core, id: u64, tries: u32) {
        let Some(end) = self.ends.get(&id).filter(|end| end.state == State::Connecting) else { return };
        let (host, to, addr) = (end.host, end.peer_host, end.remote);
        let packet = Packet::Syn { from: id, to, addr, again: tries > 0 };
        self.send_once(core, host, to, packet);
        let timer = core.at(core.now() + syn_wait(tries), Event::SynTimer { end: id, tries: tries + 1 });
        if let Some(end) = self.ends.get_mut(&id) {
            end.timer = Some(timer);
        }
    }

    /// Writes as much as the window allows.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, where `waiter` waits now; what the connection ended with; `BrokenPipe`.
    pub(crate) fn write(
        &mut self,
        core: &Core,
        id: u64,
        bufs: &[IoSlice<'_>],
        waiter: Option<Waiter>,
    ) -> io::Result<usize> {
        let end = self.ends.get_mut(&id).ok_or_else(closed)?;
        let segment = self.config.segment.filter(|_| !end.is_unix());
        if end.tx_end && end.is_unix() {
            // Whatever it ended with, which the next read tells.
            return Err(system_error(ErrorKind::BrokenPipe));
        }
        if let Some(kind) = end.error.take() {
            return Err(system_error(kind));
        }
        if end.tx_end {
            return Err(system_error(ErrorKind::BrokenPipe));
        }
        let len: usize = bufs.iter().map(|buf| buf.len()).sum();
        if len == 0 {
            return Ok(0);
        }
        let space = end.window.saturating_sub(end.unread);
        if space == 0 {
            if let Some(spare) = waiter.and_then(|waiter| end.writers.add(waiter)) {
                self.dropped.keep((0, spare));
            }
            return Err(ErrorKind::WouldBlock.into());
        }
        let n = len.min(space);
        let mut bytes = self.spare.take(n);
        for buf in bufs {
            let part = buf.len().min(n - bytes.len());
            bytes.extend_from_slice(&buf[..part]);
        }
        end.unread += n;
        let to = end.peer;
        match segment.filter(|segment| *segment > 0 && *segment < n) {
            None => self.send_from(core, id, Packet::Data { to, from: id, bytes }),
            Some(segment) => {
                for part in bytes.chunks(segment) {
                    self.send_from(core, id, Packet::Data { to, from: id, bytes: part.to_vec() });
                }
            }
        }
        Ok(n)
    }

    /// Reads what is there.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, where `waiter` waits now; what the connection ended with.
    pub(crate) fn read(
        &mut self,
        core: &Core,
        id: u64,
        buf: &mut [u8],
        peek: bool,
        waiter: Option<Waiter>,
    ) -> io::Result<usize> {
        let short = self.config.short_reads;
        let end = self.ends.get_mut(&id).ok_or_else(closed)?;
        if buf.is_empty() {
            return Ok(0);
        }
        if end.rx.is_empty() {
            if end.rx_fin {
                return Ok(0);
            }
            if let Some(kind) = end.error.take() {
                return Err(system_error(kind));
            }
            if end.rx_shut {
                return Ok(0);
            }
            if let Some(spare) = waiter.and_then(|waiter| end.readers.add(waiter)) {
                self.dropped.keep((0, spare));
            }
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut n = buf.len().min(end.rx.len());
        if short > 0.0 && n > 1 {
            let mut oracle = core.oracle();
            if oracle.chance(ChoiceKind::Segment, short) {
                n -= oracle.pick(ChoiceKind::Segment, n as u64) as usize;
            }
        }
        if peek {
            end.rx.peek(&mut buf[..n]);
            return Ok(n);
        }
        end.rx.take(&mut buf[..n], &mut self.spare);
        end.read += n;
        if end.read >= (end.buffer / 2).max(1) {
            // The writer is told of what was read, once it is much.
            let (to, read) = (end.peer, std::mem::take(&mut end.read));
            self.send_from(core, id, Packet::Window { to, read });
        }
        Ok(n)
    }

    /// Sends FIN.
    pub(crate) fn finish(&mut self, core: &Core, id: u64) {
        let Some(end) = self.ends.get_mut(&id) else { return };
        if end.tx_end || end.state != State::Open {
            return;
        }
        end.tx_end = true;
        let to = end.peer;
        end.writers.move_to(&mut self.wakes);
        self.send_from(core, id, Packet::Fin { to });
    }

    /// Shuts reading down on this side.
    pub(crate) fn stop_reading(&mut self, id: u64) {
        let Some(end) = self.ends.get_mut(&id) else { return };
        end.rx_shut = true;
        end.readers.move_to(&mut self.wakes);
        if end.is_unix() {
            // Its peer writes into nothing from now on.
            let peer = end.peer;
            if let Some(peer) = self.ends.get_mut(&peer) {
                peer.tx_end = true;
                peer.writers.move_to(&mut self.wakes);
            }
        }
    }

    /// The socket is dropped: FIN, or RST if something is unread.
    pub(crate) fn close(&mut self, core: &Core, id: u64) {
        let Some(end) = self.ends.get(&id) else { return };
        #[cfg(unix)]
        if end.is_unix() {
            return self.close_unix_end(core, id);
        }
        let (to, open) = (end.peer, end.state == State::Open);
        if open && (!end.rx.is_empty() || end.linger == Some(Duration::ZERO)) {
            self.send_from(core, id, Packet::Reset { to });
        } else if open {
            self.finish(core, id);
        }
        self.bury_end(core, id);
    }

    /// Takes an end out of which packets may be on their way, or wait.
    pub(super) fn bury_end(&mut self, core: &Core, id: u64) {
        let Some(end) = self.remove_end(core, id) else { return };
        let (from, to) = (end.host, end.peer_host);
        let waits = from != to
            && (self.is_cut(from, to) || self.is_held(from, to) || self.is_waiting(from, to, Some(id)));
        if end.state == State::Open && (waits || end.last >= core.now()) {
            self.gone.insert(id, end.last);
        }
    }

    pub(crate) fn close_listener(&mut self, core: &Core, id: u64) {
        let Some(mut listener) = self.listeners.remove(&id) else { return };
        listener.waiters.move_to(&mut self.dropped);
        leave(&mut self.listening, (listener.host, listener.addr.port()), id);
        if let Some(node) = self.node(listener.host) {
            node.ports.free(listener.addr.port());
        }
        for end in listener.queue {
            if let Some(to) = self.ends.get(&end).map(|end| end.peer) {
                self.send_from(core, end, Packet::Reset { to });
                self.close(core, end);
            }
        }
    }
}
