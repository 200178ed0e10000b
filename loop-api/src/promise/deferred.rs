//! The end of a promise that waits, for one waiter.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::core::{Core, Promise};
use super::on_done::on_done;
use super::{DeferredError, SharedDeferred};
use crate::callback::{CallbackHandle, Closure};
use crate::handle::Handle;

/// The end that waits, for one waiter: a future of the value or of the [`DeferredError`] that came
/// instead. For many waiters, [`share`](Self::share) it.
///
/// Cancel safety: awaiting by `&mut` loses nothing when the await is dropped. Dropping the
/// `Deferred` itself cancels it.
///
/// ```
/// use loop_api::promise::promise;
///
/// let (promise, mut deferred) = promise();
/// assert!(deferred.try_result().unwrap_err().is_pending());
/// promise.settle(7).unwrap();
/// assert_eq!(deferred.try_result().unwrap(), 7);
///
/// let (promise, deferred) = loop_api::promise::promise::<u8>();
/// drop(deferred);
/// assert!(promise.is_cancelled());
/// ```
#[must_use = "dropping a deferred cancels its promise: await it, or forward it"]
pub struct Deferred<T> {
    core: Arc<Core<T>>,
    /// Whether dropping this is for the promise to know.
    owner: bool,
}

impl<T> Deferred<T> {
    pub(super) fn new(core: Arc<Core<T>>) -> Self {
        Deferred { core, owner: true }
    }

    /// A deferred that is settled already.
    #[track_caller]
    pub fn ready(value: T) -> Self {
        let (promise, deferred) = super::promise();
        let _kept = promise.settle(value);
        deferred
    }

    /// Cancels it: the promise sees it, and awaiting this gives [`DeferredError::Cancelled`]. False
    /// if it was done already.
    ///
    /// ```
    /// let (promise, deferred) = loop_api::promise::promise::<u8>();
    /// assert!(deferred.cancel());
    /// assert!(!deferred.cancel(), "only once");
    /// assert_eq!(promise.settle(1), Err(1));
    /// ```
    pub fn cancel(&self) -> bool {
        self.core.cancel()
    }

    /// Whether it is settled, cancelled or abandoned.
    pub fn is_done(&self) -> bool {
        self.core.is_done()
    }

    /// Takes the value if it is there.
    ///
    /// # Errors
    ///
    /// [`DeferredError::Pending`] while it is not settled, [`DeferredError::Taken`] when the value
    /// was taken before; else what awaiting it gives. An error can be read any number of times.
    pub fn try_result(&mut self) -> Result<T, DeferredError> {
        self.core.take()
    }

    /// Calls `f` on the loop of `handle`, by `call_soon`, once this is done in whatever way; never
    /// inline, also when it is done already. Callbacks run in the order of registration. The handle
    /// that is given removes the callback. On a loop that is closed by then it is dropped.
    ///
    /// ```
    /// use loop_api::{EventLoop, promise::promise};
    ///
    /// fn example<L: EventLoop>(mut event_loop: L) {
    ///     let (promise, deferred) = promise();
    ///     let (says, said) = std::sync::mpsc::channel();
    ///     deferred.on_done(event_loop.handle(), move || says.send("done").unwrap());
    ///     promise.settle(1).unwrap();
    ///     assert!(said.try_recv().is_err(), "never inline");
    ///     assert_eq!(event_loop.block_on(deferred).unwrap(), 1);
    ///     assert_eq!(said.recv(), Ok("done"));
    /// }
    /// ```
    #[track_caller]
    pub fn on_done<H: Handle>(&self, handle: &H, f: impl FnOnce() + Send + 'static) -> CallbackHandle {
        on_done(&self.core, handle, Closure::new(f))
    }

    /// Removes the callbacks that wait, and says how many there were.
    pub fn remove_on_done(&self) -> usize {
        self.core.remove_on_done()
    }

    /// For any number of waiters, each with a clone of the value.
    pub fn share(self) -> SharedDeferred<T>
    where
        T: Clone,
    {
        SharedDeferred::new(self.into_core())
    }

    /// Chains this to `promise`: the value or the error goes there, and cancelling there cancels
    /// here. When the other end is gone by then, what comes is dropped. It does not matter on which
    /// loops the two are, or whether they still run.
    ///
    /// ```
    /// # use loop_api::promise::promise;
    /// let (first, middle) = promise();
    /// let (second, mut last) = promise();
    /// middle.forward_to(second);
    /// first.settle(7).unwrap();
    /// assert_eq!(last.try_result().unwrap(), 7);
    /// ```
    pub fn forward_to(self, promise: Promise<T>)
    where
        T: Send + 'static,
    {
        self.into_core().forward_to(promise);
    }

    fn into_core(mut self) -> Arc<Core<T>> {
        self.owner = false;
        self.core.clone()
    }
}

impl<T> Future for Deferred<T> {
    type Output = Result<T, DeferredError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.core.poll_take(cx)
    }
}

impl<T> Drop for Deferred<T> {
    fn drop(&mut self) {
        if self.owner {
            self.core.cancel();
        }
    }
}

impl<T> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferred").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}
