//! quinn: tasks, timers, and UDP with everything that quinn's own socket layer can do; or with a
//! socket of the loop's, for loops that wait for none of the system's, such as a simulated world.
//!
//! ```
//! use std::net::UdpSocket;
//! use std::sync::Arc;
//!
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use quinn::{Endpoint, EndpointConfig};
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     let socket = UdpSocket::bind("127.0.0.1:0")?;
//!     let addr = socket.local_addr()?;
//!     let client = Endpoint::new(EndpointConfig::default(), None, socket, Arc::new(plug))?;
//!     assert_eq!(client.local_addr()?, addr);
//!     Ok::<_, std::io::Error>(())
//! })?;
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fmt;
use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use loop_api::Handle;
use loop_api::io::Interest;
use loop_api::net::{Net, UdpOptions};
use loop_api::readiness::{Readiness, Source};
use loop_api::time::Sleep;
use loop_toolkit::socket::is_ready;
use pin_project_lite::pin_project;
use quinn::udp::{RecvMeta, Transmit, UdpSocketState};
use quinn::{AsyncTimer, AsyncUdpSocket, Endpoint, EndpointConfig, ServerConfig, UdpPoller};

use crate::Plug;

impl<H: Readiness> quinn::Runtime for Plug<H> {
    fn new_timer(&self, deadline: Instant) -> Pin<Box<dyn AsyncTimer>> {
        timer(&self.handle, deadline)
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drop(self.handle.spawn(future)); // it runs on
    }

    fn wrap_udp_socket(&self, socket: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let state = UdpSocketState::new((&socket).into())?;
        socket.set_nonblocking(true)?;
        Ok(Arc::new(Socket { source: self.handle.register(socket)?, state }))
    }

    fn now(&self) -> Instant {
        self.handle.now().into_std()
    }
}

fn timer<H: Handle>(handle: &H, deadline: Instant) -> Pin<Box<dyn AsyncTimer>> {
    Box::pin(Timer { sleep: handle.sleep_until(loop_api::time::Instant::from_std(deadline)) })
}

pin_project! {
    struct Timer<S> {
        #[pin]
        sleep: S,
    }
}

impl<S: Sleep> fmt::Debug for Timer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sleep.fmt(f)
    }
}

impl<S: Sleep + 'static> AsyncTimer for Timer<S> {
    fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.project().sleep.reset(loop_api::time::Instant::from_std(deadline));
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().sleep.poll(cx)
    }
}

#[derive(Debug)]
struct Socket<S> {
    source: S,
    state: UdpSocketState,
}

impl<S: Source<UdpSocket> + 'static> AsyncUdpSocket for Socket<S> {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable { socket: self, wait: Mutex::new(None) })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.state.send(self.source.get_ref().into(), transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.source.poll_io(cx, Interest::Readable, |socket| self.state.recv(socket.into(), bufs, meta))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    fn max_receive_segments(&self) -> usize {
        self.state.gro_segments()
    }

    fn may_fragment(&self) -> bool {
        self.state.may_fragment()
    }
}

type Wait = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Any number of these may wait for one socket, so each has a wait of its own.
struct Writable<S> {
    socket: Arc<Socket<S>>,
    /// Never locked: it is reached through `&mut`, and the lock is what makes this `Sync`.
    wait: Mutex<Option<Wait>>,
}

impl<S: Source<UdpSocket> + 'static> UdpPoller for Writable<S> {
    fn poll_writable(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let slot = this.wait.get_mut().unwrap_or_else(PoisonError::into_inner);
        poll_wait(slot, cx, || {
            let socket = this.socket.clone();
            // quinn has sent past the loop's back, so what the loop remembers counts for nothing:
            // the system is asked.
            let writable = |socket: &UdpSocket| is_ready(socket, Interest::Writable);
            Box::pin(async move { socket.source.io(Interest::Writable, writable).await })
        })
    }
}

impl<S> fmt::Debug for Writable<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writable").finish_non_exhaustive()
    }
}

/// An endpoint over a UDP socket of the loop's own, which is bound to `addr`; each call sends or takes
/// one datagram. For loops without the system's sockets, such as a simulated world.
///
/// ```
/// use anyloop::runtime::{Handle, Runtime};
/// use anyloop_plugs::{Plug, quinn::endpoint};
/// use quinn::EndpointConfig;
///
/// Runtime::new()?.block_on(async {
///     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
///     let client = endpoint(&plug, EndpointConfig::default(), None, ([127, 0, 0, 1], 0).into())?;
///     assert!(client.local_addr()?.port() > 0);
///     Ok::<_, std::io::Error>(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Those of binding, such as `AddrInUse`.
pub fn endpoint<H: Net>(
    plug: &Plug<H>,
    config: EndpointConfig,
    server: Option<ServerConfig>,
    addr: SocketAddr,
) -> io::Result<Endpoint> {
    let socket = Arc::new(plug.handle.bind_udp(addr, &UdpOptions::new())?);
    let socket = Arc::new(Datagrams { socket, wait: Mutex::new(None) });
    Endpoint::new_with_abstract_socket(config, server, socket, Arc::new(Over(plug.clone())))
}

/// The runtime of an endpoint that opens no further socket.
#[derive(Debug)]
struct Over<H>(Plug<H>);

impl<H: Handle> quinn::Runtime for Over<H> {
    fn new_timer(&self, deadline: Instant) -> Pin<Box<dyn AsyncTimer>> {
        timer(self.0.handle(), deadline)
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drop(self.0.handle.spawn(future)); // it runs on
    }

    fn wrap_udp_socket(&self, _: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "this endpoint is over a socket of the loop's"))
    }

    fn now(&self) -> Instant {
        self.0.handle.now().into_std()
    }
}

struct Datagrams<S> {
    socket: Arc<S>,
    /// Of the one that receives.
    wait: Mutex<Option<Wait>>,
}

impl<S: loop_api::net::UdpSocket> AsyncUdpSocket for Datagrams<S> {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Sendable { socket: self.socket.clone(), wait: Mutex::new(None) })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.socket.try_send_to(transmit.contents, transmit.destination).map(drop)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (Some(buf), Some(meta)) = (bufs.first_mut(), meta.first_mut()) else { return Poll::Ready(Ok(0)) };
        let mut wait = self.wait.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match self.socket.try_recv_from(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok((len, addr)) => {
                    *meta = RecvMeta { addr, len, stride: len, ecn: None, dst_ip: None };
                    return Poll::Ready(Ok(1));
                }
            }
            ready!(poll_wait(&mut wait, cx, || {
                let socket = self.socket.clone();
                Box::pin(async move { socket.readable().await })
            }))?;
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// Polls a wait, which is made if there is none, and is gone when it ends.
fn poll_wait(
    slot: &mut Option<Wait>,
    cx: &mut Context<'_>,
    begin: impl FnOnce() -> Wait,
) -> Poll<io::Result<()>> {
    let polled = slot.get_or_insert_with(begin).as_mut().poll(cx);
    if polled.is_ready() {
        *slot = None;
    }
    polled
}

/// As [`Writable`], of a socket of the loop's.
struct Sendable<S> {
    socket: Arc<S>,
    wait: Mutex<Option<Wait>>,
}

impl<S: loop_api::net::UdpSocket> UdpPoller for Sendable<S> {
    fn poll_writable(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let slot = this.wait.get_mut().unwrap_or_else(PoisonError::into_inner);
        poll_wait(slot, cx, || {
            let socket = this.socket.clone();
            Box::pin(async move { socket.writable().await })
        })
    }
}

impl<S> fmt::Debug for Datagrams<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagrams").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Sendable<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sendable").finish_non_exhaustive()
    }
}
