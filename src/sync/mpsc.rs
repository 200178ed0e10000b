//! Many senders, one receiver. Messages come in the order in which they were sent.
//!
//! Dropping the last sender ends the channel: the receiver gets what is left and then `None`. Dropping the receiver closes it: what is
//! left is dropped, and senders get their message back.
//!
//! ```
//! # futures_lite::future::block_on(async {
//! use anyloop::sync::mpsc;
//!
//! let (sender, mut receiver) = mpsc::channel(8);
//! sender.send("one").await.unwrap();
//! drop(sender);
//! assert_eq!(receiver.recv().await, Some("one"));
//! assert_eq!(receiver.recv().await, None);
//! # });
//! ```

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_lite::Stream;

/// A channel with room for `capacity` messages: whoever sends more waits.
///
/// # Panics
///
/// If `capacity` is zero.
///
/// ```
/// use anyloop::sync::mpsc::{self, error::TrySendError};
///
/// let (sender, mut receiver) = mpsc::channel(1);
/// sender.try_send(1).unwrap();
/// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
/// assert_eq!(receiver.try_recv(), Ok(1));
/// assert_eq!(sender.capacity(), 1);
/// ```
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel needs room for at least one message");
    let (sender, receiver) = async_channel::bounded(capacity);
    (Sender(sender), Receiver(Box::pin(receiver)))
}

/// A channel without a limit but memory.
///
/// ```
/// use anyloop::sync::mpsc::{self, error::SendError};
///
/// let (sender, mut receiver) = mpsc::unbounded_channel();
/// sender.send(1).unwrap();
/// sender.clone().send(2).unwrap();
/// assert_eq!(receiver.blocking_recv(), Some(1));
/// drop(receiver);
/// assert_eq!(sender.send(3), Err(SendError(3)));
/// ```
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = async_channel::unbounded();
    (UnboundedSender(sender), UnboundedReceiver(Box::pin(receiver)))
}

/// Sends into a channel that has a capacity: see [`channel`]. Dropping the last one ends the channel.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use anyloop::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::channel(1);
/// let other = sender.clone();
/// assert!(sender.same_channel(&other));
/// let (sent, received) = anyloop::join!(
///     async {
///         sender.send(1).await?;
///         other.send(2).await // waits for room
///     },
///     async { (receiver.recv().await, receiver.recv().await) },
/// );
/// assert_eq!((sent, received), (Ok(()), (Some(1), Some(2))));
/// drop(receiver);
/// sender.closed().await;
/// assert!(sender.is_closed());
/// # });
/// ```
pub struct Sender<T>(async_channel::Sender<T>);

/// Receives from a channel that has a capacity: see [`channel`]. Dropping it closes the channel, and drops what is in it. It is also a `Stream`.
pub struct Receiver<T>(Pin<Box<async_channel::Receiver<T>>>);

/// Sends into a channel without a limit: see [`unbounded_channel`]. Dropping the last one ends the channel.
pub struct UnboundedSender<T>(async_channel::Sender<T>);

/// Receives from a channel without a limit: see [`unbounded_channel`]. Dropping it closes the channel, and drops what is in it. It is also a
/// `Stream`.
pub struct UnboundedReceiver<T>(Pin<Box<async_channel::Receiver<T>>>);

impl<T> Sender<T> {
    /// Sends a message, waiting for room. Dropped before it is done it has sent nothing, and the message is dropped with it: to keep it, wait
    /// use [`try_send`](Self::try_send), which gives it back. So it is not cancel safe for a message that must not be lost.
    ///
    /// # Errors
    ///
    /// The message, if the receiver is gone or closed.
    pub async fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.0.send(message).await.map_err(|error| SendError(error.0))
    }

    /// Sends a message now.
    ///
    /// # Errors
    ///
    /// The message, if there is no room, or the receiver is gone or closed.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.0.try_send(message).map_err(|error| match error {
            async_channel::TrySendError::Full(message) => TrySendError::Full(message),
            async_channel::TrySendError::Closed(message) => TrySendError::Closed(message),
        })
    }

    /// Sends a message, blocking the thread until there is room: for threads that run no loop.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn blocking_send(&self, message: T) -> Result<(), SendError<T>> {
        futures_lite::future::block_on(self.send(message))
    }

    /// How many messages there is room for now.
    pub fn capacity(&self) -> usize {
        self.max_capacity().saturating_sub(self.0.len())
    }

    /// How many messages the channel holds at most.
    pub fn max_capacity(&self) -> usize {
        self.0.capacity().unwrap_or(usize::MAX)
    }
}

impl<T> UnboundedSender<T> {
    /// Sends a message, at once.
    ///
    /// # Errors
    ///
    /// The message, if the receiver is gone or closed.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.0.try_send(message).map_err(|error| SendError(error.into_inner()))
    }
}

/// What both kinds of one side have.
macro_rules! both {
    (sender $name:ident, receiver $other:ident) => {
        impl<T> $name<T> {
            /// Whether the receiver is gone or closed.
            pub fn is_closed(&self) -> bool {
                self.0.is_closed()
            }

            /// Waits until the receiver is gone or closed. Cancel safe.
            pub async fn closed(&self) {
                self.0.closed().await;
            }

            /// Whether both send to the same receiver.
            pub fn same_channel(&self, other: &Self) -> bool {
                self.0.same_channel(&other.0)
            }
        }

        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                $name(self.0.clone())
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("closed", &self.is_closed()).finish_non_exhaustive()
            }
        }

        impl<T> $other<T> {
            /// The next message; `None` when all senders are gone, or the channel is closed, and nothing is left in it. Cancel safe.
            pub async fn recv(&mut self) -> Option<T> {
                self.0.recv().await.ok()
            }

            /// The next message, if it is there already. It does not wait.
            ///
            /// # Errors
            ///
            /// [`TryRecvError`]: none is there now, or none will ever be.
            pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
                self.0.try_recv().map_err(|error| match error {
                    async_channel::TryRecvError::Empty => TryRecvError::Empty,
                    async_channel::TryRecvError::Closed => TryRecvError::Disconnected,
                })
            }

            /// The next message, blocking the thread until it comes: for threads that run no loop, which it would stop.
            pub fn blocking_recv(&mut self) -> Option<T> {
                futures_lite::future::block_on(self.recv())
            }

            /// [`recv`](Self::recv), for futures that are written by hand.
            pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
                self.0.as_mut().poll_next(cx)
            }

            /// Takes no more messages; those sent already can be received.
            ///
            /// ```
            /// let (sender, mut receiver) = anyloop::sync::mpsc::unbounded_channel();
            /// sender.send(1).unwrap();
            /// receiver.close();
            /// assert!(sender.send(2).is_err());
            /// assert_eq!(receiver.blocking_recv(), Some(1));
            /// assert_eq!(receiver.blocking_recv(), None);
            /// ```
            pub fn close(&mut self) {
                self.0.close();
            }

            /// How many messages wait.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether none waits.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// Whether no more can be sent.
            pub fn is_closed(&self) -> bool {
                self.0.is_closed()
            }
        }

        impl<T> Stream for $other<T> {
            type Item = T;

            fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
                self.poll_recv(cx)
            }
        }

        impl<T> Drop for $other<T> {
            fn drop(&mut self) {
                // Nobody can receive what is left, and it may hold what others wait for.
                self.0.close();
                while self.0.try_recv().is_ok() {}
            }
        }

        impl<T> fmt::Debug for $other<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($other)).field("waiting", &self.len()).finish_non_exhaustive()
            }
        }
    };
}

both!(sender Sender, receiver Receiver);
both!(sender UnboundedSender, receiver UnboundedReceiver);

/// The receiver is gone or closed. The message is given back.
///
/// ```
/// let (sender, receiver) = anyloop::sync::mpsc::unbounded_channel();
/// drop(receiver);
/// assert_eq!(sender.send("kept").unwrap_err().0, "kept");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// A message could not be sent now. It is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// There is no room.
    Full(T),
    /// The receiver is gone or closed.
    Closed(T),
}

/// There is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryRecvError {
    /// None is there now.
    Empty,
    /// None will ever be there.
    Disconnected,
}

impl<T> TrySendError<T> {
    /// The message.
    pub fn into_inner(self) -> T {
        match self {
            TrySendError::Full(message) | TrySendError::Closed(message) => message,
        }
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel's receiver is gone or closed")
    }
}

impl<T> std::error::Error for SendError<T> {}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "Full(..)",
            TrySendError::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "the channel is full: use send().await to wait for room",
            TrySendError::Closed(_) => "the channel's receiver is gone or closed",
        })
    }
}

impl<T> std::error::Error for TrySendError<T> {}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryRecvError::Empty => "no message is there yet",
            TryRecvError::Disconnected => "no message will come: all senders are gone",
        })
    }
}

impl std::error::Error for TryRecvError {}

/// tokio's module of this name.
pub mod error {
    pub use super::{SendError, TryRecvError, TrySendError};
}
