//! What tokio's reactor and timer watch for a loop.
#![allow(unsafe_code)]

use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use loop_api::host::Watch;
use loop_api::time::Instant;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::coop;
use tokio::time::Sleep;

/// A descriptor in tokio's reactor, and a moment in its timer. Each has a waker of its own, so that
/// a look that has nothing to tell is a look at a flag. What they use of tokio's budget is given
/// back, for it is the tasks'.
pub(crate) struct TokioWatch {
    fd: AsyncFd<OwnedFd>,
    readable: Bell,
    sleep: Option<Pin<Box<Sleep>>>,
    /// The moment that the sleep was set to, until it has come.
    armed: Option<Instant>,
    due: Bell,
    closed: bool,
}

impl TokioWatch {
    /// In tokio's context.
    pub(crate) fn new(fd: OwnedFd) -> io::Result<TokioWatch> {
        // SAFETY: the descriptor is owned, and goes with the AsyncFd, which deregisters it first:
        // it is not closed before, nor can it be taken out, since the field is private and never
        // replaced.
        let fd = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }?;
        Ok(TokioWatch {
            fd,
            readable: Bell::new(),
            sleep: None,
            armed: None,
            due: Bell::new(),
            closed: false,
        })
    }
}

impl Watch for TokioWatch {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.readable.hang(cx);
        if !self.readable.take() {
            return Poll::Pending;
        }
        let _budget = coop::poll_proceed(&mut Context::from_waker(Waker::noop()));
        match self.fd.poll_read_ready(&mut self.readable.context()) {
            Poll::Ready(Ok(mut ready)) => {
                // Before the look, so that what comes after it is told again; and the next call
                // asks anew.
                ready.clear_ready();
                self.readable.ring();
                Poll::Ready(())
            }
            Poll::Ready(Err(_)) => {
                // tokio is shutting down.
                self.closed = true;
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        self.due.hang(cx);
        let rung = self.due.take();
        if rung {
            self.armed = None;
        }
        // An alarm that comes too early is cheaper than to set it again for each sleep that is
        // dropped.
        if self.armed.is_some_and(|armed| armed <= deadline) {
            return Poll::Pending;
        }
        if deadline <= Instant::now() {
            return Poll::Ready(());
        }
        let at = tokio::time::Instant::from_std(deadline.into_std());
        let sleep = match &mut self.sleep {
            Some(sleep) => {
                sleep.as_mut().reset(at);
                sleep
            }
            None => self.sleep.insert(Box::pin(tokio::time::sleep_until(at))),
        };
        let _budget = coop::poll_proceed(&mut Context::from_waker(Waker::noop()));
        let due = sleep.as_mut().poll(&mut self.due.context());
        self.armed = if due.is_ready() { None } else { Some(deadline) };
        due
    }

    fn is_closed(&self) -> bool {
        self.closed
    }
}

/// A waker that also tells whether it was woken.
struct Bell {
    line: Arc<Line>,
    waker: Waker,
    /// The task that the line has.
    task: Option<Waker>,
}

struct Line {
    rung: AtomicBool,
    /// Counted, so that it can be taken along without a clone of the waker, whose code may be any.
    task: Mutex<Option<Arc<Waker>>>,
}

impl Bell {
    /// It has rung already, so that the first look is a true one.
    fn new() -> Bell {
        let line = Arc::new(Line { rung: AtomicBool::new(true), task: Mutex::new(None) });
        Bell { waker: Waker::from(line.clone()), line, task: None }
    }

    /// From now on it wakes the context's task.
    fn hang(&mut self, cx: &Context<'_>) {
        if self.task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            return;
        }
        self.task = Some(cx.waker().clone());
        let task = Arc::new(cx.waker().clone());
        let before = self.line.task.lock().unwrap_or_else(PoisonError::into_inner).replace(task);
        drop(before);
    }

    fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }

    fn ring(&self) {
        self.line.rung.store(true, Ordering::Release);
    }

    fn take(&self) -> bool {
        self.line.rung.load(Ordering::Acquire) && self.line.rung.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Line {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(task) = task {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use loop_conformance::support::{WakerCalls, calling_waker};

    use super::*;

    #[test]
    fn a_clone_of_the_tasks_waker_may_ring_the_bell() {
        loop_conformance::run_case("a clone of the task's waker", false, || {
            let mut bell = Bell::new();
            let line = bell.line.clone();
            let waker = calling_waker(WakerCalls::InClone, move || line.wake_by_ref());
            bell.hang(&Context::from_waker(&waker));
            bell.waker.wake_by_ref();
            assert!(bell.take());
            // The waker has the line, which has the waker.
            bell.hang(&Context::from_waker(Waker::noop()));
        });
    }
}
