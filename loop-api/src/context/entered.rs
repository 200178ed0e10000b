//! A loop that is current until a guard is dropped.

use std::fmt;
use std::marker::PhantomData;
use std::sync::MutexGuard;

use super::innermost::{come, foreign_here, leave};
use crate::shared::Shared;

/// A loop that is current on its thread for as long as this lives: what
/// [`Handle::enter_guard`](crate::Handle::enter_guard) gives.
///
/// Guards may be dropped in any order. One that is dropped before a later one takes effect when
/// that one is dropped; one that is dropped inside the run of a loop that began after it, when that
/// run ends.
#[must_use = "the loop is current only while this lives"]
pub struct Entered<'a> {
    guard: u64,
    /// Dropped last.
    held: Option<Box<dyn Held + 'a>>,
    /// A lock's guard may be shared, and not sent.
    not_send: PhantomData<MutexGuard<'static, ()>>,
}

/// What a guard holds, and lets go by dropping it.
trait Held: fmt::Debug + Sync {}
impl<T: fmt::Debug + Sync> Held for T {}

impl<'a> Entered<'a> {
    /// Makes a loop the innermost one of this thread. For backends, which put the loop into their
    /// own slot beside.
    pub fn new(shared: &Shared) -> Entered<'a> {
        Entered::within(shared, foreign_here())
    }

    /// [`new`](Self::new) inside a foreign runtime of the loop's own, by the runtime's
    /// [`number_of`](super::number_of).
    pub fn within(shared: &Shared, foreign: u64) -> Entered<'a> {
        Entered { guard: come(shared, foreign), held: None, not_send: PhantomData }
    }

    /// Keeps something until the guard is dropped, in place of what it kept before: what the
    /// backend did to enter the loop, and undoes by dropping it.
    pub fn holding(mut self, held: impl fmt::Debug + Sync + 'a) -> Entered<'a> {
        self.held = Some(Box::new(held));
        self
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        leave(self.guard);
    }
}

impl fmt::Debug for Entered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").field("held", &self.held).finish_non_exhaustive()
    }
}
