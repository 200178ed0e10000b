//! Which of the loops that a thread is in was entered last.
//!
//! Each backend keeps its current handle in a slot of its own. Where loops of several backends nest
//! on a thread, this one record tells which of those is meant. It also keeps what foreign runtime
//! was current when the loop was entered, for a runtime that is entered inside the loop, and which
//! the loop's own record cannot know.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::shared::Shared;

/// It is not known which foreign runtime was current.
const UNKNOWN: u64 = u64::MAX;

/// The loop that a thread entered last, told by the address of its [`Shared`], which lives for as
/// long as the loop is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Innermost {
    /// Zero for none.
    shared: usize,
    foreign: u64,
}

/// What the thread keeps. The guard's number stands apart, so that what is handed around for each
/// call fits in two registers.
#[derive(Clone, Copy, Debug)]
struct Record {
    here: Innermost,
    /// Which guard of the thread made it; zero for a run.
    guard: u64,
}

impl Record {
    #[inline]
    fn of(shared: &Shared, foreign: u64, guard: u64) -> Record {
        Record { here: Innermost { shared: std::ptr::from_ref(shared).addr(), foreign }, guard }
    }
}

const NONE: Record = Record { here: Innermost { shared: 0, foreign: UNKNOWN }, guard: 0 };

thread_local! {
    static INNERMOST: Cell<Record> = const { Cell::new(NONE) };
}

static FOREIGN: OnceLock<fn() -> u64> = OnceLock::new();
static LENT: AtomicU64 = AtomicU64::new(0);

/// Whether the caller is in this loop: it entered that last, or this is the loop's own thread.
pub fn is_here(shared: &Shared) -> bool {
    innermost().is_some_and(|here| here.is(shared)) || shared.is_loop_thread()
}

/// The loop that this thread entered last, if it is in one that says so.
#[inline]
pub fn innermost() -> Option<Innermost> {
    let innermost = INNERMOST.get().here;
    (innermost.shared != 0).then_some(innermost)
}

impl Innermost {
    /// Whether it is this one.
    #[inline]
    pub fn is(&self, shared: &Shared) -> bool {
        self.shared == std::ptr::from_ref(shared).addr()
    }

    /// Which foreign runtime was current when it was entered, by its [`number_of`], if that is
    /// known. Where another is current now, that one was entered inside it since.
    #[inline]
    pub fn foreign(&self) -> Option<u64> {
        (self.foreign != UNKNOWN).then_some(self.foreign)
    }
}

/// The loop is the innermost one of this thread for as long as this lives. Dropped in the reverse
/// order of their making.
#[derive(Debug)]
#[must_use = "the loop counts as entered only while this lives"]
pub struct Marked {
    before: Record,
    not_send: PhantomData<*const ()>,
}

impl Drop for Marked {
    fn drop(&mut self) {
        let last = INNERMOST.replace(self.before);
        if last.guard | self.before.guard != 0 {
            run_ended(last);
        }
    }
}

/// Makes a loop the innermost one of this thread. [`Scoped::enter`](super::Scoped::enter) does it
/// for a backend.
#[inline]
pub fn mark(shared: &Shared) -> Marked {
    mark_within(shared, foreign_here())
}

/// The foreign runtime that is current on this thread.
#[inline]
pub(super) fn foreign_here() -> u64 {
    FOREIGN.get().map_or(UNKNOWN, |current| current())
}

/// [`mark`] for a loop that is about to enter a foreign runtime which is its own, by the runtime's
/// [`number_of`].
#[inline]
pub fn mark_within(shared: &Shared, foreign: u64) -> Marked {
    let here = Record::of(shared, foreign, 0);
    Marked { before: INNERMOST.replace(here), not_send: PhantomData }
}

thread_local! {
    /// What guards of this thread have made, in the order of their making. It needs no destructor: a
    /// guard may be dropped while the thread ends.
    static GUARDS: ManuallyDrop<RefCell<Vec<Guard>>> = const { ManuallyDrop::new(RefCell::new(Vec::new())) };
    static LAST: Cell<u64> = const { Cell::new(0) };
}

struct Guard {
    id: u64,
    before: Record,
    /// It was dropped, but not as the innermost one: what it made may come to light again.
    dropped: bool,
    /// The run that it was made in has ended: what it made has gone with it.
    left: bool,
}

/// Makes a loop the innermost one until [`leave`] is called with what this gives. Guards may leave
/// in any order, and in other runs than the one they were made in.
pub(super) fn come(shared: &Shared, foreign: u64) -> u64 {
    let guard = LAST.get() + 1;
    LAST.set(guard);
    let before = INNERMOST.replace(Record::of(shared, foreign, guard));
    GUARDS.with(|guards| guards.borrow_mut().push(Guard { id: guard, before, dropped: false, left: false }));
    guard
}

/// Puts back what was before a guard, now or when what came after it is gone.
pub(super) fn leave(guard: u64) {
    GUARDS.with(|guards| {
        let mut guards = guards.borrow_mut();
        let Some(at) = guards.iter().position(|known| known.id == guard) else { return };
        guards[at].dropped = true;
        if guards[at].left {
            guards.remove(at);
        }
        settle(&mut guards);
    });
}

/// Takes back what guards made that were dropped.
fn settle(guards: &mut Vec<Guard>) {
    let gone = |guards: &[Guard]| {
        let innermost = INNERMOST.get().guard;
        guards.iter().position(|guard| guard.id == innermost && guard.dropped)
    };
    while let Some(at) = gone(guards) {
        INNERMOST.set(guards.remove(at).before);
    }
    if guards.is_empty() {
        *guards = Vec::new();
    }
}

/// A run has ended in which `last` was the innermost, or before which a guard had made what is now.
#[cold]
fn run_ended(last: Record) {
    GUARDS.with(|guards| {
        let mut guards = guards.borrow_mut();
        // What was made in the run, down to the run itself.
        let mut made = last.guard;
        while let Some(at) = guards.iter().position(|guard| guard.id == made) {
            made = guards[at].before.guard;
            guards[at].left = true;
            if guards[at].dropped {
                guards.remove(at);
            }
        }
        settle(&mut guards);
    });
}

/// Names what tells the [`number_of`] the foreign runtime that is current on this thread, zero for
/// none: for a backend whose runtime can be entered by others. Once a process.
pub fn set_foreign(current: fn() -> u64) {
    let _once = FOREIGN.set(current);
}

/// Says that a foreign runtime only stands in where there is none: entering it inside a loop does
/// not make it the innermost.
pub fn lend(number: u64) {
    LENT.store(number, Ordering::Relaxed);
}

/// Whether [`lend`] was called with this number.
#[inline]
pub fn is_lent(number: u64) -> bool {
    LENT.load(Ordering::Relaxed) == number
}

/// A runtime's identity as a number, for identities that do not give one; never zero.
///
/// ```
/// use loop_api::context::number_of;
/// use std::num::NonZeroU64;
///
/// assert_eq!(number_of(&NonZeroU64::MIN), 1);
/// ```
#[inline]
pub fn number_of(id: &impl Hash) -> u64 {
    /// Numbers stay what they are.
    struct Number(u64);
    impl Hasher for Number {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
            }
        }
        fn write_u64(&mut self, number: u64) {
            self.0 = number;
        }
    }
    let mut number = Number(0);
    id.hash(&mut number);
    number.finish().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mark_counts_until_it_is_dropped() {
        let (outer, inner) = (Shared::new("outer"), Shared::new("inner"));
        assert_eq!(innermost(), None);
        let first = mark(&outer);
        assert!(innermost().is_some_and(|here| here.is(&outer)));
        let second = mark(&inner);
        assert!(innermost().is_some_and(|here| here.is(&inner) && !here.is(&outer)));
        drop(second);
        assert!(innermost().is_some_and(|here| here.is(&outer) && here.foreign().is_none()));
        drop(first);
        assert_eq!(innermost(), None);
    }

    fn is(shared: &Shared) -> bool {
        innermost().is_some_and(|here| here.is(shared))
    }

    fn no_guards_are_left() {
        assert_eq!(innermost(), None);
        GUARDS.with(|guards| assert_eq!(guards.borrow().capacity(), 0));
    }

    #[test]
    fn a_guard_that_is_dropped_inside_of_a_run_is_gone_after_it() {
        let [first, second, runs] = ["first", "second", "runs"].map(Shared::new);
        let (one, two) = (come(&first, 1), come(&second, 2));
        {
            let _run = mark(&runs);
            leave(two);
            assert!(is(&runs), "a run is the innermost until it ends");
        }
        assert!(is(&first));
        // The same loop, entered twice, is left once.
        let again = come(&first, 1);
        {
            let _run = mark(&runs);
            leave(one);
        }
        assert!(is(&first));
        leave(again);
        no_guards_are_left();
    }

    #[test]
    fn a_guard_that_outlives_its_run_does_not_come_back() {
        let [first, second, runs] = ["first", "second", "runs"].map(Shared::new);
        let outer = come(&first, 1);
        let (one, two) = {
            let _run = mark(&runs);
            let guards = (come(&second, 2), come(&first, 1));
            let dropped = come(&second, 2);
            {
                let _run = mark(&runs);
                leave(dropped);
            }
            guards
        };
        assert!(is(&first));
        leave(one);
        leave(outer);
        assert_eq!(innermost(), None);
        leave(two);
        no_guards_are_left();
    }

    #[test]
    fn guards_leave_in_any_order() {
        let [first, second, third] = ["first", "second", "third"].map(Shared::new);
        let (one, two, three) = (come(&first, 1), come(&second, 1), come(&third, 1));
        leave(two);
        assert!(is(&third));
        leave(three);
        assert!(is(&first));
        leave(one);
        no_guards_are_left();
    }
}
