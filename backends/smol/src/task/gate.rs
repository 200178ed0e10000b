//! How a task that stays on its thread is aborted from anywhere: a flag beside it, which it asks. Nobody but the task itself
//! touches the future or its output.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use super::Abortable;

/// Nobody has asked it to end.
const OPEN: u8 = 0;
/// It was asked to end.
const ABORTED: u8 = 1;
/// It is gone.
const GONE: u8 = 2;

#[derive(Debug)]
pub(crate) struct Gate {
    state: AtomicU8,
    /// The task's own waker, from its first poll until it is gone.
    waker: Mutex<Option<Waker>>,
}

impl Gate {
    pub(crate) fn new() -> Arc<Gate> {
        Arc::new(Gate { state: AtomicU8::new(OPEN), waker: Mutex::new(None) })
    }

    fn is_aborted(&self) -> bool {
        self.state.load(Ordering::Acquire) == ABORTED
    }

    fn set_waker(&self, waker: Option<Waker>) {
        let before = {
            let mut slot = self.waker.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            std::mem::replace(&mut *slot, waker)
        };
        drop(before);
    }
}

impl Abortable for Gate {
    fn abort(&self) {
        if self.state.compare_exchange(OPEN, ABORTED, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            let waker = self.waker.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    fn is_finished(&self) -> bool {
        self.state.load(Ordering::Acquire) == GONE
    }
}

/// Tells the gate that the task is gone, whichever way it went.
#[derive(Debug)]
struct Gone(Arc<Gate>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.state.store(GONE, Ordering::Release);
        // The waker holds the task, and the task holds the gate.
        self.0.set_waker(None);
    }
}

pin_project! {
    /// A future that ends early, with `None`, when its gate is told to abort it.
    pub(crate) struct Gated<F> {
        // Dropped before `gone` says so.
        #[pin]
        future: Option<F>,
        registered: bool,
        gone: Gone,
    }
}

impl<F> Gated<F> {
    pub(crate) fn new(future: F, gate: Arc<Gate>) -> Self {
        Gated { future: Some(future), registered: false, gone: Gone(gate) }
    }
}

impl<F: Future> Future for Gated<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if !*this.registered {
            // Once: the waker of a task stays the same.
            *this.registered = true;
            this.gone.0.set_waker(Some(cx.waker().clone()));
        }
        if this.gone.0.is_aborted() {
            this.future.set(None);
        }
        match this.future.as_pin_mut() {
            Some(future) => future.poll(cx).map(Some),
            None => Poll::Ready(None),
        }
    }
}
