//! The end of a promise that waits, for many waiters.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use super::DeferredError;
use super::core::Core;
use super::on_done::on_done;
use crate::callback::{CallbackHandle, Closure};
use crate::handle::Handle;

/// The end that waits, for many waiters: each clone is one. A waiter that is dropped harms no
/// other; when the last is, the promise is cancelled. It is `Send` if `T` is `Send` and `Sync`, as
/// several threads may clone the value at once.
///
/// ```
/// # use loop_api::promise::promise;
/// let (promise, deferred) = promise();
/// let shared = deferred.share();
/// let other = shared.clone();
/// assert!(shared.result().unwrap_err().is_pending());
/// promise.settle("here").unwrap();
/// assert_eq!(futures_lite::future::block_on(shared).unwrap(), "here");
/// assert_eq!(other.result().unwrap(), "here");
/// assert_eq!(other.result().unwrap(), "here");
/// ```
#[must_use = "dropping the last waiter cancels the promise"]
pub struct SharedDeferred<T> {
    whole: Arc<Whole<T>>,
    id: u64,
}

/// What all clones have.
struct Whole<T> {
    core: Arc<Core<T>>,
    /// The value, once one of them has read it. It is cloned here without a lock: its `clone` may
    /// take long, or read this deferred.
    value: OnceLock<T>,
}

impl<T> Whole<T> {
    /// What is read once the value was moved here, or could not be.
    fn read(&self, moved: Result<(), DeferredError>) -> Result<T, DeferredError>
    where
        T: Clone,
    {
        match moved {
            // By another clone meanwhile, if it is taken.
            Ok(()) | Err(DeferredError::Taken) => self.value.get().cloned().ok_or(DeferredError::Taken),
            Err(error) => Err(error),
        }
    }
}

impl<T> SharedDeferred<T> {
    pub(super) fn new(core: Arc<Core<T>>) -> Self {
        SharedDeferred::of(Arc::new(Whole { core, value: OnceLock::new() }))
    }

    fn of(whole: Arc<Whole<T>>) -> Self {
        let id = whole.core.add_sharer();
        SharedDeferred { whole, id }
    }

    /// Cancels it for all waiters. False if it was done already.
    pub fn cancel(&self) -> bool {
        self.whole.core.cancel()
    }

    /// Whether it is settled, cancelled or abandoned.
    pub fn is_done(&self) -> bool {
        self.whole.core.is_done()
    }

    /// As [`Deferred::on_done`](super::Deferred::on_done).
    #[track_caller]
    pub fn on_done<H: Handle>(&self, handle: &H, f: impl FnOnce() + Send + 'static) -> CallbackHandle {
        on_done(&self.whole.core, handle, Closure::new(f))
    }

    /// Removes the callbacks that wait, and says how many there were.
    pub fn remove_on_done(&self) -> usize {
        self.whole.core.remove_on_done()
    }
}

impl<T: Clone> SharedDeferred<T> {
    /// The outcome, any number of times.
    ///
    /// # Errors
    ///
    /// [`DeferredError::Pending`] while it is not settled; else the error that came instead of a
    /// value.
    pub fn result(&self) -> Result<T, DeferredError> {
        self.whole.read(self.whole.core.move_to(&self.whole.value))
    }
}

impl<T: Clone> Future for SharedDeferred<T> {
    type Output = Result<T, DeferredError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Whole { core, value } = &*self.whole;
        core.poll_move_to(value, self.id, cx).map(|moved| self.whole.read(moved))
    }
}

impl<T> Clone for SharedDeferred<T> {
    fn clone(&self) -> Self {
        SharedDeferred::of(self.whole.clone())
    }
}

impl<T> Drop for SharedDeferred<T> {
    fn drop(&mut self) {
        self.whole.core.remove_sharer(self.id);
    }
}

impl<T> fmt::Debug for SharedDeferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedDeferred").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}
