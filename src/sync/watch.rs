//! The latest value, for all who watch it.
//!
//! ```
//! # futures_lite::future::block_on(async {
//! let (sender, mut receiver) = anyloop::sync::watch::channel("old");
//! sender.send("new").unwrap();
//! receiver.changed().await.unwrap();
//! assert_eq!(*receiver.borrow_and_update(), "new");
//! # });
//! ```

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use event_listener::Event;

/// A channel that holds one value, the latest. The receiver has seen the first one.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let (sender, mut receiver) = anyloop::sync::watch::channel(0);
/// assert!(!receiver.has_changed().unwrap());
/// sender.send(1).unwrap();
/// sender.send(2).unwrap(); // whoever looks sees the latest only
/// receiver.changed().await.unwrap();
/// assert_eq!(*receiver.borrow(), 2);
/// drop(sender);
/// assert!(receiver.changed().await.is_err());
/// assert_eq!(*receiver.borrow(), 2); // it stays
/// # });
/// ```
pub fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        state: RwLock::new(State { value, version: 0, closed: false }),
        changed: Event::new(),
        unwatched: Event::new(),
        receivers: AtomicUsize::new(1),
        senders: AtomicUsize::new(1),
    });
    (Sender { shared: shared.clone() }, Receiver { shared, seen: 0 })
}

/// Sets the value.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// Watches the value. A clone has seen what this one has. Dropping the last one makes [`Sender::send`] fail and ends [`Sender::closed`].
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    seen: u64,
}

struct Shared<T> {
    state: RwLock<State<T>>,
    changed: Event,
    unwatched: Event,
    receivers: AtomicUsize,
    senders: AtomicUsize,
}

struct State<T> {
    value: T,
    version: u64,
    /// All senders are gone.
    closed: bool,
}

impl<T> Shared<T> {
    fn read(&self) -> RwLockReadGuard<'_, State<T>> {
        self.state.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, State<T>> {
        self.state.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<T> Sender<T> {
    /// Sets the value.
    ///
    /// # Errors
    ///
    /// The value, if nobody watches; [`send_replace`](Self::send_replace) sets it all the same.
    ///
    /// ```
    /// let (sender, receiver) = anyloop::sync::watch::channel(0);
    /// drop(receiver);
    /// assert_eq!(sender.send(1).unwrap_err().0, 1);
    /// assert_eq!(sender.send_replace(2), 0); // set all the same
    /// assert_eq!(*sender.borrow(), 2);
    /// ```
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.receiver_count() == 0 {
            return Err(SendError(value));
        }
        self.send_replace(value);
        Ok(())
    }

    /// Sets the value, and gives the one before.
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|old| std::mem::swap(old, &mut value));
        value
    }

    /// Changes the value in place.
    pub fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    /// Changes the value in place, and tells those who watch only if `modify` gives true, which this gives back.
    ///
    /// ```
    /// let (sender, receiver) = anyloop::sync::watch::channel(1);
    /// assert!(!sender.send_if_modified(|_| false));
    /// assert!(!receiver.has_changed().unwrap());
    /// sender.send_modify(|value| *value += 1);
    /// assert!(receiver.has_changed().unwrap());
    /// assert_eq!(*receiver.borrow(), 2);
    /// ```
    pub fn send_if_modified(&self, modify: impl FnOnce(&mut T) -> bool) -> bool {
        let mut state = self.shared.write();
        let modified = modify(&mut state.value);
        if modified {
            state.version = state.version.wrapping_add(1);
        }
        drop(state);
        if modified {
            self.shared.changed.notify(usize::MAX);
        }
        modified
    }

    /// The value. Those who set it wait while this is held: do not hold it over an `.await`.
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref { state: self.shared.read(), changed: false }
    }

    /// Another who watches, and has seen the value that is there now.
    ///
    /// ```
    /// let (sender, first) = anyloop::sync::watch::channel(1);
    /// let second = sender.subscribe();
    /// assert_eq!(sender.receiver_count(), 2);
    /// drop((first, second));
    /// assert!(sender.is_closed());
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        self.shared.receivers.fetch_add(1, Ordering::AcqRel);
        let seen = self.shared.read().version;
        Receiver { shared: self.shared.clone(), seen }
    }

    /// How many watch.
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers.load(Ordering::Acquire)
    }

    /// Whether nobody watches.
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
    }

    /// Waits until nobody watches. Cancel safe.
    pub async fn closed(&self) {
        while !self.is_closed() {
            let unwatched = self.shared.unwatched.listen();
            if !self.is_closed() {
                unwatched.await;
            }
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.fetch_add(1, Ordering::AcqRel);
        Sender { shared: self.shared.clone() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.write().closed = true;
            self.shared.changed.notify(usize::MAX);
        }
    }
}

impl<T> Receiver<T> {
    /// The value, which still counts as not seen if it was not. Those who set it wait while this is held: do not hold it over an `.await`.
    pub fn borrow(&self) -> Ref<'_, T> {
        let state = self.shared.read();
        let changed = state.version != self.seen;
        Ref { state, changed }
    }

    /// The value, which counts as seen from now on.
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let state = self.shared.read();
        let changed = state.version != self.seen;
        self.seen = state.version;
        Ref { state, changed }
    }

    /// Whether there is a value that was not seen.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if all senders are gone.
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let state = self.shared.read();
        if state.closed { Err(RecvError(())) } else { Ok(state.version != self.seen) }
    }

    /// Waits until there is a value that was not seen, and counts it as seen. Cancel safe.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if all senders are gone and the last value was seen.
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        loop {
            let listener = self.shared.changed.listen();
            {
                let state = self.shared.read();
                if state.version != self.seen {
                    self.seen = state.version;
                    return Ok(());
                }
                if state.closed {
                    return Err(RecvError(()));
                }
            }
            listener.await;
        }
    }

    /// Waits until the value is such that `wanted` gives true. Cancel safe.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if all senders are gone and the last value is not such.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (sender, mut receiver) = anyloop::sync::watch::channel(1);
    /// sender.send(5).unwrap();
    /// assert_eq!(*receiver.wait_for(|value| *value > 3).await.unwrap(), 5);
    /// drop(sender);
    /// assert!(receiver.wait_for(|value| *value > 9).await.is_err());
    /// # });
    /// ```
    pub async fn wait_for(&mut self, mut wanted: impl FnMut(&T) -> bool) -> Result<Ref<'_, T>, RecvError> {
        let Receiver { shared, seen } = self;
        let shared: &Shared<T> = shared;
        loop {
            let listener = shared.changed.listen();
            {
                let state = shared.read();
                let changed = std::mem::replace(seen, state.version) != state.version;
                if wanted(&state.value) {
                    return Ok(Ref { state, changed });
                }
                if state.closed {
                    return Err(RecvError(()));
                }
            }
            listener.await;
        }
    }

    /// The next [`changed`](Self::changed) is ready at once.
    ///
    /// ```
    /// let (_sender, mut receiver) = anyloop::sync::watch::channel(1);
    /// receiver.mark_changed();
    /// assert!(receiver.has_changed().unwrap());
    /// ```
    pub fn mark_changed(&mut self) {
        self.seen = self.shared.read().version.wrapping_sub(1);
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.shared.receivers.fetch_add(1, Ordering::AcqRel);
        Receiver { shared: self.shared.clone(), seen: self.seen }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if self.shared.receivers.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.unwatched.notify(usize::MAX);
        }
    }
}

/// The value, locked for reading.
#[must_use = "the value is locked for as long as this lives"]
pub struct Ref<'a, T> {
    state: RwLockReadGuard<'a, State<T>>,
    changed: bool,
}

impl<T> Ref<'_, T> {
    /// Whether the value was not seen by this receiver before.
    pub fn has_changed(&self) -> bool {
        self.changed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.state.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.value.fmt(f)
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("receivers", &self.receiver_count()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// Nobody watches. The value is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// All senders are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecvError(());

/// tokio's module of this name.
pub mod error {
    pub use super::{RecvError, SendError};
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody watches the value")
    }
}

impl<T> std::error::Error for SendError<T> {}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value will not change: all its senders are gone")
    }
}

impl std::error::Error for RecvError {}
