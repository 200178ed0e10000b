//! One wait in the poller, and the wake-ups that it gives.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use loop_toolkit::wake_each;

use super::registry::Reactor;
use super::sys::{Events, Poller};

/// What one thread needs to wait: the buffers for the answers.
pub(crate) struct Waiting {
    poller: Arc<Poller>,
    events: Events,
    /// Empty but for a dispatch.
    wake: Vec<Waker>,
}

impl Waiting {
    pub(crate) fn new(poller: Arc<Poller>) -> Self {
        Waiting { poller, events: Events::new(), wake: Vec::new() }
    }

    #[cfg(unix)]
    pub(crate) fn poller(&self) -> &Poller {
        &self.poller
    }

    /// One wait. What it gave is for `dispatch`.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) {
        if let Err(error) = self.poller.wait(&mut self.events, timeout) {
            // The descriptor is ours and open, and the arguments are right: no caller could handle
            // this.
            panic!("the loop cannot wait for events any more: {error}");
        }
    }

    /// Whether the last wait gave nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Wakes the waiters of what the last wait gave.
    pub(crate) fn dispatch(&mut self, reactor: &Reactor) {
        reactor.collect(&self.events, &mut self.wake);
        self.wake_all();
    }

    /// Wakes the waiters of what has happened, all of it, without waiting. False if nothing has.
    pub(crate) fn look(&mut self, reactor: &Reactor) -> bool {
        self.wait(Some(Duration::ZERO));
        let something = !self.events.is_empty();
        self.dispatch(reactor);
        while self.events.is_full() {
            self.wait(Some(Duration::ZERO));
            self.dispatch(reactor);
        }
        something
    }

    /// Ends the reactor: every source answers that the loop is closed.
    pub(crate) fn close(&mut self, reactor: &Reactor) {
        reactor.close(&mut self.wake);
        self.wake_all();
    }

    fn wake_all(&mut self) {
        // Without a lock: a waker may do anything, such as dropping a source.
        // The first is taken first, and costs no more than the last would.
        self.wake.reverse();
        wake_each(|| self.wake.pop());
    }
}
