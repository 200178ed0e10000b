//! quinn: tasks, timers, and UDP with everything that quinn's own socket layer can do.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use loop_api::io::Interest;
use loop_api::readiness::{Readiness, Source};
use loop_api::time::Sleep;
use loop_toolkit::socket::is_ready;
use pin_project_lite::pin_project;
use quinn::udp::{RecvMeta, Transmit, UdpSocketState};
use quinn::{AsyncTimer, AsyncUdpSocket, UdpPoller};

use crate::Plug;

impl<H: Readiness> quinn::Runtime for Plug<H> {
    fn new_timer(&self, deadline: Instant) -> Pin<Box<dyn AsyncTimer>> {
        Box::pin(Timer { sleep: self.handle.sleep_until(loop_api::time::Instant::from_std(deadline)) })
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
        let wait = slot.get_or_insert_with(|| {
            let socket = this.socket.clone();
            // quinn has sent past the loop's back, so what the loop remembers counts for nothing:
            // the system is asked.
            let writable = |socket: &UdpSocket| is_ready(socket, Interest::Writable);
            Box::pin(async move { socket.source.io(Interest::Writable, writable).await })
        });
        let polled = wait.as_mut().poll(cx);
        if polled.is_ready() {
            *slot = None;
        }
        polled
    }
}

impl<S> fmt::Debug for Writable<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writable").finish_non_exhaustive()
    }
}
