//! The waker of what the loop's own thread polls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use super::{Unparker, local};

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

    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }

    /// Whether it was woken since the last call.
    #[inline]
    pub(crate) fn take(&self) -> bool {
        self.is_woken() && self.woken.swap(false, Ordering::AcqRel)
    }

    #[inline]
    pub(crate) fn set(&self) {
        self.woken.store(true, Ordering::Release);
    }
}

impl Wake for MainWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) && !local::is_running(&self.unparker) {
            self.unparker.unpark();
        }
    }
}
