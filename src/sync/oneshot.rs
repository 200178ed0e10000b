//! One message, from one task to another.
//!
//! ```
//! # futures_lite::future::block_on(async {
//! let (sender, receiver) = anyloop::sync::oneshot::channel();
//! sender.send(1).unwrap();
//! assert_eq!(receiver.await, Ok(1));
//! # });
//! ```

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

/// A channel for one message.
///
/// ```
/// use anyloop::sync::oneshot;
///
/// let (sender, receiver) = oneshot::channel::<u8>();
/// drop(sender);
/// assert!(receiver.blocking_recv().is_err());
/// ```
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let state = State { value: None, sent: false, closed: false, receiver: None, sender: None };
    let shared = Arc::new(Shared(Mutex::new(state)));
    (Sender { shared: Some(shared.clone()) }, Receiver { shared })
}

/// Sends the message. Dropping it unused tells the receiver that none will come.
pub struct Sender<T> {
    /// `None` once it has sent.
    shared: Option<Arc<Shared<T>>>,
}

/// Waits for the message. Dropping it tells the sender that nobody waits, and drops a message that was sent. Awaiting it by `&mut` is
/// cancel safe.
#[must_use = "futures do nothing unless polled"]
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T>(Mutex<State<T>>);

struct State<T> {
    value: Option<T>,
    /// The sender has sent, or is gone.
    sent: bool,
    /// The receiver is gone, or wants no message.
    closed: bool,
    receiver: Option<Waker>,
    sender: Option<Waker>,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Ends the sender's side, with its message if there is one, or gives the message back.
    fn finish(&self, value: Option<T>) -> Result<(), Option<T>> {
        let mut state = self.lock();
        if state.closed {
            return Err(value);
        }
        state.sent = true;
        state.value = value;
        let waker = state.receiver.take();
        drop(state);
        wake(waker);
        Ok(())
    }

    fn close(&self) -> Option<T> {
        let mut state = self.lock();
        state.closed = true;
        let waker = state.sender.take();
        let value = state.value.take();
        drop(state);
        wake(waker);
        value
    }
}

/// Wakers run a stranger's code: never under the lock.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T> Sender<T> {
    /// Sends the message, at once.
    ///
    /// # Errors
    ///
    /// The message, if the receiver is gone or closed.
    ///
    /// ```
    /// let (sender, receiver) = anyloop::sync::oneshot::channel();
    /// drop(receiver);
    /// assert!(sender.is_closed());
    /// assert_eq!(sender.send(1), Err(1));
    /// ```
    pub fn send(mut self, message: T) -> Result<(), T> {
        match self.shared.take() {
            Some(shared) => shared.finish(Some(message)).map_err(|value| match value {
                Some(message) => message,
                None => unreachable!("finish gives back what it was given"),
            }),
            None => Err(message),
        }
    }

    /// Whether the receiver is gone or closed.
    pub fn is_closed(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.lock().closed)
    }

    /// Waits until the receiver is gone or closed. Cancel safe.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (mut sender, receiver) = anyloop::sync::oneshot::channel::<u8>();
    /// drop(receiver);
    /// sender.closed().await;
    /// assert!(sender.is_closed());
    /// # });
    /// ```
    pub async fn closed(&mut self) {
        poll_fn(|cx| self.poll_closed(cx)).await;
    }

    /// [`closed`](Self::closed), for futures that are written by hand.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(shared) = &self.shared else { return Poll::Ready(()) };
        let mut state = shared.lock();
        if state.closed {
            return Poll::Ready(());
        }
        state.sender = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            let _ = shared.finish(None);
        }
    }
}

impl<T> Receiver<T> {
    /// The message, if it is there already.
    ///
    /// # Errors
    ///
    /// [`TryRecvError`]: it is not there yet, or never will be, or was given before.
    ///
    /// ```
    /// use anyloop::sync::oneshot::{self, error::TryRecvError};
    ///
    /// let (sender, mut receiver) = oneshot::channel();
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.send(1).unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let mut state = self.shared.lock();
        match state.value.take() {
            Some(value) => Ok(value),
            None if state.sent || state.closed => Err(TryRecvError::Closed),
            None => Err(TryRecvError::Empty),
        }
    }

    /// Waits for the message, blocking the thread: for threads that run no loop.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if the sender was dropped.
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        futures_lite::future::block_on(self)
    }

    /// Wants no message any more; one that was sent already can be received.
    pub fn close(&mut self) {
        let value = self.shared.close();
        self.shared.lock().value = value;
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.lock();
        match state.value.take() {
            Some(value) => Poll::Ready(Ok(value)),
            None if state.sent || state.closed => Poll::Ready(Err(RecvError(()))),
            None => {
                state.receiver = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        drop(self.shared.close());
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("sent", &self.shared.lock().sent).finish_non_exhaustive()
    }
}

/// The sender was dropped without a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecvError(());

/// There is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryRecvError {
    /// None is there yet.
    Empty,
    /// None will ever be there.
    Closed,
}

/// tokio's module of this name.
pub mod error {
    pub use super::{RecvError, TryRecvError};
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no message will come: its sender is gone")
    }
}

impl std::error::Error for RecvError {}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryRecvError::Empty => f.write_str("no message is there yet"),
            TryRecvError::Closed => RecvError(()).fmt(f),
        }
    }
}

impl std::error::Error for TryRecvError {}
