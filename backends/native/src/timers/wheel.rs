//! A hierarchical timer wheel over a clock of nanoseconds.
//!
//! A tick is 2^16 ns. Level 0 has a slot for each of 64 ticks, and each level above has slots 64
//! times as wide; eight levels hold every `u64`. (Few slots are better than many: what is put in
//! order in two steps is found in the cache at the second.) An entry stands on the level of the
//! highest digit in which its tick differs from the wheel's own, so all entries of a level come
//! before those of the next, and inserting and removing are a few steps whatever the number of
//! entries. What has expired in a tick is sorted by deadline and then by order of insertion, so a
//! tick's width shows nowhere there.
//!
//! The next moment to be awake is exact for few deadlines. Where many stand close together they get
//! one moment, a quarter of a millisecond after the first of them at most: else a loop with
//! thousands of timers would do little more than go to sleep.

use slab::{Entry, NONE, Slab};

#[cfg(any(test, fuzzing))]
pub(crate) mod model;
mod slab;
#[cfg(test)]
mod tests;

pub(crate) use slab::Key;

const TICK_BITS: u32 = 16;
const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = 8;
/// Up to this many entries of a slot are looked at to tell the next deadline exactly; with more,
/// the slot's beginning is told.
const LOOK: usize = 8;
/// How many ticks, counted from a multiple of this, may get one moment to be awake: 262 us.
const GROUP: usize = 4;
/// They do from this many entries on; with up to `LOOK` it is the last of their deadlines.
const CROWD: usize = 4;

/// What expired: its deadline, its number among those of the same deadline, and what was inserted
/// with it.
#[derive(Debug)]
pub(crate) struct Expired<T> {
    pub(crate) deadline: u64,
    number: u64,
    pub(crate) value: T,
}

/// The entries of a slot, in order of insertion as far as they have the same deadline.
#[derive(Debug, Clone, Copy)]
struct Slot {
    first: u32,
    last: u32,
}

const EMPTY: Slot = Slot { first: NONE, last: NONE };

/// The wheel. It knows no clock: the caller says how late it is.
pub(crate) struct Wheel<T> {
    /// The tick up to which everything has expired.
    tick: u64,
    entries: Slab<T>,
    /// The first deadline that was inserted into the wheel's own tick, or before it, since it last
    /// advanced: that one waits for no crowd. It stays when its entry is removed, which costs one
    /// look too many.
    prompt: u64,
    slots: Box<[Slot; SLOTS * LEVELS]>,
    /// A bit for each slot that is not empty.
    occupied: [u64; LEVELS],
}

impl<T> Wheel<T> {
    pub(crate) fn new() -> Self {
        Wheel {
            tick: 0,
            entries: Slab::new(),
            prompt: u64::MAX,
            slots: Box::new([EMPTY; SLOTS * LEVELS]),
            occupied: [0; LEVELS],
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.len() == 0
    }

    /// Inserts `value`, which expires at `deadline`.
    pub(crate) fn insert(&mut self, deadline: u64, value: T) -> Key {
        let key = self.entries.insert(deadline, value);
        if deadline >> TICK_BITS <= self.tick {
            self.prompt = self.prompt.min(deadline);
        }
        self.link(key.index);
        key
    }

    /// What was inserted, if it has not expired.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.entries.find(key)?.value.as_mut()
    }

    /// Takes it out, if it has not expired.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let &mut Entry { slot, before, next, .. } = self.entries.find(key)?;
        let slot = slot as usize;
        if next == NONE {
            self.slots[slot].last = before;
        } else {
            self.entries.at_mut(next).before = before;
        }
        if before == NONE {
            self.slots[slot].first = next;
            if next == NONE {
                self.vacate(slot);
            }
        } else {
            self.entries.at_mut(before).next = next;
        }
        self.entries.remove(key.index)
    }

    /// Moves to `now`, and appends what has expired by then to `expired`, in order of deadline,
    /// ties in order of insertion.
    pub(crate) fn advance(&mut self, now: u64, expired: &mut Vec<Expired<T>>) {
        let end = (now >> TICK_BITS).max(self.tick);
        // Entries of the tick that is not over yet, to be put back in the same order.
        let mut early = EMPTY;
        while let Some((slot, start)) = self.first_slot() {
            if start > end {
                break;
            }
            self.tick = self.tick.max(start);
            let mut index = std::mem::replace(&mut self.slots[slot], EMPTY).first;
            self.vacate(slot);
            let from = expired.len();
            while index != NONE {
                let &Entry { deadline, next, .. } = self.entries.at(index);
                if slot >= SLOTS {
                    // Down to level 0 first, though it be due: there are fewer in a slot to be
                    // sorted.
                    self.link(index);
                } else if deadline <= now {
                    if let Some(value) = self.entries.remove(index) {
                        expired.push(Expired { deadline, number: expired.len() as u64, value });
                    }
                } else {
                    self.entries.at_mut(index).next = NONE;
                    match early.last {
                        NONE => early.first = index,
                        last => self.entries.at_mut(last).next = index,
                    }
                    early.last = index;
                }
                index = next;
            }
            if expired.len() - from > 1 {
                // One number, so that comparing takes no branch.
                let key =
                    |expired: &Expired<T>| u128::from(expired.deadline) << 64 | u128::from(expired.number);
                expired[from..].sort_unstable_by_key(key);
            }
        }
        self.tick = end;
        self.prompt = u64::MAX;
        let mut index = early.first;
        while index != NONE {
            let next = self.entries.at(index).next;
            self.link(index);
            index = next;
        }
    }

    /// When to advance next: the next deadline, a moment soon after it where others stand close by,
    /// or one before it that brings the wheel closer.
    pub(crate) fn next(&self) -> Option<u64> {
        let (slot, start) = self.first_slot()?;
        if slot < SLOTS {
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
                    let group = self.occupied[0] >> (slot / GROUP * GROUP) & ((1 << GROUP) - 1);
                    let ticks = u64::from(u64::BITS - group.leading_zeros()) - (slot % GROUP) as u64;
                    return (start + ticks).min(u64::MAX >> TICK_BITS) << TICK_BITS;
                }
            }
        }
        if count < CROWD { first } else { last }
    }

    fn in_slot(&self, slot: usize) -> impl Iterator<Item = &Entry<T>> {
        let mut index = self.slots[slot].first;
        std::iter::from_fn(move || {
            let entry = self.entries.get(index)?;
            index = entry.next;
            Some(entry)
        })
    }

    /// Takes everything out, in no order.
    pub(crate) fn drain(&mut self) -> Vec<T> {
        let all = self.entries.drain();
        *self = Wheel { tick: self.tick, ..Wheel::new() };
        all
    }

    /// The slot whose entries come first, with its first tick.
    fn first_slot(&self) -> Option<(usize, u64)> {
        let level = self.occupied.iter().position(|&bits| bits != 0)?;
        let digit = self.occupied[level].trailing_zeros();
        let shift = DIGIT_BITS * level as u32;
        // The digits above are the wheel's own, those below are zero. On level 7 there are none
        // above: 48 bits in all.
        let above = self.tick >> shift >> DIGIT_BITS << DIGIT_BITS;
        Some((level * SLOTS + digit as usize, (above | u64::from(digit)) << shift))
    }

    /// Puts an entry at the end of its slot.
    fn link(&mut self, index: u32) {
        let entry = self.entries.at_mut(index);
        let tick = (entry.deadline >> TICK_BITS).max(self.tick);
        let differ = tick ^ self.tick;
        let level = (differ | 1).ilog2() / DIGIT_BITS;
        let digit = (tick >> (DIGIT_BITS * level)) as usize % SLOTS;
        let slot = level as usize * SLOTS + digit;
        let last = std::mem::replace(&mut self.slots[slot].last, index);
        entry.slot = slot as u32;
        entry.before = last;
        entry.next = NONE;
        if last == NONE {
            self.slots[slot].first = index;
            self.occupied[slot / SLOTS] |= 1 << (slot % SLOTS);
        } else {
            self.entries.at_mut(last).next = index;
        }
    }

    /// A slot has no entries any more.
    fn vacate(&mut self, slot: usize) {
        self.occupied[slot / SLOTS] &= !(1 << (slot % SLOTS));
    }
}
