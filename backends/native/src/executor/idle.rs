//! Which workers sleep, and whose turn it is to wake one: no task may wait while a worker sleeps
//! and none is on its way to it.
//!
//! `coming` says that a waker is not needed: either no worker sleeps, or one that was woken is on
//! its way to look for tasks. A thread that queues a task calls `pick` after that; a worker that
//! goes to sleep calls `enlist` and looks once more after that; a worker that was woken and finds a
//! task calls `pass_on` and looks whether there are more. A worker that puts a task in its own
//! empty queue, and takes the next one from there, calls nothing.

use crate::loom_shim::{AtomicBool, Fault, Mutex, MutexGuard, Ordering, fence, inject};

/// The workers that sleep.
#[derive(Debug)]
pub(crate) struct Idle {
    coming: AtomicBool,
    asleep: Mutex<Vec<usize>>,
}

impl Idle {
    pub(crate) fn new(workers: usize) -> Self {
        Idle { coming: AtomicBool::new(true), asleep: Mutex::new(Vec::with_capacity(workers)) }
    }

    /// A task was queued: the worker to wake for it, if one has to be.
    pub(crate) fn pick(&self) -> Option<usize> {
        // The task is in its queue before this looks for a sleeper; `enlist` has it the other way
        // round.
        if !inject(Fault::NoFence) {
            fence(Ordering::SeqCst);
        }
        if self.coming.load(Ordering::Relaxed) {
            return None;
        }
        let mut asleep = self.lock();
        if self.coming.swap(true, Ordering::SeqCst) {
            return None;
        }
        asleep.pop()
    }

    /// `worker` is about to sleep. It must look for tasks once more, and `leave` if it finds one.
    pub(crate) fn enlist(&self, worker: usize) {
        let mut asleep = self.lock();
        asleep.push(worker);
        self.coming.store(false, Ordering::SeqCst);
        drop(asleep);
        fence(Ordering::SeqCst);
    }

    /// `worker` does not sleep any more. True if it was picked, and so has to `pass_on`.
    pub(crate) fn leave(&self, worker: usize) -> bool {
        let mut asleep = self.lock();
        match asleep.iter().position(|&other| other == worker) {
            Some(index) => {
                asleep.swap_remove(index);
                if asleep.is_empty() {
                    self.coming.store(true, Ordering::SeqCst);
                }
                false
            }
            None => true,
        }
    }

    /// A worker that was picked has found a task. If there are more, another is to be picked.
    pub(crate) fn pass_on(&self) {
        if inject(Fault::KeepsTheBaton) {
            return;
        }
        let asleep = self.lock();
        if !asleep.is_empty() {
            self.coming.store(false, Ordering::SeqCst);
        }
        drop(asleep);
        fence(Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<usize>> {
        self.asleep.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
