//! Which loop a thread is in.

use std::cell::Cell;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::RunError;

mod entered;
mod innermost;
mod scoped;
pub use entered::Entered;
pub use innermost::{
    Innermost, Marked, innermost, is_here, is_lent, lend, mark, mark_within, number_of, set_foreign,
};
pub use scoped::{Holding, Scoped};

thread_local! {
    static STATE: Cell<State> = const { Cell::new(State::Outside) };
    static THREAD: Cell<Option<NonZeroU64>> = const { Cell::new(None) };
}

thread_local! {
    static OF_LOOP: Cell<bool> = const { Cell::new(false) };
}

static PROBES: RwLock<Vec<fn() -> bool>> = RwLock::new(Vec::new());

/// Whether this thread may be blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No loop stands still then.
    Outside,
    /// A loop would.
    Running,
    /// One does already, as a task of it wants.
    InPlace,
}

/// This thread blocks in a loop, or says that it may, for as long as the guard lives.
#[derive(Debug)]
#[must_use = "the thread counts as running a loop only while this lives"]
pub struct Running {
    before: State,
    not_send: PhantomData<*const ()>,
}

impl Running {
    fn new(state: State) -> Running {
        Running { before: STATE.replace(state), not_send: PhantomData }
    }
}

/// Says that this thread is about to block.
///
/// # Errors
///
/// [`RunError::Nested`] if it blocks in a loop already.
pub fn enter() -> Result<Running, RunError> {
    if is_running() {
        return Err(RunError::Nested);
    }
    Ok(Running::new(State::Running))
}

/// Says that this thread is about to run a loop.
///
/// # Errors
///
/// [`RunError::Nested`] if it blocks in a loop already, but [in place](block_in_place).
pub fn enter_loop() -> Result<Running, RunError> {
    if STATE.get() == State::Running || is_probed() {
        return Err(RunError::Nested);
    }
    Ok(Running::new(State::Running))
}

/// Says that this thread is about to wait for a loop that other threads run.
/// [`Handle::try_block_on`](crate::Handle::try_block_on) does it by itself, and for `stands_still` asks
/// whether this thread [is in that loop](is_here).
///
/// # Errors
///
/// [`RunError::Nested`] if it blocks in a loop already, but [in place](block_in_place) and in
/// another one.
pub fn enter_beside(stands_still: impl FnOnce() -> bool) -> Result<Running, RunError> {
    if STATE.get() == State::InPlace && stands_still() {
        return Err(RunError::Nested);
    }
    enter_loop()
}

/// Says that this thread is inside a loop now, whether or not it was before: for a backend's worker
/// threads, and for a turn of a loop inside another.
pub fn enter_nested() -> Running {
    Running::new(State::Running)
}

/// Says that a task blocks this thread, and its loop stands still: another loop may be run here.
pub fn block_in_place() -> Running {
    Running::new(if STATE.get() == State::Running { State::InPlace } else { STATE.get() })
}

/// Says that other threads go on with the loop that this one is in: it may be blocked.
pub fn step_aside() -> Running {
    Running::new(State::Outside)
}

/// Whether this thread blocks in a loop, so that blocking it in another would stop that one.
pub fn is_running() -> bool {
    STATE.get() != State::Outside || is_probed()
}

fn is_probed() -> bool {
    PROBES.read().unwrap_or_else(|poisoned| poisoned.into_inner()).iter().any(|probe| probe())
}

/// Has `probe` asked whether this thread runs a loop, whenever a caller wants to block it: for a
/// backend whose threads belong to a runtime that has no place to say so. Once a process.
pub fn add_probe(probe: fn() -> bool) {
    PROBES.write().unwrap_or_else(|poisoned| poisoned.into_inner()).push(probe);
}

/// Says that a loop started this thread, and may wait for it to end: for backends, first thing on
/// their threads.
pub fn mark_thread_of_loop() {
    OF_LOOP.set(true);
}

/// Whether a loop started this thread: one that waits here for the end of that loop would wait for
/// itself.
pub fn is_thread_of_loop() -> bool {
    OF_LOOP.get()
}

impl Drop for Running {
    fn drop(&mut self) {
        STATE.set(self.before);
    }
}

/// A number for this thread, never used twice.
#[inline]
pub fn thread_id() -> NonZeroU64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    THREAD.get().unwrap_or_else(|| {
        // 2^64 threads are not reached.
        let id = NonZeroU64::new(NEXT.fetch_add(1, Ordering::Relaxed)).unwrap_or(NonZeroU64::MAX);
        THREAD.set(Some(id));
        id
    })
}
