//! Many futures polled as one, each only when it was woken itself.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::woken::{Member, Woken};
use crate::coop;

/// Futures that are polled together. A wake-up reaches the one it is for, so that n of them cost n
/// polls, not n squared.
pub(crate) struct Children<F> {
    /// By index; `None` once done.
    slots: Vec<Option<Slot<F>>>,
    /// Of those, what may be taken again.
    vacant: Vec<usize>,
    left: usize,
    woken: Arc<Woken>,
    gave_way: bool,
}

type Slot<F> = (Pin<Box<F>>, Arc<Member>);

impl<F: Future> Children<F> {
    pub(crate) fn new() -> Self {
        Children { slots: Vec::new(), vacant: Vec::new(), left: 0, woken: Arc::default(), gave_way: false }
    }

    /// Adds one, to be polled with the next `poll_next`, and gives its index.
    pub(crate) fn push(&mut self, future: F) -> usize {
        let index = self.slots.len();
        self.slots.push(Some((Box::pin(future), Member::new(index, &self.woken))));
        self.left += 1;
        index
    }

    /// As `push`, in the place of one that is done, if one was vacated.
    pub(crate) fn push_in_vacant(&mut self, future: F) -> usize {
        let Some(index) = self.vacant.pop() else { return self.push(future) };
        self.slots[index] = Some((Box::pin(future), Member::new(index, &self.woken)));
        self.left += 1;
        index
    }

    /// Lets the place of one that is done be taken by another. A late wake of the one before costs
    /// that a poll in vain.
    pub(crate) fn vacate(&mut self, index: usize) {
        debug_assert!(self.slots[index].is_none(), "its child is not done");
        self.vacant.push(index);
    }

    /// Those that are not done.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &F> {
        self.slots.iter().flatten().map(|(future, _)| &**future)
    }

    /// How many places there are: how many have ever been, but for those that took the place of
    /// another.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many are not done.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Whether the last `poll_next` was pending to let others go first: it may be that more are
    /// done.
    pub(crate) fn gave_way(&self) -> bool {
        self.gave_way
    }

    /// The next that is done, with its index; `None` when none is left.
    ///
    /// It gives way, woken, after a child that woke itself: it has used up the budget of this poll,
    /// or wants others to run. The rest are asked in the next poll, so that none of them is asked
    /// in vain, nor one of them forever.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        self.gave_way = false;
        // Children that wake each other must not keep the task forever either.
        let mut polls = self.left + 1;
        while self.left > 0 {
            let Some(index) = self.woken.next(cx.waker()) else { return Poll::Pending };
            let Some((future, member)) = &mut self.slots[index] else { continue };
            member.begin_poll();
            let waker = Waker::from(Arc::clone(member));
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                self.slots[index] = None;
                self.left -= 1;
                return Poll::Ready(Some((index, output)));
            }
            polls -= 1;
            if polls == 0 || member.is_woken() || coop::is_spent() {
                // A runtime may keep the wake of what it refused until this poll is over.
                member.wake_by_ref();
                self.gave_way = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        Poll::Ready(None)
    }
}

impl<F: Unpin> Children<F> {
    /// Those that are not done, with their indices.
    pub(crate) fn into_left(self) -> impl Iterator<Item = (usize, F)> {
        let left = self.slots.into_iter().enumerate();
        left.filter_map(|(index, slot)| slot.map(|(future, _)| (index, *Pin::into_inner(future))))
    }
}

impl<F: Future> Extend<F> for Children<F> {
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        for future in futures {
            self.push(future);
        }
    }
}

impl<F: Future> FromIterator<F> for Children<F> {
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut children = Children::new();
        children.extend(futures);
        children
    }
}

impl<F> fmt::Debug for Children<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Children").field("all", &self.slots.len()).field("left", &self.left).finish()
    }
}
