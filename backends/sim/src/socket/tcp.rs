//! TCP.

use std::fmt;
use std::future::poll_fn;
use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use loop_api::coop;
use loop_api::io::AsyncReadUninit;

use super::descriptors::free_descriptor;
use super::stream::{
    HasSocket, OwnedReadHalf, OwnedWriteHalf, ReadHalf, Socket, WriteHalf, poll_read_vectored, reads, stream,
    writes,
};
use super::waiting::{List, Waiting, accept, poll_accept};
use crate::net::network::{Listener, closed};
use crate::state::SimHandle;
use crate::waiters::Waiter;

/// A TCP connection between simulated hosts, or within one.
#[derive(Debug)]
pub struct TcpStream(pub(super) Arc<Socket>);

stream!(TcpStream);

// No system's socket lies under them.
impl loop_api::net::Socket for TcpStream {}
impl loop_api::net::Socket for TcpListener {}
impl loop_api::net::Socket for ReadHalf<'_> {}
impl loop_api::net::Socket for WriteHalf<'_> {}
impl loop_api::net::Socket for OwnedReadHalf {}
impl loop_api::net::Socket for OwnedWriteHalf {}

impl loop_api::net::TcpStream for TcpStream {
    fn local_addr(&self) -> Result<SocketAddr> {
        self.0.end(|end| end.local)
    }

    fn peer_addr(&self) -> Result<SocketAddr> {
        self.0.end(|end| end.remote)
    }

    fn nodelay(&self) -> Result<bool> {
        self.0.end(|end| end.nodelay)
    }

    fn set_nodelay(&self, on: bool) -> Result<()> {
        self.0.end(|end| end.nodelay = on)
    }

    fn ttl(&self) -> Result<u32> {
        self.0.end(|end| end.ttl)
    }

    fn set_ttl(&self, ttl: u32) -> Result<()> {
        self.0.end(|end| end.ttl = ttl)
    }

    fn linger(&self) -> Result<Option<Duration>> {
        self.0.end(|end| end.linger)
    }

    fn set_zero_linger(&self) -> Result<()> {
        self.0.end(|end| end.linger = Some(Duration::ZERO))
    }

    async fn peek(&self, buf: &mut [u8]) -> Result<usize> {
        let readers: List = |net, id| net.ends.get_mut(&id).map(|end| &mut end.readers);
        let mut waiting = Waiting::new(&self.0.host, self.0.id, readers);
        poll_fn(|cx| waiting.poll(cx, |waiter| self.0.read(buf, true, waiter))).await
    }
}

/// A TCP server socket of a simulated host.
pub struct TcpListener {
    pub(super) host: SimHandle,
    pub(super) id: u64,
}

impl TcpListener {
    fn with<R>(&self, f: impl FnOnce(&mut Listener) -> R) -> Result<R> {
        self.host.0.world.net(|net, _| net.listeners.get_mut(&self.id).map(f).ok_or_else(closed))
    }
}

impl TcpListener {
    /// The next connection, or `WouldBlock`, where `waiter` waits now; without a descriptor it stays
    /// where it is.
    fn next(&self, waiter: Option<Waiter>) -> Result<(TcpStream, SocketAddr)> {
        let mut free = Some(free_descriptor(&self.host));
        let (id, peer) = self.host.0.world.net(|net, _| {
            let listener = net.listeners.get_mut(&self.id).ok_or_else(closed)?;
            // One that is gone is passed over.
            while let Some(id) = listener.queue.front().copied() {
                let remote = net.ends.get(&id).map(|end| end.remote);
                if remote.is_some() {
                    free.take().transpose()?;
                }
                listener.queue.pop_front();
                if let Some(remote) = remote {
                    return Ok((id, remote));
                }
            }
            if let Some(spare) = waiter.and_then(|waiter| listener.waiters.add(waiter)) {
                net.dropped.keep((0, spare));
            }
            Err(Error::from(ErrorKind::WouldBlock))
        })?;
        Ok((TcpStream(Arc::new(Socket { host: self.host.clone(), id })), peer))
    }
}

impl loop_api::net::TcpListener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> Result<(TcpStream, SocketAddr)> {
        let list: List = |net, id| net.listeners.get_mut(&id).map(|listener| &mut listener.waiters);
        accept(&self.host, self.id, list, |waiter| self.next(waiter)).await
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Result<(TcpStream, SocketAddr)>> {
        poll_accept(cx, &self.host, |waiter| self.next(waiter))
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        self.with(|listener| listener.addr)
    }

    fn ttl(&self) -> Result<u32> {
        self.with(|listener| listener.ttl)
    }

    fn set_ttl(&self, ttl: u32) -> Result<()> {
        self.with(|listener| listener.ttl = ttl)
    }
}

impl Drop for TcpListener {
    fn drop(&mut self) {
        self.host.0.world.net(|net, core| net.close_listener(core, self.id));
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addr = self.with(|listener| listener.addr).ok();
        f.debug_struct("TcpListener").field("host", &self.host.name()).field("addr", &addr).finish()
    }
}
