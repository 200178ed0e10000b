//! How a loop's thread is woken from elsewhere: for tasks, and for its main future.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

use loop_api::toolkit::task::Runnable;

use crate::parker::Parker;
use crate::sys::Poller;

/// Wakes the thread that sleeps in the poller. It owns the poller until the loop ends.
#[derive(Debug)]
pub(crate) struct Unparker {
    pub(crate) parker: Parker,
    poller: Mutex<Option<Arc<Poller>>>,
}

impl Unparker {
    pub(crate) fn new(poller: Arc<Poller>) -> Self {
        Unparker { parker: Parker::new(), poller: Mutex::new(Some(poller)) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Poller>>> {
        self.poller.lock().unwrap_or_else(PoisonError::into_inner)
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
        if let Some(poller) = &*self.lock() {
            poller.notify();
        }
    }

    /// Lets go of the poller.
    pub(crate) fn close(&self) {
        let poller = self.lock().take();
        drop(poller);
    }
}

/// The tasks that other threads have woken.
#[derive(Debug, Default)]
pub(crate) struct Remote {
    /// Whether there may be some, for a look without the lock.
    some: AtomicBool,
    state: Mutex<RemoteState>,
}

#[derive(Debug, Default)]
struct RemoteState {
    tasks: VecDeque<Runnable>,
    closed: bool,
}

impl Remote {
    fn lock(&self) -> MutexGuard<'_, RemoteState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, task: Runnable) {
        let mut state = self.lock();
        if state.closed {
            // Its future is gone already: `close` comes after the tasks' own.
            drop(state);
            drop(task);
            return;
        }
        state.tasks.push_back(task);
        self.some.store(true, Ordering::Release);
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.some.load(Ordering::Acquire)
    }

    /// Moves all of them to the end of `queue`.
    pub(crate) fn take(&self, queue: &mut VecDeque<Runnable>) {
        if self.is_empty() {
            return;
        }
        let mut state = self.lock();
        self.some.store(false, Ordering::Relaxed);
        queue.append(&mut state.tasks);
    }

    /// Takes the first of them.
    pub(crate) fn pop(&self) -> Option<Runnable> {
        if self.is_empty() {
            return None;
        }
        let mut state = self.lock();
        let task = state.tasks.pop_front();
        self.some.store(!state.tasks.is_empty(), Ordering::Relaxed);
        task
    }

    /// Takes the first of them, and moves the rest of one of `shares` fair shares, at most `limit`, elsewhere.
    pub(crate) fn share(
        &self,
        shares: usize,
        limit: usize,
        mut push: impl FnMut(Runnable) -> Result<(), Runnable>,
    ) -> Option<Runnable> {
        let mut state = self.lock();
        let first = state.tasks.pop_front();
        for _ in 0..(state.tasks.len() / shares).min(limit) {
            let Some(task) = state.tasks.pop_front() else { break };
            if let Err(task) = push(task) {
                state.tasks.push_front(task);
                break;
            }
        }
        self.some.store(!state.tasks.is_empty(), Ordering::Relaxed);
        first
    }

    /// Refuses what comes, and gives what is there.
    pub(crate) fn close(&self) -> VecDeque<Runnable> {
        let mut state = self.lock();
        state.closed = true;
        std::mem::take(&mut state.tasks)
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
