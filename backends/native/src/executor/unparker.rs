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
    /// A foreign runtime, whose task this wakes. Counted, so that it can be taken along without a
    /// clone of the waker, whose code may be any.
    Foreign(Arc<Waker>),
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
        let waker = match &*self.lock() {
            SleepsIn::Poller(poller) => return poller.notify(),
            SleepsIn::Foreign(waker) => waker.clone(),
            SleepsIn::Nothing => return,
        };
        // Without the lock: what it wakes may come back here.
        waker.wake_by_ref();
    }

    /// From now on the thread sleeps in a foreign runtime, whose task is woken.
    pub(crate) fn sleep_in_foreign(&self, waker: &Waker) {
        let waker = SleepsIn::Foreign(Arc::new(waker.clone()));
        let before = std::mem::replace(&mut *self.lock(), waker);
        drop(before);
    }

    /// Lets go of what it woke.
    pub(crate) fn close(&self) {
        let before = std::mem::replace(&mut *self.lock(), SleepsIn::Nothing);
        drop(before);
    }
}

#[cfg(all(test, not(anyloop_loom)))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use loop_conformance::support::{WakerCalls, calling_waker};

    use super::*;

    struct Back {
        unparker: Arc<Unparker>,
        wakes: AtomicUsize,
    }

    impl Wake for Back {
        fn wake(self: Arc<Self>) {
            if self.wakes.fetch_add(1, Ordering::SeqCst) == 0 {
                self.unparker.interrupt();
            }
        }
    }

    #[test]
    fn what_the_host_does_when_it_is_woken_may_wake_it_again() {
        let unparker = Arc::new(Unparker::new(Arc::new(Poller::new().unwrap())));
        let back = Arc::new(Back { unparker: unparker.clone(), wakes: AtomicUsize::new(0) });
        unparker.sleep_in_foreign(&Waker::from(back.clone()));
        unparker.interrupt();
        assert_eq!(back.wakes.load(Ordering::SeqCst), 2);
        unparker.close();
    }

    #[test]
    fn a_clone_of_the_hosts_waker_may_come_back_to_it() {
        loop_conformance::run_case("a clone of the host's waker", false, || {
            let unparker = Arc::new(Unparker::new(Arc::new(Poller::new().unwrap())));
            let other = unparker.clone();
            unparker.sleep_in_foreign(&calling_waker(WakerCalls::InClone, move || other.interrupt()));
            unparker.interrupt();
            unparker.close();
        });
    }
}
