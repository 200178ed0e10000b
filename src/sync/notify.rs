//! A signal without a value.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

/// Wakes one task that waits, or the next that will, or all that wait now.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let notify = anyloop::sync::Notify::new();
/// notify.notify_one(); // Nobody waits: it is kept for the next.
/// notify.notified().await;
/// # });
/// ```
#[derive(Default)]
pub struct Notify(Mutex<State>);

#[derive(Default)]
struct State {
    /// A `notify_one` that found nobody waiting.
    permit: bool,
    next: u64,
    /// How often `notify_waiters` was called.
    calls: u64,
    /// Those that wait, oldest first.
    waiting: BTreeMap<u64, Waiter>,
}

enum Waiter {
    Waiting(Waker),
    /// It was told by `notify_one`, and must pass that on if it does not take it.
    Told,
}

impl Notify {
    /// Nobody waits, and nothing is kept.
    pub const fn new() -> Notify {
        Notify(Mutex::new(State { permit: false, next: 0, calls: 0, waiting: BTreeMap::new() }))
    }

    /// Waits for one [`notify_one`](Self::notify_one), or for a [`notify_waiters`](Self::notify_waiters) that is called from now on.
    ///
    /// Cancel safe: a `notify_one` that reached a dropped future is passed on.
    pub fn notified(&self) -> Notified<'_> {
        let calls = self.lock().calls;
        Notified { notify: self, calls, place: Place::New }
    }

    /// Wakes the task that has waited longest; if none waits, the next that does goes on at once. That is kept once, however often it
    /// is called.
    pub fn notify_one(&self) {
        let waker = self.lock().tell_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Wakes all tasks that wait now, and keeps nothing for later ones. A [`Notified`] that was made before counts as waiting.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let notify = anyloop::sync::Notify::new();
    /// let (first, second) = (notify.notified(), notify.notified());
    /// notify.notify_waiters();
    /// anyloop::join!(first, second);
    /// let mut late = std::pin::pin!(notify.notified());
    /// assert!(!late.as_mut().enable());
    /// # });
    /// ```
    pub fn notify_waiters(&self) {
        let mut state = self.lock();
        state.calls = state.calls.wrapping_add(1);
        let mut wakers = Vec::new();
        state.waiting.retain(|_, waiter| match mem::replace(waiter, Waiter::Told) {
            Waiter::Waiting(waker) => {
                wakers.push(waker);
                false
            }
            Waiter::Told => true,
        });
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    /// Tells the oldest that waits, and gives its waker; keeps it if none does.
    fn tell_one(&mut self) -> Option<Waker> {
        for waiter in self.waiting.values_mut() {
            if let Waiter::Waiting(waker) = mem::replace(waiter, Waiter::Told) {
                return Some(waker);
            }
        }
        self.permit = true;
        None
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").field("waiting", &self.lock().waiting.len()).finish_non_exhaustive()
    }
}

/// What [`Notify::notified`] gives. Dropping it passes on a `notify_one` that had reached it.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Notified<'a> {
    notify: &'a Notify,
    /// What [`State::calls`] was when this began to count.
    calls: u64,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    New,
    Waiting(u64),
    Done,
}

impl Notified<'_> {
    /// Takes its place in the row now, as if it had been polled; true if it is done already.
    ///
    /// ```
    /// let notify = anyloop::sync::Notify::new();
    /// let mut notified = std::pin::pin!(notify.notified());
    /// assert!(!notified.as_mut().enable()); // from now on it is first in the row
    /// notify.notify_one();
    /// assert!(notified.as_mut().enable());
    /// ```
    pub fn enable(mut self: Pin<&mut Self>) -> bool {
        self.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.notify.lock();
        let called = state.calls != self.calls;
        let place = match self.place {
            Place::Done => return Poll::Ready(()),
            Place::New if called || mem::take(&mut state.permit) => Place::Done,
            Place::New => {
                let id = state.next;
                state.next += 1;
                state.waiting.insert(id, Waiter::Waiting(cx.waker().clone()));
                Place::Waiting(id)
            }
            Place::Waiting(id) => match state.waiting.get_mut(&id) {
                Some(Waiter::Waiting(waker)) => {
                    waker.clone_from(cx.waker());
                    Place::Waiting(id)
                }
                // Told by notify_one, or taken out by notify_waiters.
                _ => {
                    state.waiting.remove(&id);
                    Place::Done
                }
            },
        };
        drop(state);
        self.place = place;
        if matches!(place, Place::Done) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Notified<'_> {
    fn drop(&mut self) {
        let Place::Waiting(id) = self.place else { return };
        let mut state = self.notify.lock();
        if let Some(Waiter::Told) = state.waiting.remove(&id) {
            let waker = state.tell_one();
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_lite::future::{block_on, poll_once};

    use super::Notify;

    #[test]
    fn what_a_dropped_waiter_was_told_is_passed_on() {
        block_on(async {
            let notify = Notify::new();
            let mut second = pin!(notify.notified());
            {
                let mut first = pin!(notify.notified());
                assert!(poll_once(&mut first).await.is_none());
                assert!(poll_once(&mut second).await.is_none());
                notify.notify_one();
                assert!(poll_once(&mut second).await.is_none());
            }
            assert!(poll_once(&mut second).await.is_some());
        });
    }

    #[test]
    fn all_that_wait_are_woken_and_nothing_is_kept() {
        block_on(async {
            let notify = Notify::new();
            let mut waiting = pin!(notify.notified());
            assert!(poll_once(&mut waiting).await.is_none());
            let mut unpolled = pin!(notify.notified());
            notify.notify_waiters();
            assert!(poll_once(&mut waiting).await.is_some());
            assert!(poll_once(&mut unpolled).await.is_some());
            assert!(poll_once(notify.notified()).await.is_none());
        });
    }

    #[test]
    fn one_is_kept_once() {
        block_on(async {
            let notify = Notify::new();
            notify.notify_one();
            notify.notify_one();
            assert!(poll_once(notify.notified()).await.is_some());
            assert!(poll_once(notify.notified()).await.is_none());
        });
    }
}
