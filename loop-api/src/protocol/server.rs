//! Accepts connections, and runs a protocol for each.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{Protocol, Run, TransportHandle};
use crate::error::Panic;
use crate::handle::{self, Handle};
use crate::net::TcpListener;
use crate::shared::{self, Exception, ExceptionKind};

/// A server that accepts connections: what [`serve`] gives. Dropping it closes it, as
/// [`close`](Server::close) does.
#[must_use = "dropping a server closes it: keep it, or detach() it"]
pub struct Server {
    inner: Arc<Inner>,
    addr: io::Result<SocketAddr>,
    detached: bool,
}

struct Inner {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closing: bool,
    /// The listener is gone.
    ended: bool,
    error: Option<io::Error>,
    /// Of the accepting task.
    acceptor: Option<Waker>,
    clients: BTreeMap<u64, TransportHandle>,
    next_client: u64,
    /// Of those who wait until all is closed.
    waiters: Vec<Waker>,
}

/// Accepts connections from `listener` in a task on the loop of `handle`, and runs the protocol
/// that `factory` makes for each peer in a task of its own. A panic of the factory goes to the
/// exception handler, and costs that one connection.
///
/// ```
/// # use loop_api::{net::{Net, TcpOptions}, protocol::{self, Protocol, Transport}};
/// struct Echo;
///
/// impl Protocol for Echo {
///     fn data_received(&mut self, transport: &mut Transport, data: &[u8]) {
///         transport.write(data);
///     }
/// }
///
/// async fn echo<H: Net>(handle: H) -> std::io::Result<()> {
///     let listener = handle.listen_tcp(([127, 0, 0, 1], 7000).into(), &TcpOptions::default())?;
///     protocol::serve(&handle, listener, |_peer| Echo).wait_closed().await
/// }
/// ```
#[track_caller]
pub fn serve<H, L, F, P>(handle: &H, listener: L, factory: F) -> Server
where
    H: Handle,
    L: TcpListener,
    F: FnMut(SocketAddr) -> P + Send + 'static,
    P: Protocol + Send + 'static,
{
    handle::register_kind::<H>();
    let addr = listener.local_addr();
    let inner = Arc::new(Inner { state: Mutex::default() });
    let guard = Accepting(inner.clone());
    let accept = accept(guard, handle.clone(), listener, factory, Location::caller());
    // Dropping the task's handle leaves it to the loop.
    let _detached = handle.spawn(accept);
    Server { inner, addr, detached: false }
}

async fn accept<H, L, F, P>(
    // First, so that it is dropped last: after the listener.
    guard: Accepting,
    handle: H,
    listener: L,
    mut factory: F,
    location: &'static Location<'static>,
) where
    H: Handle,
    L: TcpListener,
    F: FnMut(SocketAddr) -> P + Send + 'static,
    P: Protocol + Send + 'static,
{
    let inner = &guard.0;
    loop {
        let accepted = {
            let mut next = pin!(listener.accept());
            poll_fn(|cx| match inner.poll_closing(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => next.as_mut().poll(cx).map(Some),
            })
            .await
        };
        let (stream, peer) = match accepted {
            None => break,
            Some(Ok(accepted)) => accepted,
            Some(Err(error)) => {
                // It has passed over what concerns one connection only, and waited out what passes.
                inner.lock().error = Some(error);
                break;
            }
        };
        let protocol = match catch_unwind(AssertUnwindSafe(|| factory(peer))) {
            Ok(protocol) => protocol,
            Err(payload) => {
                let panic = Panic::new(payload);
                shared::report_to_current(&Exception::panicked(
                    ExceptionKind::Protocol,
                    panic,
                    Some(location),
                ));
                continue;
            }
        };
        let run = Run::new(stream, protocol, location);
        let client = inner.clone().add_client(run.transport().handle());
        let _detached = handle.spawn(async move {
            // Whatever ended the connection, its protocol was told.
            let _told = run.await;
            drop(client);
        });
    }
    drop(listener);
    drop(guard);
}

impl Server {
    /// Accepts no more; connections go on. Idempotent.
    pub fn close(&self) {
        let mut state = self.inner.lock();
        state.closing = true;
        let waker = state.acceptor.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Closes all connections, each after what it has buffered.
    pub fn close_clients(&self) {
        self.clients().iter().for_each(TransportHandle::close);
    }

    /// Closes all connections at once.
    pub fn abort_clients(&self) {
        self.clients().iter().for_each(TransportHandle::abort);
    }

    /// The connections there are.
    pub fn clients(&self) -> Vec<TransportHandle> {
        self.inner.lock().clients.values().cloned().collect()
    }

    /// Whether the listener is open: it is closed by its task, soon after [`close`](Self::close).
    pub fn is_serving(&self) -> bool {
        !self.inner.lock().ended
    }

    /// Waits until it is closed and its last connection is lost. Cancel safe.
    ///
    /// # Errors
    ///
    /// The error that ended the listener, if one did; it is given once.
    pub async fn wait_closed(&self) -> io::Result<()> {
        poll_fn(|cx| self.inner.poll_closed(cx)).await
    }

    /// The address it listens on.
    ///
    /// # Errors
    ///
    /// The error of the listener's `local_addr` when the server was made, such as one of
    /// `getsockname(2)`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.addr {
            Ok(addr) => Ok(*addr),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }

    /// Lets it serve for as long as the loop lives.
    pub fn detach(mut self) {
        self.detached = true;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.detached {
            self.close();
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_closing(&self, cx: &mut Context<'_>) -> Poll<()> {
        // Before the lock: the waker's code may be any.
        let waker = cx.waker().clone();
        let mut state = self.lock();
        if state.closing {
            return Poll::Ready(());
        }
        let old = state.acceptor.replace(waker);
        drop(state);
        drop(old);
        Poll::Pending
    }

    fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Before the lock, and dropped after it, as in `poll_closing`.
        let waker = cx.waker().clone();
        let mut state = self.lock();
        if state.ended && state.clients.is_empty() {
            return Poll::Ready(state.error.take().map_or(Ok(()), Err));
        }
        if !state.waiters.iter().any(|known| known.will_wake(&waker)) {
            state.waiters.push(waker);
        }
        Poll::Pending
    }

    fn add_client(self: Arc<Self>, transport: TransportHandle) -> Client {
        let mut state = self.lock();
        let id = state.next_client;
        state.next_client += 1;
        state.clients.insert(id, transport);
        drop(state);
        Client { inner: self, id }
    }

    /// Changes the state, and wakes those who wait if all is closed by it.
    fn end<R>(&self, f: impl FnOnce(&mut State) -> R) {
        let mut state = self.lock();
        // What leaves the state is dropped after the lock.
        let _removed = f(&mut state);
        let closed = state.ended && state.clients.is_empty();
        let waiters = if closed { mem::take(&mut state.waiters) } else { Vec::new() };
        drop(state);
        for waiter in waiters {
            // The others are told whatever this one does.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waiter.wake())) {
                let panic = Panic::new(payload);
                shared::report_to_current(&Exception::panicked(ExceptionKind::Protocol, panic, None));
            }
        }
    }
}

/// The accepting task, also when its loop drops it.
struct Accepting(Arc<Inner>);

impl Drop for Accepting {
    fn drop(&mut self) {
        self.0.end(|state| state.ended = true);
    }
}

/// A connection's place in its server.
struct Client {
    inner: Arc<Inner>,
    id: u64,
}

impl Drop for Client {
    fn drop(&mut self) {
        self.inner.end(|state| state.clients.remove(&self.id));
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clients = self.inner.lock().clients.len();
        f.debug_struct("Server")
            .field("addr", &self.addr)
            .field("is_serving", &self.is_serving())
            .field("clients", &clients)
            .finish()
    }
}
