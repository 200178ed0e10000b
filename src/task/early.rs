//! A task of a [`LocalSet`](super::LocalSet) that was spawned where no loop runs: it is kept until
//! the set is run.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use loop_api::JoinError;
use loop_api::task::Id;
#[allow(unused_imports)]
use loop_api::task::{Abort, Task};

use crate::any::{self, each};

/// The task, seen from its join handle.
pub(super) struct Early<T> {
    state: RefCell<State<T>>,
    pub(super) abort: Arc<EarlyAbort>,
}

enum State<T> {
    /// Its future is with the set. The waker is of who awaits it.
    Kept(Option<Waker>),
    Started(any::LocalTask<T>),
    /// It was aborted, or its set dropped, before it could start.
    Gone,
}

/// The task, seen from its abort handles, on any thread.
pub(super) struct EarlyAbort {
    pub(super) id: Id,
    state: Mutex<AbortState>,
}

enum AbortState {
    Kept,
    Aborted,
    Started(any::Abort),
    Gone,
}

impl<T: 'static> Early<T> {
    pub(super) fn new() -> Rc<Early<T>> {
        let abort = Arc::new(EarlyAbort { id: Id::next(), state: Mutex::new(AbortState::Kept) });
        Rc::new(Early { state: RefCell::new(State::Kept(None)), abort })
    }

    /// Has `spawn`, which owns its future, start it, unless it was aborted.
    #[track_caller]
    pub(super) fn start(&self, spawn: impl FnOnce(Id) -> any::LocalTask<T>) {
        if self.abort.is_aborted() {
            drop(spawn);
            return self.end();
        }
        let task = spawn(self.abort.id);
        self.abort.start(each!(LocalTask => Abort as wrap; &task, task => wrap(task.abort_handle())));
        self.set(State::Started(task));
    }

    /// It never starts. Its future is gone.
    pub(super) fn end(&self) {
        *self.abort.lock() = AbortState::Gone;
        self.set(State::Gone);
    }

    fn set(&self, state: State<T>) {
        // Woken and dropped without the borrow: both may come back here.
        if let State::Kept(Some(waker)) = self.state.replace(state) {
            waker.wake();
        }
    }
}

impl<T> Early<T> {
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        let id = self.abort.id;
        let waker = cx.waker().clone();
        let (polled, before) = match &mut *self.state.borrow_mut() {
            State::Kept(kept) => (Poll::Pending, kept.replace(waker)),
            State::Started(task) => {
                let polled: Poll<Result<_, JoinError>> =
                    each!(LocalTask; task, task => Pin::new(task).poll(cx));
                let polled = polled.map(|output| output.map_err(|error| with_id(error, id)));
                (polled, Some(waker))
            }
            State::Gone => (Poll::Ready(Err(JoinError::Cancelled(id))), Some(waker)),
        };
        drop(before);
        polled
    }
}

/// As the task's handle says.
fn with_id(error: JoinError, id: Id) -> JoinError {
    match error {
        JoinError::Cancelled(_) => JoinError::Cancelled(id),
        JoinError::Closed(_) => JoinError::Closed(id),
        JoinError::Panicked(panic, _) => JoinError::Panicked(panic, id),
        JoinError::NoThread(kind, _) => JoinError::NoThread(kind, id),
        other => other,
    }
}

impl EarlyAbort {
    fn lock(&self) -> MutexGuard<'_, AbortState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_aborted(&self) -> bool {
        matches!(*self.lock(), AbortState::Aborted)
    }

    fn start(&self, task: any::Abort) {
        let mut state = self.lock();
        let was_aborted = matches!(*state, AbortState::Aborted);
        *state = AbortState::Started(clone(&task));
        drop(state);
        if was_aborted {
            each!(Abort; &task, task => task.abort());
        }
    }

    pub(super) fn abort(&self) {
        let mut state = self.lock();
        let task = match &*state {
            AbortState::Started(task) => clone(task),
            AbortState::Kept => {
                *state = AbortState::Aborted;
                return;
            }
            AbortState::Aborted | AbortState::Gone => return,
        };
        // Without the lock: the drop of its future may be anything.
        drop(state);
        each!(Abort; &task, task => task.abort());
    }

    pub(super) fn is_finished(&self) -> bool {
        match &*self.lock() {
            AbortState::Started(task) => each!(Abort; task, task => task.is_finished()),
            AbortState::Gone => true,
            AbortState::Kept | AbortState::Aborted => false,
        }
    }
}

fn clone(task: &any::Abort) -> any::Abort {
    each!(Abort => Abort as wrap; task, task => wrap(task.clone()))
}
