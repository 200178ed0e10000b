//! Many futures polled as one, each only when it was woken itself.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Futures under one roof. A wake-up reaches the one it is for, so that n of them cost n polls, not n squared.
pub(crate) struct Children<F> {
    /// By index; `None` once done.
    slots: Vec<Option<Slot<F>>>,
    left: usize,
    ready: Arc<Ready>,
}

type Slot<F> = (Pin<Box<F>>, Arc<Child>);

/// Which children have been woken, and who is to be told.
#[derive(Default)]
struct Ready(Mutex<(VecDeque<usize>, Option<Waker>)>);

impl Ready {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<usize>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, index: usize) {
        let parent = {
            let mut ready = self.lock();
            ready.0.push_back(index);
            ready.1.take()
        };
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

struct Child {
    index: usize,
    /// Whether it is in the queue, so that it is there once.
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl Wake for Child {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.ready.push(self.index);
        }
    }
}

impl<F: Future> Children<F> {
    pub(crate) fn new() -> Self {
        Children { slots: Vec::new(), left: 0, ready: Arc::default() }
    }

    /// Adds one, to be polled with the next `poll_next`, and gives its index.
    pub(crate) fn push(&mut self, future: F) -> usize {
        let index = self.slots.len();
        let child = Arc::new(Child { index, queued: AtomicBool::new(true), ready: Arc::clone(&self.ready) });
        self.slots.push(Some((Box::pin(future), child)));
        self.left += 1;
        self.ready.push(index);
        index
    }

    /// How many there have ever been.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many are not done.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// The next that is done, with its index; `None` when none is left.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        // A child that wakes itself again and again must not keep the task for ever.
        let mut budget = self.left + 1;
        while self.left > 0 {
            let index = {
                let mut ready = self.ready.lock();
                let Some(index) = ready.0.pop_front() else {
                    ready.1 = Some(cx.waker().clone());
                    return Poll::Pending;
                };
                index
            };
            let Some((future, child)) = &mut self.slots[index] else { continue };
            // Before the poll: a wake during it must count.
            child.queued.store(false, Ordering::Release);
            let waker = Waker::from(Arc::clone(child));
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                self.slots[index] = None;
                self.left -= 1;
                return Poll::Ready(Some((index, output)));
            }
            budget -= 1;
            if budget == 0 {
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
