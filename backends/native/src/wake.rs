//! How a loop's thread is woken from elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use crate::parker::Parker;
use crate::sys::Poller;

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
    Host(Waker),
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
            SleepsIn::Host(waker) => waker.wake_by_ref(),
            SleepsIn::Nothing => {}
        }
    }

    /// From now on the thread sleeps in a foreign runtime, whose task is woken.
    pub(crate) fn sleep_in_host(&self, waker: &Waker) {
        let waker = SleepsIn::Host(waker.clone());
        let before = std::mem::replace(&mut *self.lock(), waker);
        drop(before);
    }

    /// Lets go of what it woke.
    pub(crate) fn close(&self) {
        let before = std::mem::replace(&mut *self.lock(), SleepsIn::Nothing);
        drop(before);
    }
}

/// The waker of a loop's main future and callbacks; one for the life of the loop.
#[derive(Debug)]
pub(crate) struct MainWaker {
    woken: AtomicBool,
    unparker: Arc<Unparker>,
}

impl MainWaker {
    pub(crate) fn new(unparker: Arc<Unparker>) -> Self {
        MainWaker { woken: AtomicBool::new(true), unparker }
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }

    /// Whether it was woken since the last call.
    pub(crate) fn take(&self) -> bool {
        self.is_woken() && self.woken.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn set(&self) {
        self.woken.store(true, Ordering::Release);
    }
}

impl Wake for MainWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) && !crate::current::is_running(&self.unparker) {
            self.unparker.unpark();
        }
    }
}
