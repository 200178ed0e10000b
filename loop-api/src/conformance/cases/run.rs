//! RUN: how a loop is run, stopped and closed.

use crate::conformance::Subject;
use crate::conformance::support::{make, run};
use crate::error::RunError;
use crate::event_loop::EventLoop;
use crate::handle::Handle;

pub fn run01_run_until_complete_returns_the_output<S: Subject>() {
    let mut subject = make::<S>();
    assert_eq!(subject.run_until_complete(async { 7 }), Ok(7));
    let text = String::from("borrowed");
    // The future may borrow, and need not be Send.
    let local = std::rc::Rc::new(1);
    assert_eq!(subject.run_until_complete(async { (text.len(), *local) }), Ok((8, 1)));
}

pub fn run04_running_inside_itself_is_refused<S: Subject>() {
    let output = run::<S, _>(|handle| async move {
        assert_eq!(handle.try_block_on(async {}), Err(RunError::Nested));
        // The loop goes on.
        handle.spawn(async { 5 }).await
    });
    assert_eq!(output.ok(), Some(5));
}
