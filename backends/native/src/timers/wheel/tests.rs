//! The wheel against a sorted map, and its moments.

use std::collections::BTreeMap;

use super::*;

const WIDE: u64 = (GROUP as u64) << TICK_BITS;
/// So much less is done where each step is looked at by Miri.
const LESS: u64 = if cfg!(miri) { 20 } else { 1 };

/// Numbers without a pattern, the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

#[test]
fn expires_what_a_sorted_map_would_in_its_order() {
    for seed in 1..=40 / LESS {
        let mut random = Random(seed * 0x9e37_79b9);
        let mut wheel = Wheel::new();
        let mut model = BTreeMap::new();
        let mut keys = Vec::new();
        let mut now = random.below(1 << 40);
        wheel.advance(now, &mut Vec::new());
        for step in 0..2000 / LESS {
            match random.below(10) {
                0..6 => {
                    let range = random.below(44);
                    let deadline = (now + random.below(1 << range)).saturating_sub(random.below(2) * 1000);
                    keys.push((deadline, step, wheel.insert(deadline, step)));
                    model.insert((deadline, step), step);
                }
                6..8 if !keys.is_empty() => {
                    let (deadline, step, key) = keys.swap_remove(random.below(keys.len() as u64) as usize);
                    assert_eq!(wheel.remove(key), model.remove(&(deadline, step)));
                }
                _ => {
                    if let (Some(next), Some((&(first, _), _))) = (wheel.next(), model.first_key_value()) {
                        let crowd = model.range(..(first + WIDE, 0)).count() >= CROWD;
                        let latest = if crowd { first.max(now) + WIDE } else { first };
                        assert!(next <= latest, "{next} is told for {first}");
                        if first <= now {
                            assert!(next <= first, "it is due already");
                        }
                    }
                    let range = random.below(44);
                    now += random.below(1 << range);
                    let mut expired = Vec::new();
                    wheel.advance(now, &mut expired);
                    let later = model.split_off(&(now + 1, 0));
                    let due: Vec<_> = std::mem::replace(&mut model, later).into_values().collect();
                    assert_eq!(expired.into_iter().map(|e| e.value).collect::<Vec<_>>(), due);
                }
            }
            assert_eq!(wheel.is_empty(), model.is_empty());
            assert_eq!(wheel.next().is_some(), !model.is_empty());
        }
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
