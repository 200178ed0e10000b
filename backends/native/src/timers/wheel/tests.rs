//! The wheel beside a sorted map, and its moments.

use super::model::{WIDE, beside_a_sorted_map};
use super::*;
use crate::tests::Random;

/// So much less is done where each step is looked at by Miri.
const LESS: u64 = if cfg!(miri) { 20 } else { 1 };

#[test]
fn expires_what_a_sorted_map_would_in_its_order() {
    for seed in 1..=40 / LESS {
        let mut random = Random(seed * 0x9e37_79b9);
        let mut left = 6000 / LESS;
        beside_a_sorted_map(|end| {
            left = left.checked_sub(1)?;
            Some(random.below(end))
        });
    }
}

#[test]
fn following_next_ends_at_each_deadline_and_never_stands_still() {
    let mut random = Random(7);
    let mut wheel = Wheel::new();
    for _ in 0..500 {
        let range = random.below(50);
        let deadline = random.below(1 << range);
        wheel.insert(deadline, deadline);
    }
    let (mut now, mut turns, mut expired) = (0, 0, Vec::new());
    while let Some(next) = wheel.next() {
        assert!(next > now || now == 0);
        now = next.max(1);
        wheel.advance(now, &mut expired);
        turns += 1;
    }
    assert!(expired.iter().all(|e| e.deadline == e.value));
    assert_eq!(expired.len(), 500);
    assert!(turns <= 500 * LEVELS, "{turns} turns");
}

#[test]
fn one_timer_is_told_exactly() {
    for deadline in [1, 500_000, 10_000_000, 3_600_000_000_000] {
        let mut wheel = Wheel::new();
        let key = wheel.insert(deadline, ());
        assert_eq!(wheel.next(), Some(deadline));
        wheel.remove(key);
        assert_eq!(wheel.next(), None);
    }
}

#[test]
fn a_crowd_gets_one_moment_and_few_get_their_own() {
    const GROUP_AT: u64 = WIDE * 1000;
    let mut wheel = Wheel::new();
    wheel.advance(GROUP_AT - WIDE, &mut Vec::new());
    for number in 0..3 {
        wheel.insert(GROUP_AT + number * 50_000, ());
    }
    assert_eq!(wheel.next(), Some(GROUP_AT));
    // Of the next group.
    wheel.insert(GROUP_AT + WIDE, ());
    assert_eq!(wheel.next(), Some(GROUP_AT));
    wheel.insert(GROUP_AT + 1, ());
    assert_eq!(wheel.next(), Some(GROUP_AT + 100_000), "the last of the four");
    for number in 0..100 {
        wheel.insert(GROUP_AT + 150_000 + number, ());
    }
    assert_eq!(wheel.next(), Some(GROUP_AT + 3 * (WIDE / 4)), "the end of the tick of the last");
    let mut expired = Vec::new();
    wheel.advance(GROUP_AT + 3 * (WIDE / 4), &mut expired);
    assert_eq!((expired.len(), wheel.entries.len()), (104, 1));
}

#[test]
fn what_is_due_already_does_not_wait_for_a_crowd() {
    let mut wheel = Wheel::new();
    wheel.advance(WIDE * 10, &mut Vec::new());
    for number in 0..100 {
        wheel.insert(WIDE * 10 + 60_000 + number, ());
    }
    wheel.advance(WIDE * 10 + 1, &mut Vec::new());
    assert_eq!(wheel.next(), Some(WIDE * 10 + (1 << TICK_BITS)));
    wheel.insert(5, ());
    assert_eq!(wheel.next(), Some(5));
    wheel.advance(WIDE * 10 + 2, &mut Vec::new());
    wheel.insert(WIDE * 10 + 30_000, ());
    assert_eq!(wheel.next(), Some(WIDE * 10 + 30_000), "nor does what is due very soon");
}

#[test]
fn the_end_of_time_fits() {
    let mut wheel = Wheel::new();
    wheel.insert(u64::MAX, "never");
    wheel.insert(u64::MAX - 1, "almost");
    let mut expired = Vec::new();
    wheel.advance(u64::MAX / 2, &mut expired);
    assert!(expired.is_empty());
    wheel.advance(u64::MAX, &mut expired);
    assert_eq!(expired.len(), 2);
    assert_eq!(expired[0].value, "almost");
}

#[test]
fn a_key_does_not_reach_the_next_in_its_place() {
    let mut wheel = Wheel::new();
    let old = wheel.insert(5, 'a');
    wheel.remove(old);
    let new = wheel.insert(9, 'b');
    assert_eq!(wheel.remove(old), None);
    assert_eq!(wheel.get_mut(old), None);
    assert_eq!(wheel.remove(new), Some('b'));
}

#[test]
fn removed_entries_are_used_again() {
    let mut wheel = Wheel::new();
    for deadline in 0..100_000 / LESS {
        let key = wheel.insert(deadline << 20, ());
        wheel.remove(key);
    }
    assert_eq!(wheel.entries.places(), 1);
}

#[test]
fn an_entry_is_small() {
    if cfg!(target_pointer_width = "64") {
        assert_eq!(size_of::<Entry<std::task::Waker>>(), 40);
    }
}

#[test]
fn what_waits_is_found_until_it_expires_or_all_is_taken_out() {
    let mut wheel = Wheel::new();
    let key = wheel.insert(1 << 20, 7);
    assert_eq!(wheel.get_mut(key), Some(&mut 7));
    let mut expired = Vec::new();
    wheel.advance(1 << 20, &mut expired);
    assert!(expired.len() == 1 && wheel.get_mut(key).is_none());
    wheel.insert(1 << 30, 8);
    assert_eq!(wheel.drain(), [8]);
    assert!(wheel.is_empty() && wheel.next().is_none());
}

#[test]
fn a_crowd_gets_its_last_deadline_and_a_larger_one_the_end_of_its_last_tick() {
    // Not the first tick of its group.
    const TICK: u64 = GROUP as u64 + 1;
    let mut wheel = Wheel::new();
    for n in 0..LOOK as u64 {
        wheel.insert((TICK << TICK_BITS) + n, ());
    }
    assert_eq!(wheel.next(), Some((TICK << TICK_BITS) + LOOK as u64 - 1));
    wheel.insert(TICK << TICK_BITS, ());
    assert_eq!(wheel.next(), Some((TICK + 1) << TICK_BITS));
}

#[test]
fn a_crowd_at_the_end_of_time_does_not_run_over() {
    let mut wheel = Wheel::new();
    for _ in 0..=LOOK {
        wheel.insert(u64::MAX, ());
    }
    wheel.advance(u64::MAX - 1, &mut Vec::new());
    assert_eq!(wheel.next(), Some(u64::MAX >> TICK_BITS << TICK_BITS));
}
