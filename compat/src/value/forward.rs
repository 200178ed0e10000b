//! The hand that takes from one end and gives to the other, with no executor: it works inside the
//! wake-up.
//!
//! What a hand gives may wake the next one. That waits until the step of the first is over, so that
//! a chain of them takes no stack.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use loop_api::JoinError;
use loop_api::error::Panic;
use loop_api::promise::{DeferredError, Promise};
use loop_api::shared::{Exception, ExceptionKind, report_to_current};

use super::source::Source;

/// Something to be done a step at each wake-up, until it is ready.
pub(super) trait Steps: Send + 'static {
    fn step(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// Takes the first step, and arranges for the others.
pub(super) fn start<S: Steps>(steps: S) {
    Arc::new(Hand { state: Mutex::new(State { steps: Some(steps), running: false, again: false }) }).wake();
}

struct Hand<S> {
    state: Mutex<State<S>>,
}

struct State<S> {
    /// None while a thread takes a step, and when all is done.
    steps: Option<S>,
    running: bool,
    /// It was woken while a thread took a step.
    again: bool,
}

impl<S> Hand<S> {
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hand that was woken.
trait Woken: Send + Sync {
    fn go_on(self: Arc<Self>);
}

thread_local! {
    /// The hands that wait for the one that is at work on this thread, if one is.
    static AT_WORK: RefCell<Option<VecDeque<Arc<dyn Woken>>>> = const { RefCell::new(None) };
}

/// Has the hand go on, now or behind the one that is at work.
fn go_on(hand: Arc<dyn Woken>) {
    let mut next = Some(hand);
    let _thread_ends = AT_WORK.try_with(|at_work| {
        if let Some(waiting) = &mut *at_work.borrow_mut() {
            waiting.extend(next.take());
        }
    });
    if next.is_none() {
        return;
    }
    set_at_work(Some(VecDeque::new()));
    while let Some(hand) = next {
        // What panics is a waker of the caller's; the other hands must go on all the same.
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| hand.go_on())) {
            report_to_current(&Exception::panicked(ExceptionKind::Promise, Panic::new(payload), None));
        }
        let waiting = AT_WORK.try_with(|at_work| at_work.borrow_mut().as_mut().and_then(VecDeque::pop_front));
        next = waiting.unwrap_or(None);
    }
    set_at_work(None);
}

fn set_at_work(hands: Option<VecDeque<Arc<dyn Woken>>>) {
    let _thread_ends = AT_WORK.try_with(|at_work| at_work.replace(hands));
}

impl<S: Steps> Wake for Hand<S> {
    fn wake(self: Arc<Self>) {
        go_on(self);
    }
}

impl<S: Steps> Woken for Hand<S> {
    fn go_on(self: Arc<Self>) {
        let mut state = self.lock();
        if state.running {
            state.again = true;
            return;
        }
        let Some(mut steps) = state.steps.take() else { return };
        state.running = true;
        drop(state);

        let waker = Waker::from(self.clone());
        let mut cx = Context::from_waker(&waker);
        // Steps are taken outside the lock: they wake others, and may wake this.
        while steps.step(&mut cx).is_pending() {
            let mut state = self.lock();
            if !state.again {
                state.steps = Some(steps);
                state.running = false;
                return;
            }
            state.again = false;
        }
        // `running` stays, so that nothing is done any more.
    }
}

/// From a source of another runtime's to a promise.
pub(super) struct IntoPromise<S: Source, T, F> {
    source: S,
    promise: Option<Promise<T>>,
    give: F,
}

impl<S, T, F> IntoPromise<S, T, F>
where
    S: Source,
    F: FnMut(Promise<T>, Result<S::Value, DeferredError>) + Send + 'static,
{
    pub(super) fn new(source: S, promise: Promise<T>, give: F) -> Self {
        IntoPromise { source, promise: Some(promise), give }
    }
}

impl<S, T, F> Steps for IntoPromise<S, T, F>
where
    S: Source,
    T: Send + 'static,
    F: FnMut(Promise<T>, Result<S::Value, DeferredError>) + Send + 'static,
{
    fn step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // What is there goes first: a value that came with the cancel is not lost in the source.
        let source = AssertUnwindSafe(|| self.source.poll_outcome(cx));
        let outcome = match panic::catch_unwind(source) {
            Ok(Poll::Ready(outcome)) => outcome,
            Ok(Poll::Pending) => {
                if self.promise.as_mut().is_some_and(|promise| promise.poll_cancelled(cx).is_pending()) {
                    return Poll::Pending;
                }
                self.source.cancel();
                return Poll::Ready(());
            }
            // A task of smol's gives its panic to the task that awaits it.
            Err(payload) => Err(failed(JoinError::Panicked(Panic::new(payload), loop_api::task::Id::next()))),
        };
        if let Some(promise) = self.promise.take() {
            (self.give)(promise, outcome);
        }
        Poll::Ready(())
    }
}

pub(super) fn failed(error: JoinError) -> DeferredError {
    DeferredError::Failed(Arc::new(error))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Wakes itself in the middle of the first step, as a source does that gets its value
    /// meanwhile.
    struct Twice(bool, mpsc::Sender<()>);

    impl Steps for Twice {
        fn step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
            if self.0 {
                self.1.send(()).unwrap();
                return Poll::Ready(());
            }
            self.0 = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }

    #[test]
    fn a_wake_up_during_a_step_is_another_step() {
        let (says, said) = mpsc::channel();
        start(Twice(false, says));
        assert_eq!(said.try_recv(), Ok(()));
        assert_eq!(said.try_recv(), Err(mpsc::TryRecvError::Disconnected), "and nothing is kept");
    }
}
