//! Unix sockets of a host.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, Error, ErrorKind, IoSlice, IoSliceMut, Result};
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use loop_api::coop;
use loop_api::io::AsyncReadUninit;
use loop_api::net::UnixNet;

use super::descriptors::{expect_descriptor, free_descriptor};
use super::stream::{
    HasSocket, OwnedReadHalf, OwnedWriteHalf, ReadHalf, Socket, WriteHalf, poll_read_vectored, reads, stream,
    writes,
};
use super::waiting::{List, Waiting, accept, attempt, poll_accept};
use crate::net::network::closed;
use crate::net::unix_state::{Datagrams, Name, UnixEnd};
use crate::state::SimHandle;
use crate::waiters::Waiter;

/// A unix stream within a simulated host.
#[derive(Debug)]
pub struct UnixStream(pub(super) Arc<Socket>);

stream!(UnixStream);

fn name_of(addr: &SocketAddr) -> Result<Name> {
    if let Some(path) = addr.as_pathname() {
        return Ok(Name::Path(path.to_owned()));
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        #[cfg(target_os = "android")]
        use std::os::android::net::SocketAddrExt;
        #[cfg(target_os = "linux")]
        use std::os::linux::net::SocketAddrExt;
        if let Some(name) = addr.as_abstract_name() {
            return Ok(Name::Abstract(name.to_owned()));
        }
    }
    Err(Error::new(ErrorKind::InvalidInput, "the address has no name: give a path"))
}

fn addr_of(name: Option<Name>) -> Result<SocketAddr> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    match name {
        Some(Name::Path(path)) => SocketAddr::from_pathname(path),
        #[cfg(any(target_os = "linux", target_os = "android"))]
        Some(Name::Abstract(name)) => SocketAddr::from_abstract_name(name),
        // An empty path is no name.
        _ => SocketAddr::from_pathname(""),
    }
}

impl UnixStream {
    fn unix(&self) -> Result<UnixEnd> {
        self.0.end(|end| end.unix.as_deref().cloned().unwrap_or_default())
    }
}

impl loop_api::net::UnixStream for UnixStream {
    fn local_addr(&self) -> Result<SocketAddr> {
        addr_of(self.unix()?.local)
    }

    fn peer_addr(&self) -> Result<SocketAddr> {
        addr_of(self.unix()?.remote)
    }

    /// The user and the group are those of the test's process.
    fn peer_cred(&self) -> Result<(Option<i32>, u32, u32)> {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        Ok((Some(self.unix()?.peer_pid), user.as_raw(), group.as_raw()))
    }
}

/// A unix server socket of a simulated host.
pub struct UnixListener {
    host: SimHandle,
    id: u64,
}

impl UnixListener {
    /// The next connection; who connects has no name.
    fn next(&self, waiter: Option<Waiter>) -> Result<(UnixStream, SocketAddr)> {
        let free = free_descriptor(&self.host);
        let id = self.host.0.world.net(|net, _| net.accept_unix(self.id, free, waiter))?;
        Ok((UnixStream(Arc::new(Socket { host: self.host.clone(), id })), addr_of(None)?))
    }
}

impl loop_api::net::Socket for UnixStream {}
impl loop_api::net::Socket for UnixListener {}
impl loop_api::net::Socket for UnixDatagram {}

impl loop_api::net::UnixListener for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> Result<(UnixStream, SocketAddr)> {
        let list: List = |net, id| net.unix.servers.get_mut(&id).map(|server| &mut server.waiters);
        accept(&self.host, self.id, list, |waiter| self.next(waiter)).await
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Result<(UnixStream, SocketAddr)>> {
        poll_accept(cx, &self.host, |waiter| self.next(waiter))
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        let name = self.host.0.world.net(|net, _| {
            net.unix.servers.get(&self.id).map(|server| server.name.clone()).ok_or_else(closed)
        });
        addr_of(Some(name?))
    }
}

impl Drop for UnixListener {
    fn drop(&mut self) {
        self.host.0.world.net(|net, core| net.close_unix_server(core, self.id));
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addr = loop_api::net::UnixListener::local_addr(self).ok();
        f.debug_struct("UnixListener").field("host", &self.host.name()).field("addr", &addr).finish()
    }
}

/// A unix datagram socket of a simulated host.
pub struct UnixDatagram {
    host: SimHandle,
    id: u64,
}

impl UnixDatagram {
    fn with<R>(&self, f: impl FnOnce(&mut Datagrams) -> R) -> Result<R> {
        self.host.0.world.net(|net, _| net.unix.datagrams.get_mut(&self.id).map(f).ok_or_else(closed))
    }

    fn send_now(&self, to: Option<&Name>, buf: &[u8], waiter: Option<Waiter>) -> Result<usize> {
        self.host.0.world.call(|net, _| net.send_unix(self.id, to, buf, waiter))
    }

    fn receive_now(&self, buf: &mut [u8], waiter: Option<Waiter>) -> Result<(usize, Option<Name>)> {
        self.host.0.world.call(|net, _| net.receive_unix(self.id, buf, waiter))
    }

    /// Waits for a datagram.
    fn reading(&self) -> Waiting<'_> {
        Waiting::new(&self.host, self.id, |net, id| {
            net.unix.datagrams.get_mut(&id).map(|socket| &mut socket.readers)
        })
    }

    /// Waits for space at another's socket.
    fn writing(&self) -> Waiting<'_> {
        Waiting::new(&self.host, self.id, |net, _| Some(&mut net.unix.full))
    }

    async fn send_all(&self, to: Option<&Name>, buf: &[u8]) -> Result<usize> {
        let mut waiting = self.writing();
        poll_fn(|cx| coop::poll_transfer(cx, |cx| waiting.poll(cx, |waiter| self.send_now(to, buf, waiter))))
            .await
    }

    async fn receive(&self, buf: &mut [u8]) -> Result<(usize, Option<Name>)> {
        let mut waiting = self.reading();
        poll_fn(|cx| coop::poll_transfer(cx, |cx| waiting.poll(cx, |waiter| self.receive_now(buf, waiter))))
            .await
    }
}

impl loop_api::net::UnixDatagram for UnixDatagram {
    fn connect(&self, addr: &SocketAddr) -> Result<()> {
        let name = name_of(addr)?;
        self.host.0.world.net(|net, _| net.connect_datagrams(self.id, &name))
    }

    async fn send(&self, buf: &[u8]) -> Result<usize> {
        self.send_all(None, buf).await
    }

    async fn recv(&self, buf: &mut [u8]) -> Result<usize> {
        self.receive(buf).await.map(|(n, _)| n)
    }

    async fn send_to(&self, buf: &[u8], addr: &SocketAddr) -> Result<usize> {
        self.send_all(Some(&name_of(addr)?), buf).await
    }

    async fn recv_from(&self, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
        let (n, from) = self.receive(buf).await?;
        Ok((n, addr_of(from)?))
    }

    async fn readable(&self) -> Result<()> {
        let mut waiting = self.reading();
        let attempt = |waiter: Option<Waiter>| {
            let spare = self.with(|socket| {
                if socket.is_readable() {
                    return Ok(());
                }
                Err(waiter.and_then(|waiter| socket.readers.add(waiter)))
            })?;
            // The spare waker is dropped here, where no lock is held.
            spare.map_err(|_spare| ErrorKind::WouldBlock.into())
        };
        poll_fn(|cx| waiting.poll(cx, attempt)).await
    }

    async fn writable(&self) -> Result<()> {
        let mut waiting = self.writing();
        let attempt = |waiter| self.host.0.world.net(|net, _| net.can_send_unix(self.id, waiter));
        poll_fn(|cx| waiting.poll(cx, attempt)).await
    }

    fn try_send(&self, buf: &[u8]) -> Result<usize> {
        self.send_now(None, buf, None)
    }

    fn try_recv(&self, buf: &mut [u8]) -> Result<usize> {
        self.receive_now(buf, None).map(|(n, _)| n)
    }

    fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> Result<usize> {
        self.send_now(Some(&name_of(addr)?), buf, None)
    }

    fn try_recv_from(&self, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
        let (n, from) = self.receive_now(buf, None)?;
        Ok((n, addr_of(from)?))
    }

    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], addr: &SocketAddr) -> Poll<Result<usize>> {
        let name = name_of(addr)?;
        coop::poll_transfer(cx, |cx| attempt(cx, || 0, |waiter| self.send_now(Some(&name), buf, waiter)))
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        addr_of(self.with(|socket| socket.name.clone())?)
    }

    fn peer_addr(&self) -> Result<SocketAddr> {
        let (peer, name) = self.with(|socket| (socket.peer, socket.peer_name.clone()))?;
        match peer {
            Some(_) => addr_of(name),
            None => Err(rustix::io::Errno::NOTCONN.into()),
        }
    }

    fn shutdown(&self, how: Shutdown) -> Result<()> {
        let (read, write) = (how != Shutdown::Write, how != Shutdown::Read);
        self.host.0.world.net(|net, _| net.shut_datagrams(self.id, read, write))
    }

    fn take_error(&self) -> Result<Option<Error>> {
        self.with(|_| None)
    }
}

impl Drop for UnixDatagram {
    fn drop(&mut self) {
        self.host.0.world.net(|net, _| net.close_datagrams(self.id));
    }
}

impl fmt::Debug for UnixDatagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.with(|socket| socket.name.clone()).ok().flatten();
        f.debug_struct("UnixDatagram").field("host", &self.host.name()).field("name", &name).finish()
    }
}

impl SimHandle {
    /// The number of its process, which unix sockets tell: another at each start.
    fn pid(&self) -> i32 {
        (self.0.id as i32 + 1) * 1000 + self.0.boot as i32
    }
}

impl UnixNet for SimHandle {
    type UnixStream = UnixStream;
    type UnixListener = UnixListener;
    type UnixDatagram = UnixDatagram;

    fn connect_unix(
        &self,
        addr: SocketAddr,
    ) -> impl Future<Output = io::Result<UnixStream>> + Send + 'static {
        let host = self.clone();
        async move {
            let (name, from) = (name_of(&addr)?, (host.0.id, host.pid()));
            expect_descriptor(&host, "connect to", &name)?;
            let mut waiting = Waiting::new(&host, 0, |net, _| Some(&mut net.unix.full));
            let attempt = |waiter| host.0.world.net(|net, core| net.connect_unix(core, from, &name, waiter));
            let id = poll_fn(|cx| waiting.poll(cx, attempt)).await?;
            drop(waiting);
            Ok(UnixStream(Arc::new(Socket { host, id })))
        }
    }

    fn listen_unix(&self, addr: &SocketAddr) -> Result<UnixListener> {
        let name = name_of(addr)?;
        expect_descriptor(self, "listen on", &name)?;
        let id = self.0.world.net(|net, core| net.listen_unix(core, self.0.id, self.pid(), name))?;
        Ok(UnixListener { host: self.clone(), id })
    }

    fn unix_pair(&self) -> Result<(UnixStream, UnixStream)> {
        self.check_open()?;
        free_descriptor(self)?;
        let end = || UnixEnd { peer_pid: self.pid(), ..UnixEnd::default() };
        let (one, other) = self.0.world.net(|net, core| net.unix_pair(core, self.0.id, [end(), end()]));
        let stream = |id| UnixStream(Arc::new(Socket { host: self.clone(), id }));
        Ok((stream(one), stream(other)))
    }

    fn bind_unix_datagram(&self, addr: &SocketAddr) -> Result<UnixDatagram> {
        let name = name_of(addr)?;
        expect_descriptor(self, "bind", &name)?;
        let id = self.0.world.net(|net, core| net.bind_unix(core, self.0.id, Some(name)))?;
        Ok(UnixDatagram { host: self.clone(), id })
    }

    fn unbound_unix_datagram(&self) -> Result<UnixDatagram> {
        self.check_open()?;
        free_descriptor(self)?;
        let id = self.0.world.net(|net, core| net.bind_unix(core, self.0.id, None))?;
        Ok(UnixDatagram { host: self.clone(), id })
    }

    fn unix_datagram_pair(&self) -> Result<(UnixDatagram, UnixDatagram)> {
        let (one, other) = (self.unbound_unix_datagram()?, self.unbound_unix_datagram()?);
        self.0.world.net(|net, _| {
            net.pair_datagrams(one.id, other.id, None);
            net.pair_datagrams(other.id, one.id, None);
        });
        Ok((one, other))
    }
}
