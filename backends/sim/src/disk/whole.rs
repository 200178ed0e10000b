//! Files as a whole, for those who look at a disk from outside.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use loop_api::fs::DirOptions;

use super::body::Body;
use super::error::Fail;
use super::inode::{Inode, Kind};
use super::resolve::State;
use super::store::Store;
use super::tree::{Edit, ROOT};

impl Store {
    /// All that is in a file: as it is seen, or as it is on the disk.
    pub(crate) fn contents(&self, path: &Path, durable: bool) -> Result<Vec<u8>, Fail> {
        let state = if durable { State::Durable } else { State::Seen };
        let number = self.tree.resolve(path, true, state)?.found()?;
        let body = self.tree.get(number).and_then(Inode::file).ok_or(Fail::IsAFolder)?;
        Ok(if durable { body.durable() } else { body.seen() }.to_vec())
    }

    /// Puts a file on the disk, and the folders above it.
    pub(crate) fn put(&mut self, path: &Path, bytes: &[u8], now: SystemTime) -> Result<(), Fail> {
        if let Some(above) = path.parent() {
            self.create_dir(above, &DirOptions::new().recursive(true), now)?;
        }
        let place = self.tree.resolve(path, true, State::Seen)?;
        let name = place.name.clone().ok_or(Fail::IsAFolder)?;
        match place.number.and_then(|number| self.tree.get_mut(number)) {
            Some(inode) => *inode.file_mut().ok_or(Fail::IsAFolder)? = Body::of(bytes),
            None => {
                let number = self.tree.add(Inode::new(Kind::File(Body::of(bytes)), 0o644, now));
                self.tree.edit(vec![Edit { folder: place.folder(), name, to: Some(number) }], now);
            }
        }
        place.folders().for_each(|folder| self.tree.sync_folder(folder));
        Ok(())
    }

    /// The paths of all files, in their order.
    pub(crate) fn files(&self, durable: bool) -> Vec<PathBuf> {
        let state = if durable { State::Durable } else { State::Seen };
        let (mut files, mut left) = (Vec::new(), vec![(PathBuf::from("/"), ROOT)]);
        while let Some((path, folder)) = left.pop() {
            for (name, number) in self.tree.names(folder, state).into_iter().flatten() {
                match self.tree.get(*number).map(|inode| &inode.kind) {
                    Some(Kind::Folder(_)) => left.push((path.join(name), *number)),
                    _ => files.push(path.join(name)),
                }
            }
        }
        files.sort();
        files
    }
}
