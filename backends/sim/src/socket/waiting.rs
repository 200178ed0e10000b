//! Futures that wait at a socket, and take their wakers back when they are dropped.

use std::io::{ErrorKind, Result};
use std::task::{Context, Poll};

use crate::net::network::Network;
use crate::state::SimHandle;
use crate::waiters::{Waiter, Waiters};

/// Where a future waits: at a list of the network's.
pub(super) type List = fn(&mut Network, u64) -> Option<&mut Waiters>;

/// `WouldBlock` is pending.
pub(super) fn polled<T>(result: Result<T>) -> Poll<Result<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

/// Tries, and if nothing is there now, once more with a waiter of the number `id`, which waits then;
/// zero is that of one who is not taken back. The waker is cloned without a lock, as its clone may be
/// any code.
pub(super) fn attempt<T>(
    cx: &mut Context<'_>,
    id: impl FnOnce() -> u64,
    mut attempt: impl FnMut(Option<Waiter>) -> Result<T>,
) -> Poll<Result<T>> {
    match polled(attempt(None)) {
        Poll::Pending => polled(attempt(Some((id(), cx.waker().clone())))),
        ready => ready,
    }
}

/// A future that waits at a socket.
pub(super) struct Waiting<'a> {
    host: &'a SimHandle,
    socket: u64,
    list: List,
    /// Zero until it waits.
    id: u64,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(host: &'a SimHandle, socket: u64, list: List) -> Waiting<'a> {
        Waiting { host, socket, list, id: 0 }
    }

    /// [`attempt`], with a waiter that is taken back.
    pub(super) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        tried: impl FnMut(Option<Waiter>) -> Result<T>,
    ) -> Poll<Result<T>> {
        let number = || {
            if self.id == 0 {
                self.id = self.host.0.world.core.number();
            }
            self.id
        };
        attempt(cx, number, tried)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.id != 0 {
            self.host.0.world.net(|net, _| {
                let waker = (self.list)(net, self.socket).and_then(|list| list.remove(self.id));
                if let Some(waker) = waker {
                    net.dropped.keep((0, waker));
                }
            });
        }
    }
}
