//! Those who wait for one direction of one source.

use std::mem;
use std::task::Waker;

use loop_toolkit::wake_each;

/// So many callers of `poll_io` are remembered at once; one more, and the one that waits longest is woken to ask again.
const CALLERS: usize = 64;

/// The name of a waiter that is remembered until it leaves; zero is for those who have none and are told apart by their wakers.
pub(crate) type WaiterId = u64;

/// A list of wakers. Nothing here clones, wakes or drops one: that is for when the list's lock is free.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    /// Nearly always there is one; only the others need memory. Without it there are no others.
    first: Option<(WaiterId, Waker)>,
    others: Vec<(WaiterId, Waker)>,
    last_id: WaiterId,
}

/// A waker that is not in the list.
pub(crate) enum Spare {
    /// The list has one like it.
    Known(Waker),
    /// It made room for another.
    Crowded(Waker),
}

impl Spare {
    /// Does with it what is to be done.
    pub(crate) fn settle(self) {
        match self {
            Spare::Known(waker) => drop(waker),
            Spare::Crowded(waker) => {
                // Its panic is not for the caller, who waits for something else.
                let mut waker = Some(waker);
                wake_each(|| waker.take());
            }
        }
    }
}

impl Waiters {
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn all(&mut self) -> impl Iterator<Item = &mut (WaiterId, Waker)> {
        self.first.iter_mut().chain(&mut self.others)
    }

    fn push(&mut self, id: WaiterId, waker: Waker) {
        if self.first.is_none() {
            self.first = Some((id, waker));
        } else {
            self.others.push((id, waker));
        }
    }

    /// Takes the waker of a waiter that may have a name already; if not, it gets one. Gives back the waker that it had.
    pub(crate) fn put(&mut self, id: &mut WaiterId, waker: Waker) -> Option<Waker> {
        if *id == 0 {
            self.last_id += 1;
            *id = self.last_id;
        } else if let Some((_, old)) = self.all().find(|(other, _)| other == id) {
            return Some(mem::replace(old, waker));
        }
        self.push(*id, waker);
        None
    }

    /// Takes the waker of somebody without a name, if nobody waits.
    #[inline]
    pub(crate) fn put_first(&mut self, waker: Waker) -> Result<(), Waker> {
        if self.first.is_some() {
            return Err(waker);
        }
        self.first = Some((0, waker));
        Ok(())
    }

    /// Takes the waker of somebody without a name.
    pub(crate) fn put_unnamed(&mut self, waker: Waker) -> Option<Spare> {
        if self.all().any(|(id, old)| *id == 0 && old.will_wake(&waker)) {
            return Some(Spare::Known(waker));
        }
        let crowded =
            self.others.len() >= CALLERS && self.others.iter().filter(|(id, _)| *id == 0).count() >= CALLERS;
        let oldest = crowded.then(|| self.others.iter().position(|(id, _)| *id == 0)).flatten();
        let oldest = oldest.map(|place| self.others.remove(place).1);
        self.push(0, waker);
        oldest.map(Spare::Crowded)
    }

    pub(crate) fn remove(&mut self, id: WaiterId) -> Option<Waker> {
        if self.first.as_ref().is_some_and(|(first, _)| *first == id) {
            let next = self.others.pop();
            return mem::replace(&mut self.first, next).map(|(_, waker)| waker);
        }
        let place = self.others.iter().position(|(other, _)| *other == id)?;
        Some(self.others.remove(place).1)
    }

    /// Takes the first. If there are others, the caller takes them, too.
    #[inline]
    pub(crate) fn take_first(&mut self) -> Option<Waker> {
        self.first.take().map(|(_, waker)| waker)
    }

    #[inline]
    pub(crate) fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    #[cold]
    pub(crate) fn take_others(&mut self, wake: &mut Vec<Waker>) {
        wake.extend(self.others.drain(..).map(|(_, waker)| waker));
    }
}
