//! How a task that stays on its thread is aborted from anywhere: a flag beside it, which it asks.
//! Only the task itself touches the future or its output. And how the drop of a task's future may
//! panic: async-task alone would end the process.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use loop_api::task::Id;
use loop_toolkit::{CatchUnwind, drop_catching};
use pin_project_lite::pin_project;

use super::abort::Abortable;
use super::rescue;
use crate::inner::{SmolHandle, TaskOutput};

/// It was not asked to end.
const OPEN: u8 = 0;
/// It was asked to end.
const ABORTED: u8 = 1;
/// It is gone.
const GONE: u8 = 2;

/// The flag, shared by the task and its handles.
#[derive(Debug)]
pub(crate) struct Cancellation {
    /// Of the task.
    pub(super) id: Id,
    state: AtomicU8,
    /// The task's own waker, from its first poll until it is gone.
    waker: Mutex<Option<Waker>>,
}

impl Cancellation {
    pub(crate) fn new() -> Arc<Cancellation> {
        Arc::new(Cancellation { id: Id::next(), state: AtomicU8::new(OPEN), waker: Mutex::new(None) })
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

impl Abortable for Cancellation {
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

    fn id(&self) -> Id {
        self.id
    }
}

/// Says in the flag that the task is gone, in any way.
#[derive(Debug)]
struct Gone(Arc<Cancellation>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.state.store(GONE, Ordering::Release);
        // The waker holds the task, and the task holds the cancellation.
        self.0.set_waker(None);
    }
}

pin_project! {
    /// A task's future, which is polled and dropped as the task's.
    struct Contained<F> {
        #[pin]
        future: Option<CatchUnwind<F, SmolHandle>>,
        id: Id,
    }
}

impl<F> Contained<F> {
    #[inline]
    fn new(future: CatchUnwind<F, SmolHandle>, id: Id) -> Self {
        Contained { future: Some(future), id }
    }

    /// Drops the future, if it is still there. Its panic is what the task gives.
    #[inline]
    fn clear<T>(self: Pin<&mut Self>) -> Result<(), TaskOutput<T>> {
        let this = self.project();
        if this.future.is_none() {
            return Ok(());
        }
        let _entered = this.id.enter();
        drop_catching(this.future)
    }
}

impl<F: Future> Future for Contained<F> {
    type Output = TaskOutput<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _entered = this.id.enter();
        match this.future.as_pin_mut() {
            Some(future) => future.poll(cx),
            // It is taken out only to be dropped.
            None => Poll::Pending,
        }
    }
}

pin_project! {
    /// A task's future whose output, or the panic of whose drop, is not lost to an abort:
    /// async-task would drop it.
    pub(crate) struct Delivered<F>
    where
        F: Future,
        F::Output: Send,
        F::Output: 'static,
    {
        #[pin]
        future: Contained<F>,
    }

    impl<F> PinnedDrop for Delivered<F>
    where
        F: Future,
        F::Output: Send,
        F::Output: 'static,
    {
        fn drop(this: Pin<&mut Self>) {
            let future = this.project().future;
            let id = future.id;
            if let Err(panic) = future.clear::<F::Output>() {
                // Dropped here it is for the exception handler.
                drop(rescue::put(id, panic));
            }
        }
    }
}

impl<F: Future> Delivered<F>
where
    F::Output: Send + 'static,
{
    #[inline]
    pub(crate) fn new(future: CatchUnwind<F, SmolHandle>, id: Id) -> Self {
        Delivered { future: Contained::new(future, id) }
    }
}

impl<F: Future> Future for Delivered<F>
where
    F::Output: Send + 'static,
{
    type Output = TaskOutput<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut future = self.project().future;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) if rescue::is_any_aborted() => {
                let id = future.id;
                // First, for it may take long; from here to async-task's own look there is nothing.
                // The task is done: a panic of the drop is for the exception handler.
                drop(future.clear::<()>());
                rescue::put(id, output)
            }
            polled => polled,
        }
    }
}

pin_project! {
    /// A future that ends early, with `None`, when its cancellation is asked for.
    pub(crate) struct Cancellable<F> {
        #[pin]
        future: Contained<F>,
        registered: bool,
        // Dropped after the future.
        gone: Gone,
    }

    impl<F> PinnedDrop for Cancellable<F> {
        fn drop(this: Pin<&mut Self>) {
            // Dropped unread: for the exception handler.
            drop(this.project().future.clear::<()>());
        }
    }
}

impl<F> Cancellable<F> {
    pub(crate) fn new(future: CatchUnwind<F, SmolHandle>, cancellation: Arc<Cancellation>) -> Self {
        let id = cancellation.id;
        Cancellable { future: Contained::new(future, id), registered: false, gone: Gone(cancellation) }
    }
}

impl<F: Future> Future for Cancellable<F> {
    type Output = Option<TaskOutput<F::Output>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if !*this.registered {
            // Once: the waker of a task stays the same.
            *this.registered = true;
            this.gone.0.set_waker(Some(cx.waker().clone()));
        }
        if this.gone.0.is_aborted() {
            return Poll::Ready(this.future.clear().err());
        }
        this.future.poll(cx).map(Some)
    }
}
