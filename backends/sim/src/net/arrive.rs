//! What arrives, and what the kernel of its host makes of it.

use std::io::ErrorKind;
use std::net::SocketAddr;

use super::end::{End, State};
use super::network::Network;
use super::packet::{Datagram, Packet, Sent};
use super::tcp::SYN_TRIES;
use crate::core::Core;

impl Network {
    pub(crate) fn arrive(&mut self, core: &Core, sent: Sent) {
        let Sent { end, packet, .. } = sent;
        match packet {
            Packet::Syn { from: client, to, addr, again } => self.syn(core, client, (to, addr), again),
            Packet::SynAck { to, peer } => self.syn_ack(core, to, peer),
            Packet::Refused { to, kind } => self.fail(core, to, kind),
            Packet::Data { to, from: peer, bytes } => self.data(core, to, peer, bytes),
            Packet::Fin { to } => {
                if let Some(end) = self.ends.get_mut(&to) {
                    end.rx_fin = true;
                    end.readers.move_to(&mut self.wakes);
                }
                self.forget(end);
            }
            Packet::Reset { to } => {
                self.reset(core, to);
                self.forget(end);
            }
            Packet::Window { to, read } => {
                if let Some(end) = self.ends.get_mut(&to) {
                    end.unread = end.unread.saturating_sub(read);
                    end.writers.move_to(&mut self.wakes);
                }
            }
            Packet::Datagram(datagram) => {
                let Datagram { from_host, from, to_host, to, bytes } = *datagram;
                self.datagram(core, (from_host, from), (to_host, to), bytes);
            }
            Packet::Unreachable { to, from: refused } => {
                if let Some(socket) = self.udp.get_mut(&to).filter(|socket| socket.peer == Some(refused)) {
                    socket.error = Some(ErrorKind::ConnectionRefused);
                    socket.waiters.move_to(&mut self.wakes);
                }
            }
        }
    }

    /// The last packet of an end that is gone has come.
    fn forget(&mut self, end: Option<u64>) {
        if let Some(end) = end {
            self.gone.remove(&end);
        }
    }

    /// A client asks for a connection.
    fn syn(&mut self, core: &Core, client: u64, (host, addr): (u32, SocketAddr), again: bool) {
        let Some(asking) = self.ends.get(&client).filter(|end| end.state == State::Connecting) else {
            return;
        };
        let (client_host, client_addr, client_buffer) = (asking.host, asking.local, asking.buffer);
        if again && self.ends.values().any(|end| end.peer == client && end.state == State::Open) {
            // It was answered, and the answer is on its way.
            return;
        }
        let Some(listener) = self.listener_at(host, addr) else {
            let refusal = Packet::Refused { to: client, kind: ErrorKind::ConnectionRefused };
            return self.send(core, host, client_host, None, refusal);
        };
        let Some(listener) = self.listeners.get_mut(&listener) else { return };
        if listener.queue.len() > listener.backlog {
            // As if it had been lost; one more than asked for, as on Linux.
            return;
        }
        let server = core.number();
        listener.queue.push_back(server);
        listener.waiters.move_to(&mut self.wakes);
        let mut end = End::new((host, client_host), (addr, client_addr), listener.buffer);
        end.state = State::Open;
        end.peer = client;
        end.window = client_buffer;
        end.ttl = listener.ttl;
        self.ends.insert(server, end);
        if let Some(node) = self.node(host) {
            node.ports.take(addr.port());
        }
        self.send_from(core, server, Packet::SynAck { to: client, peer: server });
    }

    fn syn_ack(&mut self, core: &Core, client: u64, server: u64) {
        let window = self.ends.get(&server).map(|end| end.buffer);
        match self.ends.get_mut(&client).filter(|end| end.state == State::Connecting) {
            Some(end) => {
                end.state = State::Open;
                end.peer = server;
                end.window = window.unwrap_or(end.window);
                end.wake_all(&mut self.wakes);
                if let Some(timer) = end.timer.take() {
                    drop(core.cancel(timer));
                }
            }
            // The client has gone.
            None => {
                if let Some((host, client_host)) = self.ends.get(&server).map(|end| (end.host, end.peer_host))
                {
                    self.send(core, client_host, host, None, Packet::Reset { to: server });
                }
            }
        }
    }

    /// A connection that is asked for does not come to be.
    fn fail(&mut self, core: &Core, id: u64, kind: ErrorKind) {
        let Some(end) = self.ends.get_mut(&id).filter(|end| end.state == State::Connecting) else { return };
        end.state = State::Failed(kind);
        end.wake_all(&mut self.wakes);
        if let Some(timer) = end.timer.take() {
            drop(core.cancel(timer));
        }
    }

    /// It is time to ask again.
    pub(crate) fn syn_timer(&mut self, core: &Core, id: u64, tries: u32) {
        if tries < SYN_TRIES { self.ask(core, id, tries) } else { self.fail(core, id, ErrorKind::TimedOut) }
    }

    /// No answer has come for too long.
    pub(crate) fn give_up(&mut self, id: u64) {
        let Some(end) = self.ends.get_mut(&id) else { return };
        end.timer = None;
        end.error = Some(ErrorKind::TimedOut);
        end.tx_end = true;
        end.rx_shut = true;
        end.wake_all(&mut self.wakes);
        let (host, peer_host) = (end.host, end.peer_host);
        if let Some(route) = self.routes.get_mut(&(host, peer_host)) {
            route.waiting.retain(|sent| sent.end != Some(id));
        }
    }

    fn data(&mut self, core: &Core, to: u64, from: u64, bytes: Vec<u8>) {
        match self.ends.get_mut(&to).filter(|end| end.state == State::Open && end.error.is_none()) {
            // Both directions were shut down on this side: as Linux, it is no connection any more.
            Some(end) if end.rx_shut && end.tx_end => {
                let peer = end.peer;
                self.send_from(core, to, Packet::Reset { to: peer });
                self.reset(core, to);
            }
            // Also after reading was shut down: what comes can be read.
            Some(end) => {
                end.rx.push(bytes);
                end.readers.move_to(&mut self.wakes);
            }
            // No socket is there any more.
            None => {
                if let Some((host, peer_host)) = self.ends.get(&from).map(|end| (end.host, end.peer_host)) {
                    self.send(core, peer_host, host, None, Packet::Reset { to: from });
                }
            }
        }
    }

    /// The connection is gone.
    pub(crate) fn reset(&mut self, core: &Core, id: u64) {
        let Some(end) = self.ends.get_mut(&id) else { return };
        if end.state == State::Connecting {
            return self.fail(core, id, ErrorKind::ConnectionRefused);
        }
        if end.rx_fin && end.tx_end {
            // Both directions have ended well.
            return;
        }
        // As Linux: one who has read to the end and writes on learns that there is no reader.
        let kind = if end.rx_fin { ErrorKind::BrokenPipe } else { ErrorKind::ConnectionReset };
        end.error = Some(kind);
        end.rx_shut = true;
        end.tx_end = true;
        end.wake_all(&mut self.wakes);
        if let Some(timer) = end.timer.take() {
            drop(core.cancel(timer));
        }
    }
}
