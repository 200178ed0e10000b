//! Waiting for a moment on a host's clock.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use loop_api::time::Instant;
use loop_toolkit::drop_each;

use crate::agenda::{Event, Key};
use crate::state::SimHandle;

/// A wait for a moment on the clock of a host: see [`Sleep`](loop_api::time::Sleep).
pub struct SimSleep {
    handle: SimHandle,
    deadline: Instant,
    key: Option<Key>,
}

impl SimSleep {
    pub(crate) fn new(handle: SimHandle, deadline: Instant) -> SimSleep {
        SimSleep { handle, deadline, key: None }
    }

    /// The waker that is registered, if one is.
    fn forget(&mut self) -> Option<Waker> {
        match self.handle.0.world.core.cancel(self.key.take()?) {
            Some(Event::Timer(waker)) => Some(waker),
            _ => None,
        }
    }

    /// Registers it, or gives it another waker.
    fn register(&mut self, mut waker: Waker) {
        let core = &self.handle.0.world.core;
        if let Some(key) = self.key {
            match core.replace_waker(key, waker) {
                Ok(()) => return,
                // It fired before its time on this host's clock, which was set back.
                Err(unused) => waker = unused,
            }
        }
        self.key = Some(core.at(self.handle.when(self.deadline), Event::Timer(waker)));
        if self.handle.0.world.config.threads.is_some() {
            self.handle.0.world.wake.notify_one();
        }
    }
}

impl Future for SimSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // What is due at once is due in the next step: the timer is registered at least once.
        if self.key.is_some() && self.handle.instant(self.handle.nanos()) >= self.deadline {
            drop(self.forget());
            return Poll::Ready(());
        }
        self.register(cx.waker().clone());
        Poll::Pending
    }
}

impl loop_api::time::Sleep for SimSleep {
    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn is_elapsed(&self) -> bool {
        loop_api::time::Sleep::now(self) >= self.deadline
    }

    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        let waker = self.forget();
        self.deadline = deadline;
        if let Some(waker) = waker {
            self.register(waker);
        }
    }

    fn now(&self) -> Instant {
        self.handle.instant(self.handle.nanos())
    }
}

impl Drop for SimSleep {
    fn drop(&mut self) {
        if let Some(waker) = self.forget() {
            drop_each([waker]);
        }
    }
}

impl fmt::Debug for SimSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimSleep").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
