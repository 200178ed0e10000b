//! A registered descriptor.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use loop_api::Closed;
use loop_api::coop;
use loop_api::io::Interest;
use loop_api::readiness::{AsSource, Moved, Source};

use super::direction::{Direction, Seen};
use super::registry::{Directions, Reactor};
use super::sys::{Poller, Registered};
use super::waiters::WaiterId;

/// A descriptor on a native loop: see [`Source`]. It costs a system call to register it and one to
/// drop it; on Linux one more the first time that a task has to wait to write. Any number may wait
/// for it; `poll_io` remembers some dozens of callers.
pub struct NativeSource<T: AsSource> {
    /// `None` only after `into_inner` took it.
    io: Option<Registered<T>>,
    key: usize,
    directions: Arc<Directions>,
    reactor: Arc<Reactor>,
}

impl<T: AsSource> NativeSource<T> {
    pub(crate) fn new(reactor: &Arc<Reactor>, io: T, writes: bool) -> io::Result<Self> {
        let io = Registered::new(io);
        let (key, directions) = reactor.add(&io, writes)?;
        Ok(NativeSource { io: Some(io), key, directions, reactor: reactor.clone() })
    }

    #[inline]
    fn direction(&self, interest: Interest) -> &Direction {
        match interest {
            Interest::Readable => &self.directions.read,
            Interest::Writable => &self.directions.write,
        }
    }

    #[inline]
    fn io(&self) -> &Registered<T> {
        match &self.io {
            Some(io) => io,
            // Only `into_inner` empties it, and it takes self.
            None => unreachable!("a source is used after it was taken apart"),
        }
    }

    /// Tries `op` until it gives something or there is nothing to wait for but an event, for which
    /// `wait` registers.
    #[inline(always)]
    fn attempt<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R>,
        mut wait: impl FnMut(&Direction, &Waker) -> bool,
    ) -> Poll<io::Result<(Seen, R)>> {
        let direction = self.direction(interest);
        loop {
            let seen = direction.look();
            if !seen.is_ready() {
                if seen.is_closed() {
                    return Poll::Ready(Err(Closed.into()));
                }
                if !wait(direction, cx.waker()) {
                    continue;
                }
                if Poller::ONESHOT || matches!(interest, Interest::Writable) {
                    self.reactor.arm(self.io(), self.key, &self.directions)?;
                }
                return Poll::Pending;
            }
            if !coop::may_transfer() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match op(self.io().get()) {
                Ok(done) => return Poll::Ready(Ok((seen, done))),
                Err(error) => direction.failed(seen, error)?,
            }
        }
    }
}

impl<T: AsSource + Send + Sync + 'static> Source<T> for NativeSource<T> {
    #[inline]
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.attempt(cx, interest, op, Direction::wait_unnamed).map_ok(|(_, done)| done)
    }

    #[inline(always)]
    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>> {
        match self.attempt(cx, interest, op, Direction::wait_unnamed) {
            Poll::Ready(Ok((seen, moved))) => {
                if Poller::SHORT_IS_EMPTY && moved.is_last() {
                    self.direction(interest).short_transfer(seen);
                }
                Poll::Ready(Ok(moved.bytes()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn io<R: Send>(
        &self,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<R> + Send,
    ) -> impl Future<Output = io::Result<R>> + Send {
        Io { source: self, interest, op, waiter: 0 }
    }

    fn get_ref(&self) -> &T {
        self.io().get()
    }

    fn into_inner(mut self) -> io::Result<T> {
        self.reactor.remove(self.io(), self.key)?;
        match self.io.take() {
            Some(io) => Ok(io.into_inner()),
            None => unreachable!("a source is taken apart once"),
        }
    }
}

impl<T: AsSource> Unpin for NativeSource<T> {}

impl<T: AsSource> Drop for NativeSource<T> {
    fn drop(&mut self) {
        if let Some(io) = &self.io {
            // Before it is closed. An error has no caller to go to, and closing deregisters what is
            // still there.
            let _ = self.reactor.remove(io, self.key);
            // A waker that outlives the source is not woken; the futures that wait borrow the
            // source.
        }
    }
}

impl<T: AsSource> fmt::Debug for NativeSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeSource").field("key", &self.key).finish_non_exhaustive()
    }
}

/// One of any number of waiters.
struct Io<'a, T: AsSource, F> {
    source: &'a NativeSource<T>,
    interest: Interest,
    op: F,
    /// Zero until it had to wait.
    waiter: WaiterId,
}

impl<T: AsSource, F> Unpin for Io<'_, T, F> {}

impl<T: AsSource, R, F: FnMut(&T) -> io::Result<R>> Future for Io<'_, T, F> {
    type Output = io::Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        let this = &mut *self;
        let wait = |direction: &Direction, waker: &Waker| direction.wait(&mut this.waiter, waker);
        this.source.attempt(cx, this.interest, &mut this.op, wait).map_ok(|(_, done)| done)
    }
}

impl<T: AsSource, F> Drop for Io<'_, T, F> {
    fn drop(&mut self) {
        if self.waiter != 0 {
            self.source.direction(self.interest).leave(self.waiter);
        }
    }
}
