//! A task of a set, and what the set knows of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use loop_api::JoinError;
use loop_api::promise::{Deferred, Promise};
use loop_api::task::Member;
use loop_toolkit::{CatchUnwind, TaskOutput};
use pin_project_lite::pin_project;

use crate::runtime::Handle;
use crate::task::{AbortHandle, Id, JoinHandle};

#[cfg(test)]
thread_local! {
    /// How many polls of members this thread has made.
    pub(super) static POLLS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A task of the set.
pub(super) struct Slot<T> {
    pub(super) task: Joined<T>,
    pub(super) member: Arc<Member>,
}

pub(super) enum Joined<T> {
    Task(JoinHandle<T>),
    /// A task that stays on its thread, which its own handle might not leave.
    Local(Deferred<TaskOutput<T, Handle>>, AbortHandle),
}

impl<T> Joined<T> {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        match self {
            Joined::Task(task) => Pin::new(task).poll(cx),
            Joined::Local(output, task) => Pin::new(output).poll(cx).map(|output| match output {
                Ok(caught) => caught.into_result(|| task.id()),
                Err(_gone) => Err(JoinError::Cancelled(task.id())),
            }),
        }
    }

    pub(super) fn abort(&self) {
        match self {
            Joined::Task(task) => task.abort(),
            Joined::Local(_, task) => task.abort(),
        }
    }

    pub(super) fn id(&self) -> Id {
        match self {
            Joined::Task(task) => task.id(),
            Joined::Local(_, task) => task.id(),
        }
    }

    #[cfg(test)]
    pub(super) fn is_finished(&self) -> bool {
        match self {
            Joined::Task(task) => task.is_finished(),
            Joined::Local(_, task) => task.is_finished(),
        }
    }
}

/// A task that has ended, and what it gave.
pub(super) type Ended<T> = (Slot<T>, Result<T, JoinError>);

pub(super) fn with_id<T>((slot, result): Ended<T>) -> Result<(Id, T), JoinError> {
    result.map(|output| (slot.task.id(), output))
}

impl<T> Slot<T> {
    pub(super) fn poll(&mut self) -> Poll<Result<T, JoinError>> {
        #[cfg(test)]
        POLLS.set(POLLS.get() + 1);
        self.member.begin_poll();
        let waker = Waker::from(self.member.clone());
        self.task.poll(&mut Context::from_waker(&waker))
    }
}

pin_project! {
    /// A task that stays on its thread and sends its output to the set.
    pub(super) struct Sent<F: Future> {
        #[pin]
        pub(super) future: Option<CatchUnwind<F, Handle>>,
        pub(super) promise: Option<Promise<TaskOutput<F::Output, Handle>>>,
    }
}

impl<F: Future> Future for Sent<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Ready(()) };
        let output = ready!(future.poll(cx));
        // The future is gone before its output is there.
        this.future.set(None);
        if let Some(promise) = this.promise.take() {
            // Not taken where the set is gone: then its panic is reported.
            drop(promise.settle(output));
        }
        Poll::Ready(())
    }
}
