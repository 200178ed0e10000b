//! A task that can be aborted without owning its handle. A task starts without this, and gets it
//! when it is first aborted or asked for an abort handle: async-task can cancel a task only by
//! value, so the handles share its owner.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

use async_task::FallibleTask;
use loop_api::task::Id;

use super::abort::{AbortHandle, Abortable};
use super::rescue::Aborted;

/// The task, seen from its join handle.
pub(crate) trait SharedTask<T>: Abortable {
    /// The output, `None` if the task was cancelled; then [`Poll::Ready`] only once.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<T>>;
    /// Lets the task run on without an awaiter: its output is dropped as soon as it is there.
    fn detach(self: Arc<Self>);
    fn abort_handle(self: Arc<Self>) -> AbortHandle;
}

/// Shares a task. What it gives is `Send` because `T` is: hence a function made where that is
/// known.
pub(crate) fn share<T: Send + 'static>(
    task: FallibleTask<T>,
    id: Id,
) -> Arc<dyn SharedTask<T> + Send + Sync> {
    let state =
        State { stage: Stage::Running(task), waker: None, abort: false, again: false, detached: false };
    Arc::new(Shared { state: Mutex::new(state), id })
}

struct Shared<T> {
    state: Mutex<State<T>>,
    id: Id,
}

struct State<T> {
    stage: Stage<T>,
    /// Of the awaiter.
    waker: Option<Waker>,
    abort: bool,
    /// Something changed while the task was being polled.
    again: bool,
    detached: bool,
}

enum Stage<T> {
    Running(FallibleTask<T>),
    /// Cancelled, and not gone yet.
    Ending(Pin<Box<dyn Future<Output = Option<T>> + Send>>, Aborted),
    /// Some thread polls it, and holds no lock while it does: waking is done inside.
    Polled,
    Done(Option<T>),
}

impl<T: Send + 'static> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Brings the task on as far as it goes, and tells whether it is done. `notify` wakes the
    /// awaiter if it is done only now.
    fn advance(&self, notify: bool) -> bool {
        let mut state = self.lock();
        loop {
            let mut stage = match mem::replace(&mut state.stage, Stage::Polled) {
                // The thread that polls it looks for what has changed.
                Stage::Polled => return false,
                Stage::Done(output) => {
                    state.stage = Stage::Done(output);
                    return true;
                }
                stage => stage,
            };
            state.again = false;
            let abort = state.abort;
            // Taken out, for its clone could come back here. While this polls, no other needs it.
            let own = state.waker.take();
            drop(state);

            let mut cx = Context::from_waker(own.as_ref().unwrap_or(Waker::noop()));
            stage = match stage {
                Stage::Running(task) if abort => {
                    Stage::Ending(Box::pin(task.cancel()), Aborted::new(self.id))
                }
                stage => stage,
            };
            let polled = match &mut stage {
                Stage::Running(task) => Pin::new(task).poll(&mut cx),
                Stage::Ending(cancel, aborted) => {
                    cancel.as_mut().poll(&mut cx).map(|output| output.or_else(|| aborted.take()))
                }
                Stage::Polled | Stage::Done(_) => Poll::Ready(None),
            };

            state = self.lock();
            match polled {
                Poll::Ready(output) => {
                    let (kept, dropped) = if state.detached { (None, output) } else { (output, None) };
                    state.stage = Stage::Done(kept);
                    let newer = state.waker.take();
                    drop(state);
                    drop(dropped);
                    if let Some(waker) = newer.or(own).filter(|_| notify) {
                        waker.wake();
                    }
                    return true;
                }
                Poll::Pending => {
                    state.stage = stage;
                    let again = state.again;
                    if state.waker.is_none() {
                        state.waker = own;
                        drop(state);
                    } else {
                        drop(state);
                        drop(own);
                    }
                    if !again {
                        return false;
                    }
                    state = self.lock();
                }
            }
        }
    }

    fn take_output(&self) -> Option<T> {
        match &mut self.lock().stage {
            Stage::Done(output) => output.take(),
            _ => None,
        }
    }
}

impl<T: Send + 'static> Abortable for Shared<T> {
    fn abort(&self) {
        let mut state = self.lock();
        // Only if it is new: what is called in the poll may abort it each time.
        state.again |= !state.abort;
        state.abort = true;
        drop(state);
        self.advance(true);
    }

    fn is_finished(&self) -> bool {
        if let Stage::Running(task) = &self.lock().stage {
            return task.is_finished();
        }
        self.advance(true)
    }

    fn id(&self) -> Id {
        self.id
    }
}

impl<T: Send + 'static> SharedTask<T> for Shared<T> {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if !self.lock().waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            // Cloned and dropped without the lock: both may come back here.
            let waker = cx.waker().clone();
            let mut state = self.lock();
            state.again = true;
            let before = state.waker.replace(waker);
            drop(state);
            drop(before);
        }
        if self.advance(false) { Poll::Ready(self.take_output()) } else { Poll::Pending }
    }

    fn detach(self: Arc<Self>) {
        // From now on this awaits the task itself, to drop its output. The circle ends with the
        // task.
        let reaper = Waker::from(self.clone());
        let before = {
            let mut state = self.lock();
            state.detached = true;
            state.again = true;
            state.waker.replace(reaper)
        };
        drop(before);
        if self.advance(false) {
            drop(self.take_output());
            let reaper = self.lock().waker.take();
            drop(reaper);
        }
    }

    fn abort_handle(self: Arc<Self>) -> AbortHandle {
        AbortHandle::new(self)
    }
}

impl<T: Send + 'static> Wake for Shared<T> {
    fn wake(self: Arc<Self>) {
        self.lock().again = true;
        self.advance(false);
    }
}
