//! A hierarchical timer wheel over a clock of nanoseconds.
//!
//! A tick is 2^16 ns. Level 0 has a slot for each of 64 ticks, and each level above has slots 64 times as wide; eight levels
//! hold every `u64`. An entry stands on the level of the highest digit in which its tick differs from the wheel's own, so all
//! entries of a level come before those of the next, and inserting and removing are a few steps whatever the number of
//! entries. What has expired is sorted by deadline and then by order of insertion, so a tick's width shows nowhere there.
//!
//! The next moment to be awake is exact for few deadlines. Where many stand close together they get one moment, a quarter of a
//! millisecond after the first of them at most: else a loop with thousands of timers would do little more than go to sleep.

const TICK_BITS: u32 = 16;
const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = 8;
const NONE: u32 = u32::MAX;
/// Up to this many entries of a slot are looked at to tell the next deadline exactly; with more, the slot's beginning is told.
const LOOK: usize = 8;
/// So many ticks, counted from a multiple of this, may get one moment to be awake: 262 us.
const GROUP: usize = 4;
/// They do from so many entries on; with up to `LOOK` it is the last of their deadlines.
const CROWD: usize = 4;

/// An entry of a [`Wheel`]; it means nothing once the entry has expired or was removed, even if its place is taken again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
}

/// What expired: its deadline, its number in order of insertion, and what was inserted with it.
#[derive(Debug)]
pub(crate) struct Expired<T> {
    pub(crate) deadline: u64,
    pub(crate) number: u64,
    pub(crate) value: T,
}

struct Entry<T> {
    deadline: u64,
    number: u64,
    /// `None` in an entry that is free; its `next` is then the next free one.
    value: Option<T>,
    generation: u32,
    slot: u32,
    before: u32,
    next: u32,
}

/// The wheel. It knows no clock: the caller says how late it is.
pub(crate) struct Wheel<T> {
    /// The tick up to which everything has expired.
    tick: u64,
    entries: Vec<Entry<T>>,
    free: u32,
    len: usize,
    numbers: u64,
    /// The first deadline that was inserted into the wheel's own tick, or before it, since it last advanced: that one waits for no
    /// crowd. It stays when its entry is removed, which costs one look too many.
    prompt: u64,
    /// First entry of each slot.
    slots: Box<[u32; SLOTS * LEVELS]>,
    /// A bit for each slot that is not empty.
    occupied: [u64; LEVELS],
}

impl<T> Wheel<T> {
    pub(crate) fn new() -> Self {
        Wheel {
            tick: 0,
            entries: Vec::new(),
            free: NONE,
            len: 0,
            numbers: 0,
            prompt: u64::MAX,
            slots: Box::new([NONE; SLOTS * LEVELS]),
            occupied: [0; LEVELS],
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes a place for `value` until `deadline`.
    pub(crate) fn insert(&mut self, deadline: u64, value: T) -> Key {
        let number = self.numbers;
        self.numbers += 1;
        let index = if self.free == NONE {
            // 2^32 sleeps at once would take 200 GB.
            let index = self.entries.len() as u32;
            self.entries.push(Entry {
                deadline,
                number,
                value: Some(value),
                generation: 0,
                slot: 0,
                before: NONE,
                next: NONE,
            });
            index
        } else {
            let index = self.free;
            let entry = &mut self.entries[index as usize];
            self.free = entry.next;
            entry.deadline = deadline;
            entry.number = number;
            entry.value = Some(value);
            index
        };
        self.len += 1;
        if deadline >> TICK_BITS <= self.tick {
            self.prompt = self.prompt.min(deadline);
        }
        self.link(index);
        Key { index, generation: self.entries[index as usize].generation }
    }

    /// What was inserted, if it has not expired.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let entry = self.entries.get_mut(key.index as usize)?;
        if entry.generation == key.generation { entry.value.as_mut() } else { None }
    }

    /// Takes it out, if it has not expired.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        self.get_mut(key)?;
        self.unlink(key.index);
        self.release(key.index).map(|expired| expired.value)
    }

    /// Moves to `now`, and appends what has expired by then to `expired`, in order of deadline, ties in order of insertion.
    pub(crate) fn advance(&mut self, now: u64, expired: &mut Vec<Expired<T>>) {
        let from = expired.len();
        let end = (now >> TICK_BITS).max(self.tick);
        // Entries of the tick that is not over yet, to be put back.
        let mut early = NONE;
        while let Some((level, slot, start)) = self.first_slot() {
            if start > end {
                break;
            }
            self.tick = self.tick.max(start);
            let mut index = std::mem::replace(&mut self.slots[slot], NONE);
            self.occupied[level] &= !(1 << (slot % SLOTS));
            while index != NONE {
                let next = self.entries[index as usize].next;
                if self.entries[index as usize].deadline <= now {
                    expired.extend(self.release(index));
                } else if level == 0 {
                    self.entries[index as usize].next = early;
                    early = index;
                } else {
                    self.link(index);
                }
                index = next;
            }
        }
        self.tick = end;
        self.prompt = u64::MAX;
        while early != NONE {
            let next = self.entries[early as usize].next;
            self.link(early);
            early = next;
        }
        // One number, so that comparing takes no branch.
        expired[from..]
            .sort_unstable_by_key(|expired| u128::from(expired.deadline) << 64 | u128::from(expired.number));
    }

    /// When to advance next: the next deadline, a moment soon after it where others stand close by, or one before it that
    /// brings the wheel closer.
    pub(crate) fn next(&self) -> Option<u64> {
        let (level, slot, start) = self.first_slot()?;
        if level == 0 {
            return Some(self.next_in_group(slot, start).min(self.prompt));
        }
        let (mut first, mut count) = (u64::MAX, 0);
        for entry in self.in_slot(slot) {
            first = first.min(entry.deadline);
            count += 1;
            if count > LOOK {
                return Some(start << TICK_BITS);
            }
        }
        Some(first)
    }

    /// The same for the entries from a slot of level 0, with its tick, to the end of its group.
    fn next_in_group(&self, slot: usize, start: u64) -> u64 {
        let (mut first, mut last, mut count) = (u64::MAX, 0, 0);
        for step in 0..GROUP - slot % GROUP {
            for entry in self.in_slot(slot + step) {
                first = first.min(entry.deadline);
                last = last.max(entry.deadline);
                count += 1;
                if count > LOOK {
                    // The end of the group's last tick that has entries.
                    let group = self.occupied[0] >> (slot - slot % GROUP) & ((1 << GROUP) - 1);
                    let ticks = u64::from(u64::BITS - group.leading_zeros()) - (slot % GROUP) as u64;
                    return (start + ticks) << TICK_BITS;
                }
            }
        }
        if count < CROWD { first } else { last }
    }

    fn in_slot(&self, slot: usize) -> impl Iterator<Item = &Entry<T>> {
        let mut index = self.slots[slot];
        std::iter::from_fn(move || {
            let entry = self.entries.get(index as usize)?;
            index = entry.next;
            Some(entry)
        })
    }

    /// Takes everything out, in no order.
    pub(crate) fn drain(&mut self) -> Vec<T> {
        let all = self.entries.drain(..).filter_map(|entry| entry.value).collect();
        *self = Wheel { tick: self.tick, numbers: self.numbers, ..Wheel::new() };
        all
    }

    /// The slot whose entries come first, with its level and its first tick.
    fn first_slot(&self) -> Option<(usize, usize, u64)> {
        let level = self.occupied.iter().position(|&bits| bits != 0)?;
        let digit = self.occupied[level].trailing_zeros() as usize;
        let shift = DIGIT_BITS * level as u32;
        // The digits above are the wheel's own, those below are zero. On level 7 there are none above: 48 bits in all.
        let above = self.tick >> shift >> DIGIT_BITS << DIGIT_BITS;
        Some((level, level * SLOTS + digit, (above | digit as u64) << shift))
    }

    fn link(&mut self, index: u32) {
        let entry = &self.entries[index as usize];
        let tick = (entry.deadline >> TICK_BITS).max(self.tick);
        let differ = tick ^ self.tick;
        let level = (u64::BITS - (differ | 1).leading_zeros() - 1) / DIGIT_BITS;
        let digit = (tick >> (DIGIT_BITS * level)) as usize % SLOTS;
        let slot = level as usize * SLOTS + digit;
        let next = std::mem::replace(&mut self.slots[slot], index);
        self.occupied[level as usize] |= 1 << digit;
        if next != NONE {
            self.entries[next as usize].before = index;
        }
        let entry = &mut self.entries[index as usize];
        entry.slot = slot as u32;
        entry.before = NONE;
        entry.next = next;
    }

    fn unlink(&mut self, index: u32) {
        let Entry { slot, before, next, .. } = self.entries[index as usize];
        let slot = slot as usize;
        if next != NONE {
            self.entries[next as usize].before = before;
        }
        if before != NONE {
            self.entries[before as usize].next = next;
        } else {
            self.slots[slot] = next;
            if next == NONE {
                self.occupied[slot / SLOTS] &= !(1 << (slot % SLOTS));
            }
        }
    }

    /// Frees an entry that is in no slot.
    fn release(&mut self, index: u32) -> Option<Expired<T>> {
        let entry = &mut self.entries[index as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = self.free;
        self.free = index;
        self.len -= 1;
        entry.value.take().map(|value| Expired { deadline: entry.deadline, number: entry.number, value })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const WIDE: u64 = (GROUP as u64) << TICK_BITS;

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
        for seed in 1..40 {
            let mut random = Random(seed * 0x9e37_79b9);
            let mut wheel = Wheel::new();
            let mut model = BTreeMap::new();
            let mut keys = Vec::new();
            let mut now = random.below(1 << 40);
            wheel.advance(now, &mut Vec::new());
            for step in 0..2000_u64 {
                match random.below(10) {
                    0..6 => {
                        let range = random.below(44);
                        let deadline =
                            (now + random.below(1 << range)).saturating_sub(random.below(2) * 1000);
                        keys.push((deadline, step, wheel.insert(deadline, step)));
                        model.insert((deadline, step), step);
                    }
                    6..8 if !keys.is_empty() => {
                        let (deadline, step, key) =
                            keys.swap_remove(random.below(keys.len() as u64) as usize);
                        assert_eq!(wheel.remove(key), model.remove(&(deadline, step)));
                    }
                    _ => {
                        if let (Some(next), Some((&(first, _), _))) = (wheel.next(), model.first_key_value())
                        {
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
        assert_eq!((expired.len(), wheel.len), (104, 1));
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
        for deadline in 0..100_000 {
            let key = wheel.insert(deadline << 20, ());
            wheel.remove(key);
        }
        assert_eq!(wheel.entries.len(), 1);
    }
}
