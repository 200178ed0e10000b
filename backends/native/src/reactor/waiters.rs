//! The waiters of one direction of one source.

use std::mem;
use std::task::Waker;

use loop_toolkit::wake_each;

/// How many callers of `poll_io` are remembered at once; one more, and the one that waits longest
/// is woken to ask again.
const CALLERS: usize = 64;

/// The name of a waiter that is remembered until it leaves; zero is for callers without a name,
/// which are told apart by their wakers.
pub(crate) type WaiterId = u64;

/// A list of wakers. Nothing here clones, wakes or drops one: that is for when the list's lock is
/// free.
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
    /// It was taken out for another.
    Crowded(Waker),
}

impl Spare {
    /// Does with it what is to be done.
    pub(crate) fn settle(self) {
        match self {
            Spare::Known(waker) => drop(waker),
            Spare::Crowded(waker) => {
                // Its panic is not for the caller, which waits for something else.
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

    /// Takes the waker of a waiter that may have a name already; if not, it gets one. Gives back
    /// the waker that it had.
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

    /// Takes the waker of a caller without a name, if there is no waiter.
    #[inline]
    pub(crate) fn put_first(&mut self, waker: Waker) -> Result<(), Waker> {
        if self.first.is_some() {
            return Err(waker);
        }
        self.first = Some((0, waker));
        Ok(())
    }

    /// Takes the waker of a caller without a name.
    pub(crate) fn put_unnamed(&mut self, waker: Waker) -> Option<Spare> {
        if self.all().any(|(id, old)| *id == 0 && old.will_wake(&waker)) {
            return Some(Spare::Known(waker));
        }
        let crowded =
            self.others.len() >= CALLERS && self.others.iter().filter(|(id, _)| *id == 0).count() >= CALLERS;
        let oldest = crowded.then(|| self.others.iter().position(|(id, _)| *id == 0)).flatten();
        let oldest = oldest.map(|index| self.others.remove(index).1);
        self.push(0, waker);
        oldest.map(Spare::Crowded)
    }

    pub(crate) fn remove(&mut self, id: WaiterId) -> Option<Waker> {
        if self.first.as_ref().is_some_and(|(first, _)| *first == id) {
            let next = self.others.pop();
            return mem::replace(&mut self.first, next).map(|(_, waker)| waker);
        }
        let index = self.others.iter().position(|(other, _)| *other == id)?;
        Some(self.others.remove(index).1)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    struct Nothing;

    impl Wake for Nothing {
        fn wake(self: Arc<Self>) {}
    }

    fn waker() -> Waker {
        Waker::from(Arc::new(Nothing))
    }

    /// All that wait, in their order.
    fn taken(waiters: &mut Waiters) -> Vec<Waker> {
        let mut all: Vec<_> = waiters.take_first().into_iter().collect();
        waiters.take_others(&mut all);
        assert!(waiters.is_empty() && !waiters.has_others());
        all
    }

    fn same(one: &[Waker], other: &[&Waker]) -> bool {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.will_wake(other))
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "Miri gives a vtable many addresses, so that will_wake denies what is the same"
    )]
    fn one_with_a_name_keeps_its_place_and_changes_its_waker() {
        let (mut waiters, wakers) = (Waiters::default(), [waker(), waker(), waker()]);
        let (mut first, mut second) = (0, 0);
        assert!(waiters.is_empty());
        assert!(waiters.put(&mut first, wakers[0].clone()).is_none());
        assert!(waiters.put(&mut second, wakers[1].clone()).is_none());
        assert!(first != 0 && second != 0 && first != second);
        let displaced = waiters.put(&mut first, wakers[2].clone());
        assert!(displaced.is_some_and(|displaced| displaced.will_wake(&wakers[0])));
        assert!(waiters.has_others());
        assert!(same(&taken(&mut waiters), &[&wakers[2], &wakers[1]]));
        // Its name stays good.
        assert!(waiters.put(&mut first, wakers[0].clone()).is_none());
        assert!(waiters.remove(second).is_none());
        assert!(waiters.remove(first).is_some_and(|left| left.will_wake(&wakers[0])));
        assert!(waiters.is_empty());
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "Miri gives a vtable many addresses, so that will_wake denies what is the same"
    )]
    fn whichever_leaves_the_others_stay() {
        for leaves in 0..3 {
            let (mut waiters, wakers, mut ids) = (Waiters::default(), [waker(), waker(), waker()], [0; 3]);
            for (id, waker) in ids.iter_mut().zip(&wakers) {
                waiters.put(id, waker.clone());
            }
            assert!(waiters.remove(ids[leaves]).is_some_and(|left| left.will_wake(&wakers[leaves])));
            assert!(waiters.remove(ids[leaves]).is_none());
            let stay = taken(&mut waiters);
            assert_eq!(stay.len(), 2);
            for (number, waker) in wakers.iter().enumerate() {
                assert_eq!(stay.iter().any(|stays| stays.will_wake(waker)), number != leaves);
            }
        }
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "Miri gives a vtable many addresses, so that will_wake denies what is the same"
    )]
    fn those_without_names_are_told_apart_by_their_wakers_and_the_oldest_is_taken_out() {
        let (mut waiters, mut named) = (Waiters::default(), 0);
        assert!(waiters.put_first(waker()).is_ok());
        assert!(waiters.put_first(waker()).is_err());
        waiters.put(&mut named, waker());
        let callers: Vec<_> = (0..CALLERS).map(|_| waker()).collect();
        for caller in &callers {
            assert!(waiters.put_unnamed(caller.clone()).is_none(), "the list is not full");
        }
        assert!(matches!(waiters.put_unnamed(callers[7].clone()), Some(Spare::Known(_))));
        let Some(Spare::Crowded(oldest)) = waiters.put_unnamed(waker()) else {
            panic!("the list is full, and takes none out")
        };
        assert!(oldest.will_wake(&callers[0]));
        assert_eq!(taken(&mut waiters).len(), CALLERS + 2);
        // Of one without a name nothing is known by the name of another.
        assert!(waiters.put_unnamed(callers[0].clone()).is_none());
        assert!(waiters.put(&mut named, waker()).is_none());
        assert_eq!(taken(&mut waiters).len(), 2);
    }
}
