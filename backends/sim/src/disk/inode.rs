//! What a name stands for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

use super::body::Body;

/// The names in a folder, and the numbers of what they stand for.
pub(super) type Names = BTreeMap<OsString, u64>;

/// A folder, as it is seen and as it is on the disk.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) seen: Names,
    pub(super) durable: Names,
}

#[derive(Debug)]
pub(super) enum Kind {
    File(Body),
    Folder(Folder),
    Link(PathBuf),
}

/// A file, a folder or a symbolic link.
#[derive(Debug)]
pub(super) struct Inode {
    pub(super) kind: Kind,
    /// The permissions, as unix has them.
    pub(super) mode: u32,
    pub(super) durable_mode: u32,
    pub(super) modified: SystemTime,
    pub(super) accessed: SystemTime,
    pub(super) created: SystemTime,
    /// How many names it has, as they are seen.
    pub(super) links: u64,
    /// How often it is open.
    pub(super) opens: u64,
}

impl Inode {
    pub(super) fn new(kind: Kind, mode: u32, now: SystemTime) -> Inode {
        Inode {
            kind,
            mode,
            durable_mode: mode,
            modified: now,
            accessed: now,
            created: now,
            links: 0,
            opens: 0,
        }
    }

    pub(super) fn folder(&self) -> Option<&Folder> {
        match &self.kind {
            Kind::Folder(folder) => Some(folder),
            _ => None,
        }
    }

    pub(super) fn folder_mut(&mut self) -> Option<&mut Folder> {
        match &mut self.kind {
            Kind::Folder(folder) => Some(folder),
            _ => None,
        }
    }

    pub(super) fn file(&self) -> Option<&Body> {
        match &self.kind {
            Kind::File(body) => Some(body),
            _ => None,
        }
    }

    pub(super) fn file_mut(&mut self) -> Option<&mut Body> {
        match &mut self.kind {
            Kind::File(body) => Some(body),
            _ => None,
        }
    }
}
