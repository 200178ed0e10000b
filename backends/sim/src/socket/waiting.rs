//! Futures that wait at a socket, and take their wakers back when they are dropped.

use std::io::{Error, ErrorKind, Result};
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

pub(super) fn would_block(error: &Error) -> bool {
    error.kind() == ErrorKind::WouldBlock
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

    /// Tries, and if nothing is there now, once more with a waiter that waits then. The waker is
    /// cloned without a lock, as its clone may be any code.
    pub(super) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(Option<Waiter>) -> Result<T>,
    ) -> Poll<Result<T>> {
        match attempt(None) {
            Err(error) if would_block(&error) => {
                if self.id == 0 {
                    self.id = self.host.0.world.core.number();
                }
                polled(attempt(Some((self.id, cx.waker().clone()))))
            }
            result => Poll::Ready(result),
        }
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
