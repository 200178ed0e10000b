//! The queue of the thread that runs the loop, which it reaches without a lock.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ptr;
use std::sync::Arc;

use loop_api::context::Scoped;
use loop_api::coop;
use loop_toolkit::task::Runnable;

use super::Unparker;
use crate::timers::Interrupt;

thread_local! {
    /// The queue of the loop that this thread runs.
    static RUNNING: Scoped<LocalQueue> = const { Scoped::new() };
}

/// What only the thread that runs a loop touches.
#[derive(Debug)]
pub(crate) struct LocalQueue {
    /// Wakes that thread; and tells this loop from others.
    unparker: Arc<Unparker>,
    /// Tasks that can run, in the order in which they were woken.
    pub(crate) tasks: RefCell<VecDeque<Runnable>>,
}

impl LocalQueue {
    pub(crate) fn new(unparker: Arc<Unparker>) -> Self {
        LocalQueue { unparker, tasks: RefCell::new(VecDeque::new()) }
    }

    /// Apart, so that the way to it through the thread-local goes into the caller.
    #[inline(never)]
    fn push(&self, task: Runnable) {
        self.tasks.borrow_mut().push_back(task);
    }

    fn is_of(&self, unparker: &Unparker) -> bool {
        ptr::eq(&*self.unparker, unparker)
    }

    /// Calls `f` inside the loop that this thread runs.
    pub(crate) fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        let _restore = coop::save();
        RUNNING.with(|slot| slot.set(self, f))
    }
}

/// Whether this thread runs the loop that `unparker` wakes, and so does not sleep in it.
pub(crate) fn is_running(unparker: &Unparker) -> bool {
    RUNNING.with(|slot| slot.with(|running| running.is_some_and(|running| running.is_of(unparker))))
}

/// What queues a task of the loop that `unparker` wakes, if this thread runs that.
#[inline]
pub(crate) fn local_schedule(unparker: &Unparker) -> Option<fn(Runnable)> {
    if is_running(unparker) { Some(push_here) } else { None }
}

#[inline]
fn push_here(task: Runnable) {
    RUNNING.with(|slot| {
        slot.with(|running| {
            // Nothing came in between that could have ended the run; if it had, its tasks would be
            // gone.
            debug_assert!(running.is_some(), "a task was woken here, where no loop runs any more");
            if let Some(running) = running {
                running.push(task);
            }
        })
    });
}

/// Queues `task`, if this thread runs its loop; else gives it back.
pub(crate) fn push(unparker: &Unparker, task: Runnable) -> Option<Runnable> {
    RUNNING.with(|slot| {
        slot.with(|running| match running {
            Some(running) if running.is_of(unparker) => {
                running.push(task);
                None
            }
            _ => Some(task),
        })
    })
}

/// The thread that runs the loop looks at the timers before it waits.
impl Interrupt for Unparker {
    fn interrupt_wait(&self) {
        if !is_running(self) {
            self.interrupt();
        }
    }
}
