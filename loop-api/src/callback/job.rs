//! A closure that waits to be run, in one allocation with all that is known of it.

use std::any::type_name;
use std::mem;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use crate::shared::ExceptionKind;

/// What the queue holds. Running and cancelling race safely: the first one takes the closure.
pub(crate) trait Job: Send + Sync {
    /// Runs it, unless it was cancelled or has run. May panic with the closure.
    fn run(&self);
    /// Drops the closure unrun. Whether this prevented it from running.
    fn cancel(&self) -> bool;
    fn state(&self) -> JobState;
    fn is_waiting(&self) -> bool {
        self.state() == JobState::Waiting
    }
    fn kind(&self) -> ExceptionKind;
    /// The closure's type, which says where in the source it stands.
    fn name(&self) -> &'static str;
    /// Where it was registered.
    fn location(&self) -> &'static Location<'static>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobState {
    Waiting,
    /// Is running, or has run.
    Done,
    Cancelled,
}

enum State<F> {
    Waiting(F),
    Done,
    Cancelled,
}

pub(crate) struct Closure<F> {
    location: &'static Location<'static>,
    state: Mutex<State<F>>,
}

impl<F> Closure<F> {
    #[track_caller]
    pub(crate) fn new(f: F) -> Self {
        Closure { location: Location::caller(), state: Mutex::new(State::Waiting(f)) }
    }

    /// The closure, if it still waits; it is used or dropped outside the lock.
    fn take(&self, then: State<F>) -> Option<F> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Waiting(_) => match mem::replace(&mut *state, then) {
                State::Waiting(f) => Some(f),
                State::Done | State::Cancelled => None,
            },
            State::Done | State::Cancelled => None,
        }
    }
}

impl<F: FnOnce() + Send> Job for Closure<F> {
    fn run(&self) {
        if let Some(f) = self.take(State::Done) {
            f();
        }
    }

    fn cancel(&self) -> bool {
        self.take(State::Cancelled).is_some()
    }

    fn state(&self) -> JobState {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Waiting(_) => JobState::Waiting,
            State::Done => JobState::Done,
            State::Cancelled => JobState::Cancelled,
        }
    }

    fn kind(&self) -> ExceptionKind {
        ExceptionKind::Callback
    }

    fn name(&self) -> &'static str {
        type_name::<F>()
    }

    fn location(&self) -> &'static Location<'static> {
        self.location
    }
}
