//! What a socket knows of its loop: async-io's reactor serves the whole process, and does not
//! report that a loop has ended.
//!
//! A wait inside the loop needs nothing: the loop drops its tasks, and wakes its `block_on`s on
//! other threads. Only waits outside of it, in another runtime or on a bare thread, are noted with
//! the loop.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loop_api::io::Interest;
use loop_api::shared::EndWaiter;
use loop_api::{Closed, Handle, Shared};

use crate::inner::SmolHandle;

/// From a socket to its loop.
pub(crate) struct Link {
    /// `None` for what async-io's own types were converted to outside of a loop.
    handle: Option<SmolHandle>,
    /// Who waits outside of the loop by a poll, for reading and for writing: an [`EndWaiter`] each.
    waiters: [AtomicU64; 2],
}

impl Link {
    pub(crate) fn of(handle: &SmolHandle) -> Link {
        Link::new(Some(handle.clone()))
    }

    /// To the loop that the caller runs in.
    pub(crate) fn current() -> Link {
        Link::new(SmolHandle::try_current())
    }

    /// For what a socket has made, such as a connection that it accepted.
    pub(crate) fn another(&self) -> Link {
        Link::new(self.handle.clone())
    }

    fn new(handle: Option<SmolHandle>) -> Link {
        Link { handle, waiters: Default::default() }
    }

    fn shared(&self) -> Option<&Shared> {
        self.handle.as_ref().map(Handle::shared)
    }

    /// An error, if the loop has ended.
    #[inline]
    pub(crate) fn check(&self) -> io::Result<()> {
        match self.shared() {
            Some(shared) if shared.is_closed() => Err(Closed.into()),
            _ => Ok(()),
        }
    }

    /// The loop, if it can end and would not be what drops or wakes the caller.
    #[inline]
    fn waited_for_outside(&self) -> Option<&Shared> {
        let handle = self.handle.as_ref()?;
        if handle.drives_this_thread() || handle.shared().is_adopted() { None } else { Some(handle.shared()) }
    }

    /// A poll of the direction that found nothing yet: from now on the end of the loop wakes its
    /// task, too.
    #[inline]
    pub(crate) fn wait(&self, cx: &mut Context<'_>, interest: Interest) -> io::Result<()> {
        match self.waited_for_outside() {
            None => Ok(()),
            Some(shared) => self.wait_outside(shared, cx, interest),
        }
    }

    #[cold]
    fn wait_outside(&self, shared: &Shared, cx: &mut Context<'_>, interest: Interest) -> io::Result<()> {
        let slot = &self.waiters[usize::from(matches!(interest, Interest::Writable))];
        let known = slot.load(Ordering::Acquire);
        let mut waiter = EndWaiter::from_bits(known);
        let open = shared.wait_for_end(&mut waiter, cx.waker());
        let before = slot.swap(waiter.to_bits(), Ordering::AcqRel);
        if before != known && before != waiter.to_bits() {
            // Of one who polled at the same time, whose place this takes.
            shared.leave_end(EndWaiter::from_bits(before));
        }
        Ok(open?)
    }

    /// Wakes a task after a while, by the loop's own timer. Without a loop that is an error.
    pub(crate) fn wake_later(&self, wait: Duration, waker: Waker) -> io::Result<()> {
        let Some(handle) = &self.handle else { return Err(Closed.into()) };
        Ok(handle.call_later(wait, move || waker.wake()).map(drop)?)
    }

    /// Waits for `io`, or for the end of the loop.
    pub(crate) async fn until<T>(&self, io: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let mut io = pin!(io);
        let mut leaves = Leaves { shared: self.shared(), waiter: EndWaiter::default() };
        poll_fn(|cx| {
            self.check()?;
            let polled = io.as_mut().poll(cx);
            if let (Poll::Pending, Some(shared)) = (&polled, self.waited_for_outside()) {
                shared.wait_for_end(&mut leaves.waiter, cx.waker())?;
            }
            polled
        })
        .await
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let waiters = self.waiters.each_mut().map(|waiter| EndWaiter::from_bits(*waiter.get_mut()));
        if let Some(shared) = self.shared() {
            waiters.into_iter().for_each(|waiter| shared.leave_end(waiter));
        }
    }
}

/// Forgets a waiter in the end.
struct Leaves<'a> {
    shared: Option<&'a Shared>,
    waiter: EndWaiter,
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared {
            shared.leave_end(self.waiter);
        }
    }
}
