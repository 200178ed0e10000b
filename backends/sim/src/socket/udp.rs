//! UDP.

use std::fmt;
use std::future::poll_fn;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;

use loop_api::coop;

use super::waiting::Waiting;
use crate::net::datagrams::Udp;
use crate::net::network::{closed, system_error};
use crate::state::SimHandle;
use crate::waiters::Waiter;

/// A UDP socket of a simulated host.
pub struct UdpSocket {
    pub(super) host: SimHandle,
    pub(super) id: u64,
}

impl UdpSocket {
    fn with<R>(&self, f: impl FnOnce(&mut Udp) -> R) -> Result<R> {
        self.host.0.world.net(|net, _| net.udp.get_mut(&self.id).map(f).ok_or_else(closed))
    }

    fn take(&self, buf: &mut [u8], peek: bool, waiter: Option<Waiter>) -> Result<(usize, SocketAddr)> {
        self.host.0.world.call(|net, _| net.receive(self.id, buf, peek, waiter))
    }

    fn waiting(&self) -> Waiting<'_> {
        Waiting::new(&self.host, self.id, |net, id| net.udp.get_mut(&id).map(|socket| &mut socket.waiters))
    }

    /// Whether something is there, or `WouldBlock`, where `waiter` waits now.
    fn ready(&self, waiter: Option<Waiter>) -> Result<()> {
        self.host.0.world.net(|net, _| {
            let socket = net.udp.get_mut(&self.id).ok_or_else(closed)?;
            if !socket.rx.is_empty() || socket.error.is_some() {
                return Ok(());
            }
            if let Some(spare) = waiter.and_then(|waiter| socket.waiters.add(waiter)) {
                net.dropped.keep((0, spare));
            }
            Err(ErrorKind::WouldBlock.into())
        })
    }

    async fn receive(&self, buf: &mut [u8], peek: bool) -> Result<(usize, SocketAddr)> {
        let mut waiting = self.waiting();
        poll_fn(|cx| coop::poll_transfer(cx, |cx| waiting.poll(cx, |waiter| self.take(buf, peek, waiter))))
            .await
    }
}

// No system's socket lies under it.
impl loop_api::net::Socket for UdpSocket {}

impl loop_api::net::UdpSocket for UdpSocket {
    async fn connect(&self, addr: SocketAddr) -> Result<()> {
        self.host.0.world.net(|net, _| net.connect_udp(self.id, addr))
    }

    async fn send(&self, buf: &[u8]) -> Result<usize> {
        self.try_send(buf)
    }

    async fn recv(&self, buf: &mut [u8]) -> Result<usize> {
        self.receive(buf, false).await.map(|(n, _)| n)
    }

    async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> Result<usize> {
        self.try_send_to(buf, addr)
    }

    async fn recv_from(&self, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
        self.receive(buf, false).await
    }

    async fn peek_from(&self, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
        self.receive(buf, true).await
    }

    async fn readable(&self) -> Result<()> {
        let mut waiting = self.waiting();
        poll_fn(|cx| waiting.poll(cx, |waiter| self.ready(waiter))).await
    }

    async fn writable(&self) -> Result<()> {
        self.with(|_| ())
    }

    fn try_send(&self, buf: &[u8]) -> Result<usize> {
        let peer = self.peer_addr()?;
        self.try_send_to(buf, peer)
    }

    fn try_recv(&self, buf: &mut [u8]) -> Result<usize> {
        self.take(buf, false, None).map(|(n, _)| n)
    }

    fn try_send_to(&self, buf: &[u8], addr: SocketAddr) -> Result<usize> {
        self.host.0.world.call(|net, core| net.send_datagram(core, self.id, addr, buf))
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
        self.take(buf, false, None)
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        self.with(|socket| socket.addr)
    }

    fn peer_addr(&self) -> Result<SocketAddr> {
        self.with(|socket| socket.peer)?.ok_or_else(|| system_error(ErrorKind::NotConnected))
    }

    fn take_error(&self) -> Result<Option<Error>> {
        self.with(|socket| socket.error.take().map(system_error))
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        self.host.0.world.net(|net, _| net.close_udp(self.id));
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addr = self.with(|socket| socket.addr).ok();
        f.debug_struct("UdpSocket").field("host", &self.host.name()).field("addr", &addr).finish()
    }
}
