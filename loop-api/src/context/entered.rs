//! A loop that is current until a guard is dropped.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use super::innermost::{Change, foreign_here};
use crate::shared::Shared;

thread_local! {
    /// The guards of this thread, in the order of their making. It needs no destructor: a guard may
    /// be dropped while the thread ends.
    static GUARDS: ManuallyDrop<RefCell<Vec<Guard>>> = const { ManuallyDrop::new(RefCell::new(Vec::new())) };
    static LAST: Cell<u64> = const { Cell::new(0) };
}

struct Guard {
    id: u64,
    alive: bool,
    made: Change,
}

/// A loop that is current on its thread for as long as this lives: what
/// [`Handle::enter_guard`](crate::Handle::enter_guard) gives.
///
/// Guards may be dropped in any order. One that is dropped before a later one takes effect when
/// that one is dropped.
#[must_use = "the loop is current only while this lives"]
pub struct Entered<'a> {
    id: u64,
    /// Dropped last.
    held: Option<Box<dyn Held + 'a>>,
    not_send: PhantomData<*const ()>,
}

/// What a guard holds, and lets go by dropping it.
trait Held: fmt::Debug {}
impl<T: fmt::Debug> Held for T {}

impl<'a> Entered<'a> {
    /// Makes a loop the innermost one of this thread. For backends, which put the loop into their
    /// own slot beside.
    pub fn new(shared: &Shared) -> Entered<'a> {
        Entered::within(shared, foreign_here())
    }

    /// [`new`](Self::new) inside a foreign runtime of the loop's own, by the runtime's
    /// [`number_of`](super::number_of).
    pub fn within(shared: &Shared, foreign: u64) -> Entered<'a> {
        let made = Change::make(shared, foreign);
        let id = LAST.get() + 1;
        LAST.set(id);
        GUARDS.with(|guards| guards.borrow_mut().push(Guard { id, alive: true, made }));
        Entered { id, held: None, not_send: PhantomData }
    }

    /// Keeps something until the guard is dropped, in place of what it kept before: what the
    /// backend did to enter the loop, and undoes by dropping it.
    pub fn holding(mut self, held: impl fmt::Debug + 'a) -> Entered<'a> {
        self.held = Some(Box::new(held));
        self
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        GUARDS.with(|guards| {
            let mut guards = guards.borrow_mut();
            if let Some(guard) = guards.iter_mut().find(|guard| guard.id == self.id) {
                guard.alive = false;
            }
            // From the last one on, down to the first that lives.
            while guards.last().is_some_and(|last| !last.alive) {
                if let Some(last) = guards.pop() {
                    last.made.undo();
                }
            }
            if guards.is_empty() {
                *guards = Vec::new();
            }
        });
    }
}

impl fmt::Debug for Entered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").field("held", &self.held).finish_non_exhaustive()
    }
}
