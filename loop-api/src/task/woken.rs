//! Which of many futures were woken, so that only they are polled.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The members that were woken since they were polled last, in order, and who is to be told. Its
/// lock is held around nothing of others.
#[derive(Default)]
pub struct Woken(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    indices: VecDeque<usize>,
    waiting: Option<Waker>,
}

impl Woken {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next member to poll, if one was woken.
    pub fn try_next(&self) -> Option<usize> {
        self.lock().indices.pop_front()
    }

    /// The next member to poll; `None` if there is none, and then `waker` is woken with the next
    /// one.
    pub fn next(&self, waker: &Waker) -> Option<usize> {
        let mut own = None;
        loop {
            let mut queue = self.lock();
            if let Some(index) = queue.indices.pop_front() {
                // Before `own`, which is another's to drop.
                drop(queue);
                return Some(index);
            }
            if queue.waiting.as_ref().is_some_and(|waiting| waiting.will_wake(waker)) {
                return None;
            }
            match own.take() {
                Some(own) => {
                    let before = queue.waiting.replace(own);
                    drop(queue);
                    drop(before);
                    return None;
                }
                None => {
                    drop(queue);
                    own = Some(waker.clone());
                }
            }
        }
    }

    fn push(&self, index: usize) {
        let mut queue = self.lock();
        queue.indices.push_back(index);
        let waiting = queue.waiting.take();
        drop(queue);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

impl fmt::Debug for Woken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Woken").field("count", &self.lock().indices.len()).finish_non_exhaustive()
    }
}

/// The waker of one member.
#[derive(Debug)]
pub struct Member {
    index: usize,
    /// Whether it is in the queue, so that it is there once.
    queued: AtomicBool,
    set: Arc<Woken>,
}

impl Member {
    /// A member that is to be polled for the first time.
    pub fn new(index: usize, set: &Arc<Woken>) -> Arc<Member> {
        let member = Arc::new(Member { index, queued: AtomicBool::new(false), set: set.clone() });
        member.wake_by_ref();
        member
    }

    /// It was taken from the queue and is about to be polled: a wake during the poll counts.
    pub fn begin_poll(&self) {
        self.queued.store(false, Ordering::Release);
    }

    /// Whether it was woken since.
    pub fn is_woken(&self) -> bool {
        self.queued.load(Ordering::Acquire)
    }
}

impl Wake for Member {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.set.push(self.index);
        }
    }
}
