//! How a loop's thread is woken from other threads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::parker::Parker;
use crate::reactor::Poller;

/// Wakes the thread that sleeps in the poller. It owns the poller until the loop ends.
#[derive(Debug)]
pub(crate) struct Unparker {
    pub(crate) parker: Parker,
    sleeps_in: Mutex<SleepsIn>,
}

/// What ends the sleep.
#[derive(Debug)]
enum SleepsIn {
    Poller(Arc<Poller>),
    /// A foreign runtime, whose task this wakes.
    Foreign(Waker),
    Nothing,
}

impl Unparker {
    pub(crate) fn new(poller: Arc<Poller>) -> Self {
        Unparker { parker: Parker::new(), sleeps_in: Mutex::new(SleepsIn::Poller(poller)) }
    }

    fn lock(&self) -> MutexGuard<'_, SleepsIn> {
        self.sleeps_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the loop, if it sleeps; if it does not, it will look around before it does.
    pub(crate) fn unpark(&self) {
        if self.parker.unpark() {
            self.interrupt();
        }
    }

    /// Ends the wait that is under way in the poller, or the next one.
    #[cold]
    pub(crate) fn interrupt(&self) {
        match &*self.lock() {
            SleepsIn::Poller(poller) => poller.notify(),
            SleepsIn::Foreign(waker) => waker.wake_by_ref(),
            SleepsIn::Nothing => {}
        }
    }

    /// From now on the thread sleeps in a foreign runtime, whose task is woken.
    pub(crate) fn sleep_in_foreign(&self, waker: &Waker) {
        let waker = SleepsIn::Foreign(waker.clone());
        let before = std::mem::replace(&mut *self.lock(), waker);
        drop(before);
    }

    /// Lets go of what it woke.
    pub(crate) fn close(&self) {
        let before = std::mem::replace(&mut *self.lock(), SleepsIn::Nothing);
        drop(before);
    }
}
