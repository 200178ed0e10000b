//! Which of the loops that a thread is in was entered last.
//!
//! Each backend keeps its current handle in a slot of its own. Where loops of several backends nest
//! on a thread, this one record tells which of those is meant. It also keeps what foreign runtime
//! was current when the loop was entered, for a runtime that is entered inside the loop, and which
//! the loop's own record cannot know.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
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

thread_local! {
    static INNERMOST: Cell<Innermost> = const { Cell::new(Innermost { shared: 0, foreign: UNKNOWN }) };
}

static FOREIGN: OnceLock<fn() -> u64> = OnceLock::new();
static LENT: AtomicU64 = AtomicU64::new(0);

/// The loop that this thread entered last, if it is in one that says so.
#[inline]
pub fn innermost() -> Option<Innermost> {
    let innermost = INNERMOST.get();
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
    before: Innermost,
    not_send: PhantomData<*const ()>,
}

impl Drop for Marked {
    fn drop(&mut self) {
        INNERMOST.set(self.before);
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
    let here = Innermost { shared: std::ptr::from_ref(shared).addr(), foreign };
    Marked { before: INNERMOST.replace(here), not_send: PhantomData }
}

/// What a guard changed, which may be dropped where others have changed it since.
#[derive(Clone, Copy)]
pub(super) struct Change {
    before: Innermost,
    made: Innermost,
}

impl Change {
    pub(super) fn make(shared: &Shared, foreign: u64) -> Change {
        let made = Innermost { shared: std::ptr::from_ref(shared).addr(), foreign };
        Change { before: INNERMOST.replace(made), made }
    }

    /// Puts back what was before, unless something else was put there.
    pub(super) fn undo(self) {
        if INNERMOST.get() == self.made {
            INNERMOST.set(self.before);
        }
    }
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
}
