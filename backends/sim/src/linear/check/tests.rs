use std::time::Duration;

use super::*;
use crate::linear::model::{Register, RegisterOp, RegisterRet};
use crate::rng::Rng;

type Op = Call<RegisterOp<u64>, RegisterRet<u64>>;

/// An operation from `called` to `returned`.
fn op(called: u64, returned: impl Into<Option<u64>>, input: RegisterOp<u64>, output: RegisterRet<u64>) -> Op {
    let returned = returned.into();
    let times = (Duration::from_secs(called), returned.map(Duration::from_secs));
    Call { client: "c".into(), input, output: returned.map(|_| output), called, returned, times }
}

use RegisterOp::{CompareAndSwap, Read, Swap, Write};
use RegisterRet::{Done, Swapped, Value};

fn is_linear(calls: &[Op]) -> bool {
    check(&Register::of(0), &(), calls, 1_000_000).is_ok()
}

/// Writes that overlap, and then a read of what none of them has written: each order has to be tried.
fn hard(writes: u64) -> Vec<Op> {
    let mut calls: Vec<Op> = (0..writes).map(|n| op(n, 100 + n, Write(n + 1), Done)).collect();
    calls.push(op(300, 301, Read, Value(99)));
    calls
}

#[test]
fn a_search_that_is_given_up_is_not_decided() {
    let check = |steps| check(&Register::of(0), &(), &hard(8), steps).unwrap_err();
    let given_up = check(100);
    assert!(given_up.is_undecided());
    let told = given_up.to_string();
    assert!(told.contains("is not decided: 100 steps") && told.contains("check_within"), "{told}");
    assert!(!check(1_000_000).is_undecided());
}

#[test]
fn long_histories_take_steps_and_memory_by_the_operation() {
    // Two clients at a time, and one of all that was never answered.
    let mut calls = vec![op(0, None, Write(1_000_000), Done)];
    calls.extend((1..100_000).map(|n| op(10 * n, 10 * n + 15, Write(n), Done)));
    check(&Register::of(0), &(), &calls, 1_000_000).unwrap();
}

#[test]
fn what_overlaps_may_be_in_any_order_and_what_does_not_may_not() {
    assert!(is_linear(&[]));
    assert!(is_linear(&[op(1, 4, Write(1), Done), op(2, 3, Read, Value(0)), op(5, 6, Read, Value(1))]));
    assert!(is_linear(&[op(1, 4, Write(1), Done), op(2, 3, Read, Value(1))]));
    // A stale read.
    assert!(!is_linear(&[op(1, 2, Write(1), Done), op(3, 4, Read, Value(0))]));
    // Two reads during one write see it, and then do not.
    let flips = [op(1, 6, Write(1), Done), op(2, 3, Read, Value(1)), op(4, 5, Read, Value(0))];
    assert!(!is_linear(&flips));
    // A value that was never written.
    assert!(!is_linear(&[op(1, 2, Read, Value(7))]));
}

#[test]
fn what_was_not_answered_may_have_been_done_at_any_time_later_or_never() {
    let unanswered = op(1, None, Write(1), Done);
    assert!(is_linear(&[unanswered.clone(), op(2, 3, Read, Value(0)), op(4, 5, Read, Value(0))]));
    assert!(is_linear(&[unanswered.clone(), op(2, 3, Read, Value(0)), op(4, 5, Read, Value(1))]));
    // But once only.
    let twice = [unanswered, op(2, 3, Swap(2), Value(1)), op(4, 5, Read, Value(1))];
    assert!(!is_linear(&twice));
    // And not before it was called.
    assert!(!is_linear(&[op(1, 2, Read, Value(1)), op(3, None, Write(1), Done)]));
}

#[test]
fn lost_updates_and_doubled_requests_are_found() {
    let lost = [op(1, 4, CompareAndSwap(0, 1), Swapped(true)), op(2, 3, CompareAndSwap(0, 2), Swapped(true))];
    assert!(!is_linear(&lost));
    // A swap that was applied twice gives its own value at the second time.
    let doubled = [op(1, 2, Swap(5), Value(5)), op(3, 4, Read, Value(5))];
    assert!(!is_linear(&doubled));
    let well = [op(1, 4, Swap(1), Value(2)), op(2, 3, Swap(2), Value(0)), op(5, 6, Read, Value(1))];
    assert!(is_linear(&well));
}

#[test]
fn the_message_names_the_operation_that_fits_nowhere_and_the_order_before_it() {
    let calls = [op(1, 2, Write(1), Done), op(3, 4, Write(2), Done), op(5, 6, Read, Value(1))];
    let message = check(&Register::of(0), &(), &calls, 100).unwrap_err().to_string();
    for words in [
        "c: Read gave Value(1) (from 5s to 6s)",
        "puts before it these 2:",
        "c: Write(2) gave Done",
        "there is 2",
    ] {
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn thousands_of_operations_take_no_time_where_few_overlap() {
    // Ten clients at a time, each of which swaps.
    let (mut calls, mut value) = (Vec::new(), 0);
    for round in 0..500 {
        for n in 0..10 {
            let mine = round * 10 + n + 1;
            calls.push(op(round * 100 + n, round * 100 + 50 + n, Swap(mine), Value(value)));
            value = mine;
        }
    }
    assert!(is_linear(&calls));
    let last = calls.len() - 1;
    calls[last].output = Some(Value(3));
    assert!(!is_linear(&calls));
}

/// Every order, one after the other.
fn by_force(calls: &[Op], done: &mut Vec<usize>, state: u64) -> bool {
    if calls.iter().enumerate().all(|(at, call)| done.contains(&at) || call.returned.is_none()) {
        return true;
    }
    (0..calls.len()).any(|at| {
        let waits = |other: usize| calls[other].returned.is_some_and(|returned| returned < calls[at].called);
        if done.contains(&at) || (0..calls.len()).any(|other| !done.contains(&other) && waits(other)) {
            return false;
        }
        let call = &calls[at];
        let Some(next) = Register::of(0).step(&state, &call.input, call.output.as_ref()) else {
            return false;
        };
        done.push(at);
        let found = by_force(calls, done, next);
        done.pop();
        found
    })
}

#[test]
fn it_says_the_same_as_the_search_by_force() {
    let mut linear = 0;
    for seed in 0..3000 {
        let mut rng = Rng::new(seed);
        let mut calls: Vec<Op> = (0..2 + rng.below(5))
            .map(|n| {
                let called = n * 10 + rng.below(10);
                let returned = (rng.below(6) > 0).then(|| called + 1 + rng.below(40));
                let value = rng.below(3);
                let (input, output) = match rng.below(4) {
                    0 => (Read, Value(value)),
                    1 => (Write(value), Done),
                    2 => (Swap(rng.below(3)), Value(value)),
                    _ => (CompareAndSwap(value, rng.below(3)), Swapped(rng.below(2) == 0)),
                };
                op(called * 2, returned.map(|at| at * 2 + 1), input, output)
            })
            .collect();
        calls.sort_by_key(|call| call.called);
        let expected = by_force(&calls, &mut Vec::new(), 0);
        assert_eq!(is_linear(&calls), expected, "seed {seed}: {calls:#?}");
        linear += u32::from(expected);
    }
    // Both answers are common among them.
    assert!((300..2700).contains(&linear), "{linear}");
}
