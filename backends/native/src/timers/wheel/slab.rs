//! Where the entries of a wheel stand.

pub(super) const NONE: u32 = u32::MAX;

/// An entry of a wheel; it means nothing once the entry has expired or was removed, even if its
/// place is taken again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl Key {
    /// No entry has these.
    pub(crate) const NEW: Key = Key { index: NONE, generation: 0 };
    pub(crate) const DONE: Key = Key { index: NONE, generation: 1 };
}

#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) deadline: u64,
    /// `None` in an entry that is free; its `next` is then the next free one.
    pub(super) value: Option<T>,
    generation: u32,
    pub(super) slot: u32,
    pub(super) before: u32,
    pub(super) next: u32,
}

#[derive(Debug)]
pub(super) struct Slab<T> {
    entries: Vec<Entry<T>>,
    /// The first free place.
    free: u32,
    len: usize,
}

impl<T> Slab<T> {
    pub(super) fn new() -> Self {
        Slab { entries: Vec::new(), free: NONE, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many entries there have been at once.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn insert(&mut self, deadline: u64, value: T) -> Key {
        self.len += 1;
        if self.free == NONE {
            return self.push(deadline, value);
        }
        let index = self.free;
        let entry = self.at_mut(index);
        let (next, generation) = (entry.next, entry.generation);
        entry.deadline = deadline;
        entry.value = Some(value);
        self.free = next;
        Key { index, generation }
    }

    fn push(&mut self, deadline: u64, value: T) -> Key {
        if self.entries.len() == self.entries.capacity() {
            // By an eighth and not by twice: what a sleep takes is counted, and growing is rare.
            self.entries.reserve_exact((self.entries.len() / 8).max(64));
        }
        // 2^32 sleeps at once would take 170 GB.
        let index = self.entries.len() as u32;
        self.entries.push(Entry {
            deadline,
            value: Some(value),
            generation: 0,
            slot: 0,
            before: NONE,
            next: NONE,
        });
        Key { index, generation: 0 }
    }

    /// Frees an entry.
    pub(super) fn remove(&mut self, index: u32) -> Option<T> {
        let free = std::mem::replace(&mut self.free, index);
        self.len -= 1;
        let entry = self.at_mut(index);
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = free;
        entry.value.take()
    }

    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<&Entry<T>> {
        self.entries.get(index as usize)
    }

    /// The entry, if it has not expired and was not removed.
    #[inline]
    pub(super) fn find(&mut self, key: Key) -> Option<&mut Entry<T>> {
        let entry = self.entries.get_mut(key.index as usize)?;
        if entry.generation == key.generation { Some(entry) } else { None }
    }

    /// The entry at a place that was handed out.
    #[inline]
    pub(super) fn at(&self, index: u32) -> &Entry<T> {
        &self.entries[index as usize]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, index: u32) -> &mut Entry<T> {
        &mut self.entries[index as usize]
    }

    /// Takes everything out.
    pub(super) fn drain(&mut self) -> Vec<T> {
        let entries = std::mem::replace(self, Slab::new()).entries;
        entries.into_iter().filter_map(|entry| entry.value).collect()
    }
}
