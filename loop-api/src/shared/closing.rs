//! Those who are told when a loop closes: they wait where the loop does not drop them, such as in a
//! `block_on` on another thread.

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use super::Shared;
use crate::error::{Closed, RunError};

/// The wakers of those who wait for the end of a loop.
#[derive(Default)]
pub(super) struct Closing {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    /// A list, so that it needs memory only when more wait than ever before.
    waiters: Vec<(u64, Waker)>,
}

/// The name of one who waits for the end of a loop; the default is that of one who does not yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndWaiter(u64);

impl EndWaiter {
    /// Zero for one who does not wait yet. For those who keep it in an atomic.
    pub fn to_bits(self) -> u64 {
        self.0
    }

    /// What [`to_bits`](Self::to_bits) gave.
    pub fn from_bits(bits: u64) -> EndWaiter {
        EndWaiter(bits)
    }
}

impl Closing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes them all, whatever one of the wakers does.
    pub(super) fn wake_all(&self) {
        let waiters = mem::take(&mut self.lock().waiters);
        for (_, waker) in waiters {
            // Its panic was told by the panic hook; the others are to be woken.
            mem::forget(catch_unwind(AssertUnwindSafe(|| waker.wake())));
        }
    }

    fn put(&self, waiter: &mut EndWaiter, waker: &Waker) {
        // Cloned and dropped without the lock: the waker may run any code in its clone and drop.
        let waker = waker.clone();
        let mut state = self.lock();
        let known = state.waiters.iter_mut().find(|(id, _)| *id == waiter.0);
        let displaced = match known {
            Some((_, old)) => Some(mem::replace(old, waker)),
            None => {
                state.last += 1;
                waiter.0 = state.last;
                state.waiters.push((waiter.0, waker));
                None
            }
        };
        drop(state);
        drop(displaced);
    }

    fn remove(&self, waiter: EndWaiter) {
        let mut state = self.lock();
        let place = state.waiters.iter().position(|(id, _)| *id == waiter.0);
        let left = place.map(|place| state.waiters.swap_remove(place));
        drop(state);
        drop(left);
    }
}

impl Shared {
    /// Has `waker` woken when the loop closes, in place of the waker that the waiter had before.
    /// For backends, and for who waits for something of a loop on a thread that is not the loop's.
    ///
    /// # Errors
    ///
    /// [`Closed`], if it has closed already.
    pub fn wait_for_end(&self, waiter: &mut EndWaiter, waker: &Waker) -> Result<(), Closed> {
        self.closing.put(waiter, waker);
        // Only now: who closes it after this look finds the waker.
        if self.is_closed() { Err(Closed) } else { Ok(()) }
    }

    /// Forgets a waiter.
    pub fn leave_end(&self, waiter: EndWaiter) {
        if waiter != EndWaiter::default() {
            self.closing.remove(waiter);
        }
    }

    /// `future`, or [`RunError::Closed`] if the loop closes before it is done: what a
    /// `Handle::try_block_on` waits for. When the loop closes, the future is polled once more.
    pub async fn until_closed<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        let mut future = pin!(future);
        let mut leaves = Leaves { shared: self, waiter: EndWaiter::default(), waker: None };
        poll_fn(|cx| {
            let known = leaves.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
            if !known {
                // Closed already, it still gets its poll.
                let _ = self.wait_for_end(&mut leaves.waiter, cx.waker());
                leaves.waker = Some(cx.waker().clone());
            }
            match future.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready(Ok(output)),
                Poll::Pending if self.is_closed() => Poll::Ready(Err(RunError::Closed)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

/// Forgets a waiter in the end.
struct Leaves<'a> {
    shared: &'a Shared,
    waiter: EndWaiter,
    waker: Option<Waker>,
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.shared.leave_end(self.waiter);
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing").field("waiters", &self.lock().waiters.len()).finish()
    }
}
