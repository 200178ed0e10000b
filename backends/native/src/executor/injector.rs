//! The injector: a queue that other threads fill.

use std::collections::VecDeque;
use std::sync::PoisonError;

use crate::loom_shim::{AtomicBool, Fault, Mutex, MutexGuard, Ordering, inject};

/// The tasks that other threads have woken.
#[derive(Debug)]
pub(crate) struct Injector<T> {
    /// Whether there may be some, for a look without the lock.
    some: AtomicBool,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    tasks: VecDeque<T>,
    closed: bool,
}

impl<T> Injector<T> {
    pub(crate) fn new() -> Self {
        let state = State { tasks: VecDeque::new(), closed: false };
        Injector { some: AtomicBool::new(false), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, task: T) {
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
    pub(crate) fn take(&self, queue: &mut VecDeque<T>) {
        if self.is_empty() {
            return;
        }
        let mut state = self.lock();
        queue.append(&mut state.tasks);
        if inject(Fault::LateFlag) {
            drop(state);
        }
        self.some.store(false, Ordering::Relaxed);
    }

    /// Takes the first of them.
    pub(crate) fn pop(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let mut state = self.lock();
        let task = state.tasks.pop_front();
        self.some.store(!state.tasks.is_empty(), Ordering::Relaxed);
        task
    }

    /// Takes the first of them, and gives the rest of one of `shares` fair shares, at most `limit`,
    /// to `push`.
    pub(crate) fn share(
        &self,
        shares: usize,
        limit: usize,
        mut push: impl FnMut(T) -> Result<(), T>,
    ) -> Option<T> {
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
    pub(crate) fn close(&self) -> VecDeque<T> {
        let mut state = self.lock();
        state.closed = true;
        std::mem::take(&mut state.tasks)
    }
}
