//! All that is on a disk, by number, and the changes of names that are not on it yet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::time::SystemTime;

use super::inode::{Folder, Inode, Kind};

/// The number of the folder that all others are in.
pub(super) const ROOT: u64 = 1;

/// More changes of names than these are not kept unwritten.
const MOST_UNSYNCED: usize = 10_000;

/// A name in a folder, and what it stands for from now on.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    pub(super) folder: u64,
    pub(super) name: OsString,
    pub(super) to: Option<u64>,
}

/// What comes to the disk at one stroke: a rename is two of them.
pub(super) type Edits = Vec<Edit>;

#[derive(Debug)]
pub(super) struct Tree {
    inodes: BTreeMap<u64, Inode>,
    next: u64,
    /// In the order in which they were made.
    journal: VecDeque<Edits>,
    /// How many there were when what nothing leads to was last removed.
    swept: usize,
}

fn put(names: &mut BTreeMap<OsString, u64>, edit: &Edit) -> Option<u64> {
    match edit.to {
        Some(number) => names.insert(edit.name.clone(), number),
        None => names.remove(&edit.name),
    }
}

impl Tree {
    /// With a folder for temporary files and nothing else.
    pub(super) fn new(now: SystemTime) -> Tree {
        let mut tree = Tree { inodes: BTreeMap::new(), next: ROOT, journal: VecDeque::new(), swept: 0 };
        tree.add(Inode::new(Kind::Folder(Folder::default()), 0o755, now));
        let temp = tree.add(Inode::new(Kind::Folder(Folder::default()), 0o777, now));
        tree.edit(vec![Edit { folder: ROOT, name: "tmp".into(), to: Some(temp) }], now);
        tree.sync_folder(ROOT);
        tree
    }

    pub(super) fn get(&self, number: u64) -> Option<&Inode> {
        self.inodes.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Inode> {
        self.inodes.get_mut(&number)
    }

    pub(super) fn inodes_mut(&mut self) -> impl Iterator<Item = &mut Inode> {
        self.inodes.values_mut()
    }

    pub(super) fn inodes(&self) -> impl Iterator<Item = &Inode> {
        self.inodes.values()
    }

    /// Adds what has no name yet.
    pub(super) fn add(&mut self, inode: Inode) -> u64 {
        let number = self.next;
        self.next += 1;
        self.inodes.insert(number, inode);
        number
    }

    /// Changes names, as they are seen.
    pub(super) fn edit(&mut self, edits: Edits, now: SystemTime) {
        for edit in &edits {
            let Some(inode) = self.inodes.get_mut(&edit.folder) else { continue };
            inode.modified = now;
            let before = inode.folder_mut().and_then(|folder| put(&mut folder.seen, edit));
            for (number, more) in [(before, false), (edit.to, true)] {
                if let Some(inode) = number.and_then(|number| self.inodes.get_mut(&number)) {
                    inode.links = if more { inode.links + 1 } else { inode.links.saturating_sub(1) };
                }
            }
        }
        self.journal.push_back(edits);
        while self.journal.len() > MOST_UNSYNCED {
            let edits = self.journal.pop_front().unwrap_or_default();
            self.make_durable(&edits);
        }
        if self.inodes.len() > 2 * self.swept + 100 {
            self.sweep();
        }
    }

    fn make_durable(&mut self, edits: &Edits) {
        for edit in edits {
            if let Some(folder) = self.inodes.get_mut(&edit.folder).and_then(Inode::folder_mut) {
                put(&mut folder.durable, edit);
            }
        }
    }

    /// Puts the names in a folder on the disk, and what must be there before: earlier changes of
    /// folders that a rename between the two has changed.
    pub(super) fn sync_folder(&mut self, folder: u64) {
        let mut folders = BTreeSet::from([folder]);
        let (mut now, mut later) = (Vec::new(), VecDeque::new());
        for edits in std::mem::take(&mut self.journal).into_iter().rev() {
            if edits.iter().any(|edit| folders.contains(&edit.folder)) {
                folders.extend(edits.iter().map(|edit| edit.folder));
                now.push(edits);
            } else {
                later.push_front(edits);
            }
        }
        self.journal = later;
        for edits in now.iter().rev() {
            self.make_durable(edits);
        }
    }

    /// What has come to the disk of what was not synced, by `comes`, is there; what is seen is what
    /// is on the disk. In a folder no change comes without those before it.
    pub(super) fn reload(&mut self, mut comes: impl FnMut() -> bool) {
        let mut stopped = BTreeSet::new();
        for edits in std::mem::take(&mut self.journal) {
            if edits.iter().any(|edit| stopped.contains(&edit.folder)) || !comes() {
                stopped.extend(edits.iter().map(|edit| edit.folder));
            } else {
                self.make_durable(&edits);
            }
        }
        let mut links = BTreeMap::<u64, u64>::new();
        for inode in self.inodes.values_mut() {
            if let Some(folder) = inode.folder_mut() {
                folder.seen = folder.durable.clone();
                for number in folder.seen.values() {
                    *links.entry(*number).or_default() += 1;
                }
            }
        }
        for (number, inode) in &mut self.inodes {
            inode.links = links.get(number).copied().unwrap_or(0);
        }
        self.sweep();
    }

    /// Removes what nothing leads to, now or after a crash.
    fn sweep(&mut self) {
        let mut found = BTreeSet::new();
        let open = self.inodes.iter().filter(|(_, inode)| inode.opens > 0).map(|(number, _)| *number);
        let named = self.journal.iter().flatten().flat_map(|edit| [Some(edit.folder), edit.to]).flatten();
        let mut left: Vec<u64> = open.chain(named).chain([ROOT]).collect();
        while let Some(number) = left.pop() {
            if found.insert(number) {
                let folder = self.inodes.get(&number).and_then(Inode::folder);
                left.extend(
                    folder.iter().flat_map(|folder| folder.seen.values().chain(folder.durable.values())),
                );
            }
        }
        self.inodes.retain(|number, _| found.contains(number));
        self.swept = self.inodes.len();
    }
}
