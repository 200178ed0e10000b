//! hickory: tasks, timers, UDP and TCP for DNS.
//!
//! ```
//! use std::net::{IpAddr, Ipv4Addr};
//!
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use hickory_resolver::Resolver;
//! use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ProtocolConfig, ResolverConfig};
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     let connections = vec![ConnectionConfig::new(ProtocolConfig::Udp)];
//!     let server = NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, connections);
//!     let config = ResolverConfig::from_parts(None, vec![], vec![server]);
//!     let resolver = Resolver::builder_with_config(config, plug).build()?;
//!     // An address is its own answer; a name is asked of the server.
//!     let found: Vec<IpAddr> = resolver.lookup_ip("192.0.2.7").await?.iter().collect();
//!     assert_eq!(found, [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))]);
//!     Ok::<_, Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use hickory_net::runtime::{DnsTcpStream, DnsUdpSocket, RuntimeProvider, Spawn};
use loop_api::io::Interest;
use loop_api::net::{Net, TcpOptions, UdpOptions};
use loop_api::readiness::{Readiness, Source};
use loop_toolkit::socket;

use crate::Plug;
use crate::forward::forward_io;

/// What hickory waits for a server when it does not say how long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<H: Handle> RuntimeProvider for Plug<H> {
    type Handle = Plug<H>;
    type Timer = Time<H>;
    type Udp = Udp<H>;
    type Tcp = Tcp<H>;

    fn create_handle(&self) -> Plug<H> {
        self.clone()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        bind: Option<SocketAddr>,
        wait_for: Option<Duration>,
    ) -> BoxFuture<io::Result<Tcp<H>>> {
        let handle = self.handle.clone();
        let mut options = TcpOptions::default();
        options.nodelay = Some(true);
        options.local_addr = bind;
        Box::pin(async move {
            let connecting = handle.connect_tcp(server, options);
            match handle.timeout(wait_for.unwrap_or(CONNECT_TIMEOUT), connecting).await {
                Ok(connected) => connected.map(|stream| Tcp { stream }),
                Err(_) => Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("no answer to the connection to {server} in time"),
                )),
            }
        })
    }

    fn bind_udp(&self, local: SocketAddr, _server: SocketAddr) -> BoxFuture<io::Result<Udp<H>>> {
        let handle = self.handle.clone();
        Box::pin(async move {
            let socket = socket::udp(local, &UdpOptions::default())?;
            Ok(Udp { source: handle.register(socket)? })
        })
    }
}

/// What hickory needs of a loop's handle: sockets, and readiness for UDP that is polled.
pub trait Handle: Net + Readiness + Unpin {}
impl<H: Net + Readiness + Unpin> Handle for H {}

impl<H: Handle> Spawn for Plug<H> {
    fn spawn_bg(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        drop(self.handle.spawn(future)); // it runs on
    }
}

/// Timers of the loop that the caller runs in: hickory asks for them without saying on which.
///
/// # Panics
///
/// Where no such loop runs, `delay_for` and `timeout` do.
pub struct Time<H> {
    loops: PhantomData<fn() -> H>,
}

impl<H> fmt::Debug for Time<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Time").finish_non_exhaustive()
    }
}

fn current<H: loop_api::Handle>() -> H {
    H::try_current().expect(
        "hickory's timers need the loop that its provider was made for: poll its futures on that loop",
    )
}

#[async_trait]
impl<H: Handle> hickory_net::runtime::Time for Time<H> {
    async fn delay_for(duration: Duration) {
        current::<H>().sleep(duration).await;
    }

    async fn timeout<F: Future + Send + 'static>(duration: Duration, future: F) -> io::Result<F::Output> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
        current::<H>().timeout(duration, future).await.map_err(late)
    }

    /// The loop's time of day; the system's where no loop runs.
    fn current_time() -> u64 {
        let told = H::try_current().map_or_else(SystemTime::now, |handle| handle.wall_clock());
        told.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }
}

/// A UDP socket of the loop.
pub struct Udp<H: Readiness> {
    source: H::Source<std::net::UdpSocket>,
}

impl<H: Readiness> fmt::Debug for Udp<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Udp").field("source", &self.source).finish()
    }
}

#[async_trait]
impl<H: Handle> DnsUdpSocket for Udp<H> {
    type Time = Time<H>;

    fn poll_recv_from(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.source.poll_io(cx, Interest::Readable, |socket| socket.recv_from(buf))
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.io(Interest::Readable, |socket| socket.recv_from(buf)).await
    }

    fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], target: SocketAddr) -> Poll<io::Result<usize>> {
        self.source.poll_io(cx, Interest::Writable, |socket| socket.send_to(buf, target))
    }

    async fn send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.source.io(Interest::Writable, |socket| socket.send_to(buf, target)).await
    }
}

/// A TCP connection of the loop.
pub struct Tcp<H: Net> {
    stream: H::TcpStream,
}

impl<H: Net> fmt::Debug for Tcp<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tcp").field("stream", &self.stream).finish()
    }
}

forward_io!(Tcp<H: Net>);

impl<H: Handle> DnsTcpStream for Tcp<H> {
    type Time = Time<H>;
}
