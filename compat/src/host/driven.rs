//! Whether a tokio runtime polls something on this thread, so that blocking it would stop that
//! runtime.

use std::sync::Once;
use std::task::{Context, Poll, Waker};

use loop_api::context;
use tokio::runtime;
use tokio::task::coop;

/// From now on [`context::is_running`] knows of the threads of every tokio runtime.
pub(super) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| context::add_probe(is_driven));
}

fn is_driven() -> bool {
    runtime::Handle::try_current().is_ok() && is_budgeted()
}

/// What a runtime polls has a budget, after which it must yield, and nothing else has: not a
/// blocking job, and not a thread that only entered the runtime.
#[cold]
fn is_budgeted() -> bool {
    /// A budget is a u8.
    const MOST: usize = u8::MAX as usize;
    let mut cx = Context::from_waker(Waker::noop());
    let mut taken = Vec::new();
    while taken.len() <= MOST {
        match coop::poll_proceed(&mut cx) {
            Poll::Ready(unit) => taken.push(unit),
            Poll::Pending => break,
        }
    }
    let budgeted = taken.len() <= MOST;
    // Each unit goes back where it came from: the last one first.
    while taken.pop().is_some() {}
    budgeted
}
