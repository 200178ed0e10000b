//! A file: as it is seen, as it is on the disk, and what lies between.

use std::collections::{BTreeSet, VecDeque};

use super::content::{Content, PAGE, by_pages};
use crate::oracle::{ChoiceKind, Oracle};

/// What a disk writes at one stroke.
const SECTOR: u64 = 512;

/// More than this is not kept unwritten: the oldest goes to the disk by itself, as a system does.
const MOST_UNSYNCED: usize = 16 * 1024 * 1024;

/// Not on the disk yet. A write does not cross a page.
#[derive(Debug)]
enum Change {
    Write(u64, Vec<u8>),
    SetLen(u64),
}

#[derive(Debug, Default)]
pub(super) struct Body {
    seen: Content,
    durable: Content,
    changes: VecDeque<Change>,
    /// How many bytes are in `changes`.
    unsynced: usize,
}

impl Change {
    fn apply(&self, content: &mut Content) {
        match self {
            Change::Write(offset, bytes) => content.write(*offset, bytes),
            Change::SetLen(len) => content.set_len(*len),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Change::Write(_, bytes) => bytes.len(),
            Change::SetLen(_) => 0,
        }
    }
}

impl Body {
    /// As a program sees it.
    pub(super) fn seen(&self) -> &Content {
        &self.seen
    }

    /// As a crash cannot make it less.
    pub(super) fn durable(&self) -> &Content {
        &self.durable
    }

    /// One that is on the disk as it is.
    pub(super) fn of(bytes: &[u8]) -> Body {
        let mut content = Content::default();
        content.write(0, bytes);
        Body { seen: content.clone(), durable: content, ..Body::default() }
    }

    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        self.seen.write(offset, bytes);
        for (at, len) in by_pages(offset, bytes.len() as u64) {
            let part = bytes[(at - offset) as usize..][..len as usize].to_vec();
            self.push(Change::Write(at, part));
        }
    }

    pub(super) fn set_len(&mut self, len: u64) {
        if len != self.seen.len() {
            self.seen.set_len(len);
            self.push(Change::SetLen(len));
        }
    }

    fn push(&mut self, change: Change) {
        self.unsynced += change.bytes();
        self.changes.push_back(change);
        while self.unsynced > MOST_UNSYNCED {
            self.write_back();
        }
    }

    /// Puts the oldest change on the disk; whether there was one.
    fn write_back(&mut self) -> bool {
        let Some(change) = self.changes.pop_front() else { return false };
        self.unsynced -= change.bytes();
        change.apply(&mut self.durable);
        true
    }

    /// Puts all of it on the disk.
    pub(super) fn sync(&mut self) {
        while self.write_back() {}
    }

    /// A sync has failed, or the power: of each write that was not synced it is drawn whether it
    /// has come to the disk, whole or in part. The system takes all of them as written.
    ///
    /// A sector holds one of the states that it had, and never an older one than it is known to
    /// hold. A length that did not come to the disk takes what was written after it along.
    pub(super) fn settle(&mut self, oracle: &mut Oracle) {
        let mut lost = BTreeSet::new();
        self.unsynced = 0;
        for change in std::mem::take(&mut self.changes) {
            match change {
                Change::SetLen(len) => {
                    if oracle.pick(ChoiceKind::Crash, 2) == 1 {
                        return;
                    }
                    self.durable.set_len(len);
                    lost.retain(|sector| sector * SECTOR < len);
                }
                Change::Write(offset, bytes) => self.settle_write(offset, &bytes, &mut lost, oracle),
            }
        }
    }

    fn settle_write(&mut self, offset: u64, bytes: &[u8], lost: &mut BTreeSet<u64>, oracle: &mut Oracle) {
        let end = offset + bytes.len() as u64;
        let (first, last) = (offset / SECTOR, (end - 1) / SECTOR);
        let count = last - first + 1;
        // Which part has come: of the sectors from this one on, to that one.
        let came = match oracle.pick(ChoiceKind::Crash, 2 + u64::from(count > 1)) {
            0 => first..last + 1,
            1 => first..first,
            _ => {
                let cut = first + 1 + oracle.pick(ChoiceKind::Crash, count - 1);
                if oracle.pick(ChoiceKind::Crash, 2) == 0 { first..cut } else { cut..last + 1 }
            }
        };
        for sector in first..=last {
            if !came.contains(&sector) {
                lost.insert(sector);
            } else if !lost.contains(&sector) {
                let (from, to) = ((sector * SECTOR).max(offset), ((sector + 1) * SECTOR).min(end));
                self.durable.write(from, &bytes[(from - offset) as usize..(to - offset) as usize]);
            }
        }
    }

    /// What is seen is what is on the disk.
    pub(super) fn reload(&mut self) {
        self.changes.clear();
        self.unsynced = 0;
        self.seen = self.durable.clone();
    }

    /// How many pages a write there takes that has none yet.
    pub(super) fn takes_page(&self, offset: u64) -> bool {
        !self.seen.has_page_at(offset)
    }

    /// How much of the disk it takes, in bytes.
    pub(super) fn size(&self) -> u64 {
        self.seen.pages() * PAGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oracle(seed: u64) -> Oracle {
        Oracle::new(seed, None, false)
    }

    /// What a crash can leave of what `change` does to a file, over many seeds.
    fn left(before: &[u8], change: impl Fn(&mut Body)) -> BTreeSet<Vec<u8>> {
        (0..300)
            .map(|seed| {
                let mut body = Body::of(before);
                change(&mut body);
                body.settle(&mut oracle(seed));
                body.reload();
                body.seen().to_vec()
            })
            .collect()
    }

    #[test]
    fn a_write_within_a_sector_is_whole_or_not_there() {
        let left = left(b"0123", |body| body.write(2, b"ab"));
        assert_eq!(left, [b"0123".to_vec(), b"01ab".to_vec()].into());
    }

    #[test]
    fn a_sector_never_holds_a_later_write_without_an_earlier_one() {
        let left = left(b"", |body| {
            body.write(0, b"ab");
            body.write(2, b"cd");
        });
        assert_eq!(left, [b"".to_vec(), b"ab".to_vec(), b"abcd".to_vec()].into());
    }

    #[test]
    fn a_write_over_sectors_is_torn_between_them() {
        let left = left(&[0; 1024], |body| body.write(0, &[1; 1024]));
        let halves = |a, b| [[a; 512], [b; 512]].concat();
        assert_eq!(left, [halves(0, 0), halves(0, 1), halves(1, 0), halves(1, 1)].into());
    }

    #[test]
    fn behind_a_hole_a_file_has_zeroes() {
        let left = left(b"", |body| body.write(510, b"abcd"));
        let hole = |text: &[u8]| [&[0; 510], text].concat();
        assert_eq!(left, [b"".to_vec(), hole(b"ab"), hole(b"\0\0cd"), hole(b"abcd")].into());
    }

    #[test]
    fn a_length_that_was_lost_takes_what_follows_along() {
        let left = left(b"0123", |body| {
            body.set_len(0);
            body.write(0, b"ab");
        });
        assert_eq!(left, [b"0123".to_vec(), b"".to_vec(), b"ab".to_vec()].into());
    }

    #[test]
    fn what_was_synced_stays() {
        let left = left(b"0123", |body| {
            body.write(4, b"45");
            body.sync();
            body.write(0, b"x");
        });
        assert_eq!(left, [b"012345".to_vec(), b"x12345".to_vec()].into());
    }

    #[test]
    fn what_is_unsynced_for_long_is_written_by_itself() {
        let mut body = Body::default();
        let chunk = vec![7; 1 << 20];
        for n in 0..64 {
            body.write(n << 20, &chunk);
        }
        assert!(body.unsynced <= MOST_UNSYNCED && body.durable().len() > 32 << 20);
        body.sync();
        assert_eq!(body.durable(), body.seen());
    }
}
