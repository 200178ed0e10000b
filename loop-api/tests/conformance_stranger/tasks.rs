//! What `spawn` gives back: a slot that the task's end is put into.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use loop_api::JoinError;
use loop_api::toolkit::Caught;

use crate::executor::Handle;

/// Where the end of a task is put, and who waits for it.
struct Slot<T> {
    end: Option<Result<Caught<T, Handle>, JoinError>>,
    ended: bool,
    waiter: Option<Waker>,
}

/// The task's side of the slot: dropped with the task's future, whatever comes first.
pub(crate) struct Ending<T>(Arc<Mutex<Slot<T>>>);

impl<T> Ending<T> {
    pub(crate) fn set(self, end: Result<Caught<T, Handle>, JoinError>) {
        let mut slot = self.0.lock().unwrap();
        slot.end = Some(end);
        // Its drop does the rest.
    }
}

impl<T> Drop for Ending<T> {
    fn drop(&mut self) {
        let mut slot = self.0.lock().unwrap();
        slot.ended = true;
        let unread = slot.end.take_if(|_| Arc::strong_count(&self.0) == 1);
        let waiter = slot.waiter.take();
        drop(slot);
        // Outside the lock: an unread panic goes to the exception handler from here.
        drop(unread);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }
}

/// Asks a task to end; shared by its handle, its abort handles and the loop.
#[derive(Clone)]
pub(crate) struct Abort {
    pub(crate) asked: Arc<AtomicBool>,
    pub(crate) ended: Arc<AtomicBool>,
    pub(crate) waker: Waker,
}

impl Abort {
    pub(crate) fn new(waker: Waker) -> Abort {
        Abort { asked: Arc::default(), ended: Arc::default(), waker }
    }
}

impl loop_api::task::Abort for Abort {
    fn abort(&self) {
        if !self.ended.load(Ordering::SeqCst) && !self.asked.swap(true, Ordering::SeqCst) {
            self.waker.wake_by_ref();
        }
    }

    fn is_finished(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }
}

pub(crate) struct Task<T> {
    slot: Arc<Mutex<Slot<T>>>,
    abort: Abort,
}

impl<T> Task<T> {
    /// A task whose end is put into what comes second.
    #[allow(clippy::arc_with_non_send_sync)] // T is Send unless the task is a local one.
    pub(crate) fn new(abort: Abort) -> (Task<T>, Ending<T>) {
        let slot = Arc::new(Mutex::new(Slot { end: None, ended: false, waiter: None }));
        (Task { slot: slot.clone(), abort }, Ending(slot))
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.slot.lock().unwrap();
        if !slot.ended {
            slot.waiter = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(match slot.end.take() {
            Some(Ok(caught)) => caught.into_result(),
            Some(Err(error)) => Err(error),
            None => Err(JoinError::Cancelled),
        })
    }
}

impl<T> loop_api::task::Task<T> for Task<T> {
    type Abort = Abort;

    fn abort(&self) {
        loop_api::task::Abort::abort(&self.abort);
    }

    fn abort_handle(&self) -> Abort {
        self.abort.clone()
    }

    fn is_finished(&self) -> bool {
        self.slot.lock().unwrap().ended
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}

/// A waker for whoever has nothing to be told.
pub(crate) struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}
