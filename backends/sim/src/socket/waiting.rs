//! Futures that wait at a socket, and take their wakers back when they are dropped.

use std::future::poll_fn;
use std::io::{ErrorKind, Result};
use std::task::{Context, Poll, Waker};

use loop_api::Handle;
use loop_toolkit::task::is_of_task;
use loop_toolkit::{accept_retry, poll_accept_retry};

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

/// As [`attempt`] of one who is not taken back, where there is mostly nothing yet: a task's waker, whose
/// clone and drop run no other code, comes along at once.
pub(super) fn attempt_at_once<T>(
    cx: &mut Context<'_>,
    mut tried: impl FnMut(Option<Waiter>) -> Result<T>,
) -> Poll<Result<T>> {
    if is_of_task(cx.waker()) {
        return polled(tried(Some((0, cx.waker().clone()))));
    }
    attempt(cx, || 0, tried)
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

/// The next of a listener; while there is no descriptor for it, it tries again later, as other loops do.
pub(super) async fn accept<T>(
    host: &SimHandle,
    listener: u64,
    list: List,
    next: impl Fn(Option<Waiter>) -> Result<T>,
) -> Result<T> {
    let attempt = || async {
        let mut waiting = Waiting::new(host, listener, list);
        poll_fn(|cx| waiting.poll(cx, &next)).await
    };
    accept_retry(attempt, |wait| host.sleep(wait)).await
}

/// As [`accept`].
pub(super) fn poll_accept<T>(
    cx: &mut Context<'_>,
    host: &SimHandle,
    mut next: impl FnMut(Option<Waiter>) -> Result<T>,
) -> Poll<Result<T>> {
    let later = |wait, waker: Waker| Ok(host.call_later(wait, move || waker.wake()).map(drop)?);
    poll_accept_retry(cx, |cx| attempt(cx, || 0, &mut next), later)
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
