//! The end of a promise that waits, for many waiters.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::DeferredError;
use super::core::Core;
use super::on_done::on_done;
use crate::callback::{CallbackHandle, Closure};
use crate::handle::Handle;

/// The end that waits, for many waiters: each clone is one. A waiter that is dropped harms no
/// other; when the last is, the promise is cancelled.
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
    core: Arc<Core<T>>,
    id: u64,
}

impl<T> SharedDeferred<T> {
    pub(super) fn new(core: Arc<Core<T>>) -> Self {
        let id = core.add_sharer();
        SharedDeferred { core, id }
    }

    /// Cancels it for all waiters. False if it was done already.
    pub fn cancel(&self) -> bool {
        self.core.cancel()
    }

    /// Whether it is settled, cancelled or abandoned.
    pub fn is_done(&self) -> bool {
        self.core.is_done()
    }

    /// As [`Deferred::on_done`](super::Deferred::on_done).
    #[track_caller]
    pub fn on_done<H: Handle>(&self, handle: &H, f: impl FnOnce() + Send + 'static) -> CallbackHandle {
        on_done(&self.core, handle, Closure::new(f))
    }

    /// Removes the callbacks that wait, and says how many there were.
    pub fn remove_on_done(&self) -> usize {
        self.core.remove_on_done()
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
        self.core.read()
    }
}

impl<T: Clone> Future for SharedDeferred<T> {
    type Output = Result<T, DeferredError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.core.poll_read(self.id, cx)
    }
}

impl<T> Clone for SharedDeferred<T> {
    fn clone(&self) -> Self {
        SharedDeferred::new(self.core.clone())
    }
}

impl<T> Drop for SharedDeferred<T> {
    fn drop(&mut self) {
        self.core.remove_sharer(self.id);
    }
}

impl<T> fmt::Debug for SharedDeferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedDeferred").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}
