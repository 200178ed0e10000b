//! The list of an executor's live tasks.
#![allow(unsafe_code)]

use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use super::header::{self, Header, Links};
use loop_api::loom_shim::{Mutex, MutexGuard};
use loop_api::task::Id;

/// The live tasks of one executor. It is what lets a loop that closes drop all its futures, and
/// tell whether there are any.
///
/// The list runs through the tasks themselves, so it takes no memory of its own. Dropping the set
/// closes it.
pub struct TaskSet {
    /// In the id of every task of this set. Of 23 bits: after as many sets it is used again.
    number: u64,
    list: Mutex<List>,
}

pub(super) struct List {
    head: Option<NonNull<Header>>,
    len: usize,
    /// The bits of the next task's id.
    next_id: u64,
    pub(super) closed: bool,
}

// SAFETY: the list holds a counted reference to each task in it. Of a task's fields it touches only
// the links, which no thread touches without the lock of this list.
unsafe impl Send for List {}

impl TaskSet {
    /// An empty, open set.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        TaskSet::numbered(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// As [`new`](Self::new), with a number that is part of its tasks' ids: where these are to be the same
    /// in each run. Of numbers that differ by 2^23 - 1 the ids are the same.
    pub fn numbered(number: u64) -> Self {
        // Zero is for tasks that are in no set.
        let number = (number % ((1 << 23) - 1)) + 1;
        TaskSet {
            number,
            list: Mutex::new(List {
                head: None,
                len: 0,
                next_id: Id::in_set(number, 1).bits(),
                closed: false,
            }),
        }
    }

    /// Closes the set, and asks every task in it to end. The futures are dropped here, on the
    /// calling thread; but one that is being polled right now, by another thread or by a caller of
    /// this one, is dropped when that poll ends. Idempotent.
    pub fn close(&self) {
        let mut list = self.lock();
        list.closed = true;
        // One at a time and without the lock: the drop of a future may wake, abort and spawn.
        while let Some(task) = list.pop() {
            drop(list);
            // SAFETY: the list's reference is ours now. The contract of spawn_unchecked has this
            // called on the right thread.
            unsafe { header::shut(task) };
            list = self.lock();
        }
    }

    /// Refuses new tasks, as a closed set does; those that are there stay until it is closed.
    pub fn refuse(&self) {
        self.lock().closed = true;
    }

    /// Whether [`close`](Self::close) or [`refuse`](Self::refuse) was called.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// The number of tasks that are not done. A task counts until its future is gone.
    pub fn len(&self) -> usize {
        self.lock().len
    }

    /// Whether every task is done.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where each task was spawned that is not done, in the order in which they were.
    pub fn spawned_at(&self) -> Vec<&'static Location<'static>> {
        let list = self.lock();
        let (mut places, mut next) = (Vec::with_capacity(list.len), list.head);
        while let Some(task) = next {
            // SAFETY: tasks in the list are alive, and links are touched under its lock only.
            unsafe {
                places.push((task.as_ref().vtable.location)(task));
                next = task.as_ref().links.with_mut(|links| (*links).next);
            }
        }
        places.reverse();
        places
    }

    /// Takes a task out. If true, it was there, and the list's reference is the caller's.
    ///
    /// # Safety
    ///
    /// The task must be alive.
    pub(super) unsafe fn remove(&self, task: NonNull<Header>) -> bool {
        // A schedule that gives a foreign set is a mistake, but must not lead to two locks over the
        // same links: the task stays where it is, and its own set lets it go when it closes.
        // SAFETY: alive by contract.
        if Id::set_of(unsafe { task.as_ref() }.id_bits()) != self.number {
            debug_assert!(false, "Schedule::tasks gave another set than the one the task was spawned on");
            return false;
        }
        // SAFETY: it is in this list or in none.
        unsafe { self.lock().remove(task) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl List {
    /// # Safety
    ///
    /// The task must be alive and in no list; the list gets one of its references.
    #[inline]
    pub(super) unsafe fn push(&mut self, task: NonNull<Header>) {
        // SAFETY: tasks in a list are alive, and links are touched under its lock only, which `&mut
        // self` shows.
        unsafe {
            task.as_ref().set_id_bits(self.next_id);
            task.as_ref().links.with_mut(|links| (*links).next = self.head);
            if let Some(head) = self.head {
                head.as_ref().links.with_mut(|links| (*links).previous = Some(task));
            }
        }
        self.head = Some(task);
        self.len += 1;
        self.next_id = Id::next_in_set(self.next_id);
    }

    fn pop(&mut self) -> Option<NonNull<Header>> {
        let head = self.head?;
        // SAFETY: it is in this list.
        unsafe { self.remove(head) };
        Some(head)
    }

    /// # Safety
    ///
    /// The task must be alive, and in this list or in none.
    unsafe fn remove(&mut self, task: NonNull<Header>) -> bool {
        // SAFETY: as in `push`; the neighbours of a task in a list are in that list.
        unsafe {
            let Links { next, previous } = task.as_ref().links.with_mut(|links| std::mem::take(&mut *links));
            match previous {
                Some(previous) => previous.as_ref().links.with_mut(|links| (*links).next = next),
                None if self.head == Some(task) => self.head = next,
                None => return false,
            }
            if let Some(next) = next {
                next.as_ref().links.with_mut(|links| (*links).previous = previous);
            }
        }
        self.len -= 1;
        true
    }
}

impl Default for TaskSet {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TaskSet {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for TaskSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = self.lock();
        f.debug_struct("TaskSet")
            .field("len", &list.len)
            .field("closed", &list.closed)
            .finish_non_exhaustive()
    }
}
