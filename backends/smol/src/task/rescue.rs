//! The outputs of tasks that were aborted while they were polled for the last time, and the panics of
//! futures that are dropped by an abort.
//!
//! async-task drops the first: a task that is cancelled gives nothing. So the handle that cancels a
//! task says so here first, by the task's id, and a task that is done looks whether it was named. The
//! look is one load where no abort is under way. A table and no field of the task, because its handle
//! has no way to the future but the waker: async-executor decides what is in a task's allocation. (An abort on another thread that comes between that look
//! and async-task's own, a few instructions later, still takes the output.)

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use loop_api::task::Id;

type Output = Option<Box<dyn Any + Send>>;

static ABORTED: AtomicUsize = AtomicUsize::new(0);
static OUTPUTS: Mutex<Option<HashMap<Id, Output>>> = Mutex::new(None);

fn outputs() -> MutexGuard<'static, Option<HashMap<Id, Output>>> {
    OUTPUTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether any task was aborted that is not gone yet.
#[inline]
pub(super) fn is_any_aborted() -> bool {
    ABORTED.load(Ordering::Acquire) > 0
}

/// Keeps what a task gives, if that was aborted; then its task is pending, and so cancelled.
#[cold]
pub(super) fn put<T: Send + 'static>(id: Id, output: T) -> Poll<T> {
    match outputs().as_mut().and_then(|outputs| outputs.get_mut(&id)) {
        Some(slot) => {
            *slot = Some(Box::new(output));
            Poll::Pending
        }
        None => Poll::Ready(output),
    }
}

/// A task that is about to be cancelled.
pub(super) struct Aborted(Id);

impl Aborted {
    pub(super) fn new(id: Id) -> Aborted {
        outputs().get_or_insert_default().insert(id, None);
        ABORTED.fetch_add(1, Ordering::Release);
        Aborted(id)
    }

    /// What the task left, now that it is gone.
    pub(super) fn take<T: 'static>(&self) -> Option<T> {
        let output = outputs().as_mut()?.get_mut(&self.0)?.take()?;
        output.downcast().ok().map(|output| *output)
    }
}

impl Drop for Aborted {
    fn drop(&mut self) {
        ABORTED.fetch_sub(1, Ordering::Release);
        // Dropped without the lock: it may run any code.
        let left = outputs().as_mut().and_then(|outputs| outputs.remove(&self.0));
        drop(left);
    }
}
