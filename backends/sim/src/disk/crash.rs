//! What a crash leaves of a disk.

use std::time::SystemTime;

use super::store::Store;
use super::tree::Tree;
use crate::oracle::{ChoiceKind, Oracle};

impl Store {
    /// The power is gone, and comes back: all files are closed, and of what was not synced it is
    /// drawn what is there.
    pub(crate) fn crash(&mut self, oracle: &mut Oracle) {
        self.close_all();
        // The quiet choice is that it has come to the disk.
        self.tree.reload(|| oracle.pick(ChoiceKind::Crash, 2) == 0);
        for inode in self.tree.inodes_mut() {
            if inode.mode != inode.durable_mode && oracle.pick(ChoiceKind::Crash, 2) == 0 {
                inode.durable_mode = inode.mode;
            }
            inode.mode = inode.durable_mode;
            if let Some(body) = inode.file_mut() {
                body.settle(oracle);
                body.reload();
            }
        }
    }

    /// All that was on it is gone.
    pub(crate) fn wipe(&mut self, now: SystemTime) {
        self.close_all();
        self.tree = Tree::new(now);
    }
}
