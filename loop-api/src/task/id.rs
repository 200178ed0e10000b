//! Which task is which.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::coop;

/// What tells the task that a runtime with numbers of its own polls on this thread.
static FOREIGN: OnceLock<fn() -> Option<Id>> = OnceLock::new();

/// Tells a task, or a blocking job, from all others of the process, of whatever loop. It says
/// nothing about the order in which tasks were spawned.
///
/// It is not used again while the task runs or a handle of it is left; in practice never.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Id(NonZeroU64);

/// The lowest bit of an id says whether it is a foreign runtime's own. Above it stand, of the
/// others, a number within a set of tasks and then the set's.
const IN_SET: u32 = 40;

impl Id {
    /// One that was not there before, for a task that is in no set.
    pub fn next() -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Id::in_set(0, NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Of a task of a set of tasks: the set's number, of 23 bits, and the task's in it, of 40 bits,
    /// not both zero. For backends.
    #[doc(hidden)]
    #[inline]
    pub fn in_set(set: u64, number: u64) -> Id {
        Id::from_bits(set << (IN_SET + 1) | number << 1)
    }

    /// The number of the set that is in the bits of an id.
    #[doc(hidden)]
    #[inline]
    pub fn set_of(bits: u64) -> u64 {
        bits >> (IN_SET + 1)
    }

    /// The bits of the next id of a set.
    #[doc(hidden)]
    #[inline]
    pub fn next_in_set(bits: u64) -> u64 {
        let next = bits + 2;
        if next & ((1 << (IN_SET + 1)) - 1) == 0 {
            (next - 2) >> (IN_SET + 1) << (IN_SET + 1) | 2
        } else {
            next
        }
    }

    /// A foreign runtime's own, by the [`number_of`](crate::context::number_of) it.
    #[doc(hidden)]
    #[inline]
    pub fn foreign(number: u64) -> Id {
        Id::from_bits(number << 1 | 1)
    }

    #[doc(hidden)]
    #[inline]
    pub fn from_bits(bits: u64) -> Id {
        Id(NonZeroU64::new(bits).unwrap_or(NonZeroU64::MAX))
    }

    #[doc(hidden)]
    #[inline]
    pub fn bits(self) -> u64 {
        self.0.get()
    }

    /// This is the current task's, until the guard is dropped: for backends, around the poll of the
    /// task and the drop of its future and output.
    #[inline]
    pub fn enter(self) -> EnteredTask {
        EnteredTask { before: coop::replace_task(self.bits()), not_send: PhantomData }
    }

    /// As [`coop::begin_poll`], for the poll of a task, by the bits of its id.
    #[doc(hidden)]
    #[inline]
    pub fn begin_poll(bits: u64) {
        coop::begin_task(bits);
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What [`Id::enter`] gives.
#[derive(Debug)]
#[must_use = "the task is the current one only while this lives"]
pub struct EnteredTask {
    before: u64,
    not_send: PhantomData<*const ()>,
}

impl Drop for EnteredTask {
    #[inline]
    fn drop(&mut self) {
        coop::replace_task(self.before);
    }
}

/// The task, or blocking job, that calls this.
///
/// # Panics
///
/// Outside of a task, as in the future of `block_on`; [`try_id`] does not.
///
/// ```
/// use loop_api::{Handle, task::{self, Task}};
///
/// async fn example<H: Handle>(handle: H) {
///     let task = handle.spawn(async { task::id() });
///     let id = task.id();
///     assert_eq!(task.await.unwrap(), id);
/// }
/// ```
#[track_caller]
pub fn id() -> Id {
    match try_id() {
        Some(id) => id,
        None => panic!("this is not in a task, and so has no task id: ask try_id()"),
    }
}

/// As [`id`]; `None` outside of a task.
///
/// ```
/// assert_eq!(loop_api::task::try_id(), None);
/// ```
#[inline]
pub fn try_id() -> Option<Id> {
    NonZeroU64::new(coop::current_task()).map(Id).or_else(|| FOREIGN.get()?())
}

/// Names what tells the task that is current in a runtime which does not [`enter`](Id::enter) its
/// tasks: for a backend. Once a process.
#[doc(hidden)]
pub fn set_foreign_id(current: fn() -> Option<Id>) {
    let _once = FOREIGN.set(current);
}

#[cfg(all(test, not(anyloop_loom)))]
mod tests {
    use super::*;

    #[test]
    fn ids_of_different_origins_differ() {
        let ids = [Id::next(), Id::next(), Id::in_set(1, 1), Id::in_set(2, 1), Id::in_set(1, 2)];
        for (at, id) in ids.iter().enumerate() {
            assert!(ids[at + 1..].iter().all(|other| other != id), "{ids:?}");
            assert_ne!(*id, Id::foreign(id.bits() >> 1));
        }
        assert_eq!(Id::set_of(Id::in_set(7, 5).bits()), 7);
        assert_eq!(Id::next_in_set(Id::in_set(7, 5).bits()), Id::in_set(7, 6).bits());
        let last = Id::in_set(7, (1 << IN_SET) - 1);
        assert_eq!(Id::next_in_set(last.bits()), Id::in_set(7, 1).bits(), "they begin again");
    }

    #[test]
    fn the_innermost_task_is_the_current_one() {
        let (outer, inner) = (Id::next(), Id::next());
        let entered = outer.enter();
        assert_eq!(try_id(), Some(outer));
        {
            let _entered = inner.enter();
            assert_eq!(id(), inner);
        }
        assert_eq!(id(), outer);
        drop(entered);
        assert_eq!(try_id(), None);
    }
}
