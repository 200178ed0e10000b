//! Which native loop this thread is in, and which one it runs right now.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ptr;

use loop_api::context::Scoped;
use loop_api::toolkit::task::Runnable;

use crate::handle::NativeHandle;
use crate::wake::Unparker;

thread_local! {
    /// The loop that the code on this thread belongs to.
    static CURRENT: Scoped<NativeHandle> = const { Scoped::new() };
    /// The loop that this thread is inside of, and may therefore reach without a lock.
    static RUNNING: Scoped<Running> = const { Scoped::new() };
    /// How many transfers the poll that goes on may still make before it has to let others go first; zero where nobody waits.
    static BUDGET: Cell<u32> = const { Cell::new(0) };
}

/// Transfers in one poll of a task. Without a limit a socket that is always ready would
/// keep its task running for ever.
const TRANSFERS: u32 = 128;

/// What only the thread that runs a loop touches.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) handle: NativeHandle,
    /// Tasks that can run, in the order in which they were woken.
    pub(crate) queue: RefCell<VecDeque<Runnable>>,
}

impl Running {
    /// Apart, so that the way to it through the thread-local goes into the caller.
    #[inline(never)]
    fn push(&self, task: Runnable) {
        self.queue.borrow_mut().push_back(task);
    }
}

/// Calls `f` with the loop this thread is in.
pub(crate) fn with<R>(f: impl FnOnce(Option<&NativeHandle>) -> R) -> R {
    CURRENT.with(|slot| slot.with(f))
}

/// Calls `f` inside the loop of `handle`, which it does not run.
pub(crate) fn enter<R>(handle: &NativeHandle, f: impl FnOnce() -> R) -> R {
    CURRENT.with(|slot| slot.set(handle, f))
}

/// Calls `f` inside a loop that this thread runs.
pub(crate) fn run<R>(running: &Running, f: impl FnOnce() -> R) -> R {
    /// Puts back what the surrounding loop had left, if there is one.
    struct Restore(u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            BUDGET.set(self.0);
        }
    }
    let _restore = Restore(BUDGET.get());
    enter(&running.handle, || RUNNING.with(|slot| slot.set(running, f)))
}

/// Says that a poll begins, of a task or of the main future.
#[inline]
pub(crate) fn begin_poll() {
    BUDGET.set(TRANSFERS);
}

/// Whether the poll that goes on may make one more transfer. If not, it should wake itself and be pending.
#[inline]
pub(crate) fn may_transfer() -> bool {
    match BUDGET.get() {
        0 => true,
        1 => {
            // Whoever asks again, without having been polled anew, shall not ask for ever.
            begin_poll();
            false
        }
        left => {
            BUDGET.set(left - 1);
            true
        }
    }
}

/// Whether this thread runs the loop that `unparker` wakes, and so does not sleep in it.
pub(crate) fn is_running(unparker: &Unparker) -> bool {
    RUNNING.with(|slot| {
        slot.with(|running| running.is_some_and(|running| ptr::eq(&**running.handle.unparker(), unparker)))
    })
}

/// What queues a task of the loop of `handle`, if this thread runs that.
#[inline]
pub(crate) fn here(handle: &NativeHandle) -> Option<fn(Runnable)> {
    let runs =
        RUNNING.with(|slot| slot.with(|running| running.is_some_and(|running| running.handle.is(handle))));
    if runs { Some(push_here) } else { None }
}

#[inline]
fn push_here(task: Runnable) {
    RUNNING.with(|slot| {
        slot.with(|running| {
            // Nothing came in between that could have ended the run; if it had, its tasks would be gone.
            if let Some(running) = running {
                running.push(task);
            }
        })
    });
}

/// Queues `task`, if this thread runs its loop; else gives it back.
pub(crate) fn push(handle: &NativeHandle, task: Runnable) -> Option<Runnable> {
    RUNNING.with(|slot| {
        slot.with(|running| match running {
            Some(running) if running.handle.is(handle) => {
                running.push(task);
                None
            }
            _ => Some(task),
        })
    })
}
