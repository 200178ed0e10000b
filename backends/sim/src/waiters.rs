//! Those who wait for one thing. One is the usual number, and takes no memory of its own.

use std::task::Waker;

use loop_toolkit::{drop_each, wake_each};

/// A waker, and the number of the future that waits: zero for a poll, which no future stands for.
pub(crate) type Waiter = (u64, Waker);

/// Wakers: of each future one, and of polls each once.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    first: Option<Waiter>,
    more: Vec<Waiter>,
}

impl Waiters {
    /// Adds one, or puts it in the place of the same future's; the waker that is not needed comes
    /// back, to be dropped without a lock.
    #[must_use = "it is dropped where no lock is held"]
    pub(crate) fn add(&mut self, (id, waker): Waiter) -> Option<Waker> {
        let known = |other: &&mut Waiter| other.0 == id && (id != 0 || other.1.will_wake(&waker));
        match self.first.iter_mut().chain(&mut self.more).find(known) {
            Some(other) => return Some(std::mem::replace(&mut other.1, waker)),
            None => self.keep((id, waker)),
        }
        None
    }

    /// Adds one.
    pub(crate) fn keep(&mut self, waiter: Waiter) {
        if self.first.is_none() { self.first = Some(waiter) } else { self.more.push(waiter) }
    }

    /// Takes that of a future out, to be dropped without a lock.
    #[must_use = "it is dropped where no lock is held"]
    pub(crate) fn remove(&mut self, id: u64) -> Option<Waker> {
        if self.first.as_ref().is_some_and(|first| first.0 == id) {
            let next = if self.more.is_empty() { None } else { Some(self.more.remove(0)) };
            return std::mem::replace(&mut self.first, next).map(|(_, waker)| waker);
        }
        let place = self.more.iter().position(|waiter| waiter.0 == id)?;
        Some(self.more.remove(place).1)
    }

    /// Moves them all to `to`.
    pub(crate) fn move_to(&mut self, to: &mut Waiters) {
        if let Some(waiter) = self.first.take() {
            to.keep(waiter);
            if !self.more.is_empty() {
                to.more.append(&mut self.more);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn into_wakers(self) -> impl Iterator<Item = Waker> {
        self.first.into_iter().chain(self.more).map(|(_, waker)| waker)
    }

    /// Wakes them all, whatever one of them does. To be called without a lock.
    pub(crate) fn wake(self) {
        if self.more.is_empty() {
            let mut first = self.first;
            return wake_each(|| first.take().map(|(_, waker)| waker));
        }
        let mut all = self.into_wakers();
        wake_each(|| all.next());
    }

    /// Drops them all, whatever one of them does. To be called without a lock.
    pub(crate) fn discard(self) {
        drop_each(self.into_wakers());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn futures_wait_by_number_and_polls_by_waker() {
        let waker = Waker::noop();
        let mut waiters = Waiters::default();
        assert!(waiters.add((0, waker.clone())).is_none());
        assert!(waiters.add((0, waker.clone())).is_some(), "each poll's waker once");
        assert!(waiters.add((7, waker.clone())).is_none() && waiters.add((8, waker.clone())).is_none());
        assert!(waiters.add((7, waker.clone())).is_some(), "each future once");
        assert!(waiters.remove(8).is_some() && waiters.remove(8).is_none());
        assert!(waiters.remove(0).is_some() && waiters.remove(7).is_some() && waiters.is_empty());
    }
}
