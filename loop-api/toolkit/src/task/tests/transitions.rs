//! The state by itself: what each change gives, and how many references it leaves.

use super::super::state::{Completed, DropJoin, Idle, Start, State, WakeLast};

/// Of a task that has been polled and waits, with `references`.
fn waiting(references: usize) -> State {
    let state = State::new(references + 1);
    assert_eq!(state.start(false), Start::Poll);
    assert_eq!(state.idle(), Idle::Waits);
    state
}

/// Of a task that is being polled, with `references`.
fn running(references: usize) -> State {
    let state = State::new(references);
    assert_eq!(state.start(false), Start::Poll);
    state
}

#[track_caller]
fn assert_references(state: &State, references: usize) {
    for _ in 1..references {
        assert!(!state.release(1), "there are fewer");
    }
    assert!(state.release(1), "there are more");
}

#[test]
fn wakes_while_it_is_scheduled_or_polled_make_one_runnable() {
    let state = State::new(2);
    assert!(!state.wake() && !state.wake());
    assert_eq!(state.start(false), Start::Poll);
    assert!(!state.wake() && !state.wake());
    assert_eq!(state.idle(), Idle::Again);
    assert_eq!(state.start(false), Start::Poll);
    assert_eq!(state.idle(), Idle::Waits);
    assert_references(&state, 1);
}

#[test]
fn an_abort_stays() {
    // Before its first poll, and taken by the set that closes.
    let state = State::new(2);
    assert!(!state.is_aborted());
    assert!(!state.abort() && !state.abort());
    assert!(state.claim() && state.is_aborted());
    // While it is polled.
    let state = running(2);
    assert!(!state.abort());
    assert!(!state.claim() && state.is_aborted());
    assert_eq!(state.idle(), Idle::Abort);
    // By a runnable that is dropped.
    let state = State::new(2);
    assert_eq!(state.start(true), Start::Cancel);
    assert!(state.is_aborted());
}

#[test]
fn a_waker_that_is_used_up_leaves_no_reference() {
    let state = State::new(3);
    assert_eq!(state.wake_last(), WakeLast::Released(false), "it is scheduled");
    assert_references(&state, 2);
    let state = running(3);
    assert_eq!(state.wake_last(), WakeLast::Released(false), "it is polled");
    assert_references(&state, 2);
    let state = running(3);
    assert_eq!(state.complete(1), Completed::Released);
    assert_eq!(state.wake_last(), WakeLast::Released(false), "it is complete");
    assert_eq!(state.wake_last(), WakeLast::Released(true));
    let state = waiting(2);
    assert_eq!(state.wake_last(), WakeLast::Schedule);
    assert_references(&state, 2);
}

#[test]
fn completing_gives_up_the_references_it_names() {
    let state = running(4);
    assert_eq!(state.complete(2), Completed::Released);
    assert_references(&state, 2);
    // Where more is left to do they are given up later.
    let state = running(4);
    assert!(state.give_waker());
    assert_eq!(state.complete(2), Completed::Awaited);
    assert!(!state.take_waker(), "it is the completer's");
    assert_references(&state, 4);
}

#[test]
fn the_join_handle_keeps_its_waker_once_the_task_is_complete() {
    let state = running(3);
    assert!(state.take_waker(), "it is there");
    assert_eq!(state.complete(1), Completed::Released);
    assert!(!state.give_waker());
    assert!(!state.take_waker());
    assert_eq!(state.drop_join(), DropJoin::Output);
}

#[test]
fn a_join_handle_that_is_dropped_is_the_last_only_if_it_is() {
    let state = waiting(2);
    assert_eq!(state.drop_join(), DropJoin::Released(false));
    assert_references(&state, 1);
    let state = waiting(1);
    assert_eq!(state.drop_join(), DropJoin::Released(true));
    let state = waiting(2);
    assert!(state.give_waker());
    assert_eq!(state.drop_join(), DropJoin::Waker);
    // Detached, by its waker too.
    assert!(state.wake());
    assert_eq!(state.start(false), Start::Poll);
    assert_eq!(state.complete(1), Completed::Detached);
    assert_references(&state, 3);
    // Detached: the completer drops the output.
    let state = running(2);
    assert_eq!(state.drop_join(), DropJoin::Released(false));
    assert_eq!(state.complete(1), Completed::Detached);
}
