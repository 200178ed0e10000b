//! Unix sockets: within a host and its names, and at once, as nothing travels. A stream is two ends
//! as those of TCP, so that what is read and written is the same; what differs stands here.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};

use loop_api::net::error::cannot;
use rustix::io::Errno;

use super::end::{End, State};
use super::network::{Network, closed};
use super::unix_state::{BACKLOG, BUFFER, Datagrams, Name, Named, UnixEnd, UnixServer};
use crate::core::Core;
use crate::waiters::{Waiter, Waiters};

fn blocked(full: &mut Waiters, dropped: &mut Waiters, waiter: Option<Waiter>) -> io::Error {
    if let Some(spare) = waiter.and_then(|waiter| full.add(waiter)) {
        dropped.keep((0, spare));
    }
    ErrorKind::WouldBlock.into()
}

impl Network {
    /// Two ends of a stream within a host.
    pub(crate) fn unix_pair(&mut self, core: &Core, host: u32, ends: [UnixEnd; 2]) -> (u64, u64) {
        let ids = (core.number(), core.number());
        let none = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        for ((id, peer), unix) in [ids, (ids.1, ids.0)].into_iter().zip(ends) {
            let mut end = End::new((host, host), (none, none), BUFFER);
            end.state = State::Open;
            end.peer = peer;
            end.unix = Some(Box::new(unix));
            self.ends.insert(id, end);
        }
        ids
    }

    pub(crate) fn listen_unix(&mut self, core: &Core, host: u32, pid: i32, name: Name) -> io::Result<u64> {
        let id = core.number();
        self.unix.take("listen on", host, &name, Named::Listener(id))?;
        let server = UnixServer { host, name, queue: VecDeque::new(), waiters: Waiters::default(), pid };
        self.unix.servers.insert(id, server);
        Ok(id)
    }

    /// Connects, unless the backlog is full.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, where `waiter` waits now; what the system says of the name.
    pub(crate) fn connect_unix(
        &mut self,
        core: &Core,
        (host, pid): (u32, i32),
        name: &Name,
        waiter: Option<Waiter>,
    ) -> io::Result<u64> {
        let found = self.unix.find(host, name).and_then(|named| match named {
            Named::Listener(id) => Ok(id),
            _ => Err(Errno::PROTOTYPE),
        });
        let id = found.map_err(|error| cannot("connect to", name, error.into()))?;
        let Some(server) = self.unix.servers.get(&id) else { return Err(closed()) };
        if server.queue.len() > BACKLOG {
            return Err(blocked(&mut self.unix.full, &mut self.dropped, waiter));
        }
        let ends = [
            UnixEnd { local: None, remote: Some(name.clone()), peer_pid: server.pid },
            UnixEnd { local: Some(name.clone()), remote: None, peer_pid: pid },
        ];
        let (client, accepted) = self.unix_pair(core, host, ends);
        if let Some(server) = self.unix.servers.get_mut(&id) {
            server.queue.push_back(accepted);
            server.waiters.move_to(&mut self.wakes);
        }
        Ok(client)
    }

    /// The next connection.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, where `waiter` waits now; where there is a connection, that no descriptor is
    /// `free`.
    pub(crate) fn accept_unix(
        &mut self,
        id: u64,
        free: io::Result<()>,
        waiter: Option<Waiter>,
    ) -> io::Result<u64> {
        let server = self.unix.servers.get_mut(&id).ok_or_else(closed)?;
        match server.queue.front().copied() {
            Some(end) => {
                free?;
                server.queue.pop_front();
                self.unix.full.move_to(&mut self.wakes);
                Ok(end)
            }
            None => Err(blocked(&mut server.waiters, &mut self.dropped, waiter)),
        }
    }

    pub(crate) fn close_unix_server(&mut self, core: &Core, id: u64) {
        let Some(mut server) = self.unix.servers.remove(&id) else { return };
        server.waiters.move_to(&mut self.dropped);
        self.unix.leave(server.host, server.name, Named::Listener(id));
        self.unix.full.move_to(&mut self.wakes);
        for end in server.queue {
            // As Linux: the client that was not accepted is reset.
            self.break_unix(end, true);
            drop(self.remove_end(core, end));
        }
    }

    /// The peer of an end learns that this one is gone.
    fn break_unix(&mut self, id: u64, reset: bool) {
        let Some(peer) = self.ends.get(&id).map(|end| end.peer) else { return };
        if let Some(peer) = self.ends.get_mut(&peer) {
            if reset {
                peer.error = Some(ErrorKind::ConnectionReset);
                peer.rx_shut = true;
            } else {
                peer.rx_fin = true;
            }
            peer.tx_end = true;
            peer.wake_all(&mut self.wakes);
        }
    }

    /// An end of a unix stream is dropped.
    pub(super) fn close_unix_end(&mut self, core: &Core, id: u64) {
        let unread = self.ends.get(&id).is_some_and(|end| !end.rx.is_empty());
        self.break_unix(id, unread);
        drop(self.remove_end(core, id));
    }

    pub(crate) fn bind_unix(&mut self, core: &Core, host: u32, name: Option<Name>) -> io::Result<u64> {
        let id = core.number();
        if let Some(name) = &name {
            self.unix.take("bind", host, name, Named::Datagram(id))?;
        }
        self.unix.datagrams.insert(id, Datagrams::new(host, name));
        Ok(id)
    }

    /// Fixes the peer of a datagram socket.
    pub(crate) fn connect_datagrams(&mut self, id: u64, name: &Name) -> io::Result<()> {
        let host = self.unix.datagrams.get(&id).ok_or_else(closed)?.host;
        let peer = self.unix.find_datagrams(host, name);
        let peer = peer.map_err(|error| cannot("connect to", name, error.into()))?;
        self.pair_datagrams(id, peer, Some(name.clone()));
        Ok(())
    }

    /// Fixes the peer of a datagram socket by its number.
    pub(crate) fn pair_datagrams(&mut self, id: u64, peer: u64, name: Option<Name>) {
        if let Some(socket) = self.unix.datagrams.get_mut(&id) {
            (socket.peer, socket.peer_name) = (Some(peer), name);
        }
    }

    /// Sends a datagram, to the peer unless it is said to whom.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, where `waiter` waits now; what the system says of it.
    pub(crate) fn send_unix(
        &mut self,
        id: u64,
        to: Option<&Name>,
        buf: &[u8],
        waiter: Option<Waiter>,
    ) -> io::Result<usize> {
        let socket = self.unix.datagrams.get(&id).ok_or_else(closed)?;
        let (host, from) = (socket.host, socket.name.clone());
        if socket.tx_shut {
            return Err(Errno::PIPE.into());
        }
        let target = match to {
            None => socket.peer.ok_or(Errno::NOTCONN)?,
            Some(name) => {
                self.unix.find_datagrams(host, name).map_err(|error| cannot("send to", name, error.into()))?
            }
        };
        if buf.len() > BUFFER {
            return Err(Errno::MSGSIZE.into());
        }
        let Some(target) = self.unix.datagrams.get_mut(&target) else {
            // It is told once; then there is no peer any more.
            if let Some(socket) = self.unix.datagrams.get_mut(&id) {
                socket.peer = None;
            }
            return Err(Errno::CONNREFUSED.into());
        };
        if target.peer.is_some_and(|peer| peer != id) {
            return Err(Errno::PERM.into());
        }
        if target.rx_shut {
            return Err(Errno::PIPE.into());
        }
        if target.is_full() {
            return Err(blocked(&mut self.unix.full, &mut self.dropped, waiter));
        }
        target.rx.push_back((from, buf.to_vec()));
        target.readers.move_to(&mut self.wakes);
        Ok(buf.len())
    }

    /// The first datagram; what does not fit into `buf` is lost.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, where `waiter` waits now.
    pub(crate) fn receive_unix(
        &mut self,
        id: u64,
        buf: &mut [u8],
        waiter: Option<Waiter>,
    ) -> io::Result<(usize, Option<Name>)> {
        let socket = self.unix.datagrams.get_mut(&id).ok_or_else(closed)?;
        match socket.rx.pop_front() {
            Some((from, bytes)) => {
                let n = buf.len().min(bytes.len());
                buf[..n].copy_from_slice(&bytes[..n]);
                self.unix.full.move_to(&mut self.wakes);
                Ok((n, from))
            }
            None if socket.rx_shut => Ok((0, None)),
            None => Err(blocked(&mut socket.readers, &mut self.dropped, waiter)),
        }
    }

    /// Whether the connected peer has space for a datagram; who has no peer is not held up.
    pub(crate) fn can_send_unix(&mut self, id: u64, waiter: Option<Waiter>) -> io::Result<()> {
        let peer = self.unix.datagrams.get(&id).ok_or_else(closed)?.peer;
        let full = peer.and_then(|peer| self.unix.datagrams.get(&peer)).is_some_and(Datagrams::is_full);
        if full { Err(blocked(&mut self.unix.full, &mut self.dropped, waiter)) } else { Ok(()) }
    }

    pub(crate) fn shut_datagrams(&mut self, id: u64, read: bool, write: bool) -> io::Result<()> {
        let socket = self.unix.datagrams.get_mut(&id).ok_or_else(closed)?;
        socket.rx_shut |= read;
        socket.tx_shut |= write;
        socket.readers.move_to(&mut self.wakes);
        self.unix.full.move_to(&mut self.wakes);
        Ok(())
    }

    pub(crate) fn close_datagrams(&mut self, id: u64) {
        let Some(mut socket) = self.unix.datagrams.remove(&id) else { return };
        socket.readers.move_to(&mut self.dropped);
        if let Some(name) = socket.name {
            self.unix.leave(socket.host, name, Named::Datagram(id));
        }
        self.unix.full.move_to(&mut self.wakes);
    }

    /// A host's process is gone: who waits for its sockets elsewhere is woken. Its streams are closed
    /// with those of TCP.
    pub(super) fn crash_unix(&mut self, core: &Core, host: u32) {
        let servers = self.unix.servers.iter_mut().filter(|(_, server)| server.host == host);
        let ids: Vec<u64> = servers
            .map(|(id, server)| {
                server.waiters.move_to(&mut self.wakes);
                *id
            })
            .collect();
        ids.into_iter().for_each(|id| self.close_unix_server(core, id));
        let sockets = self.unix.datagrams.iter_mut().filter(|(_, socket)| socket.host == host);
        let ids: Vec<u64> = sockets
            .map(|(id, socket)| {
                socket.readers.move_to(&mut self.wakes);
                *id
            })
            .collect();
        ids.into_iter().for_each(|id| self.close_datagrams(id));
    }
}
