//! What a folder holds.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::FileType;

/// A name in a folder, as reading the folder gave it.
///
/// ```
/// use std::path::Path;
/// use loop_api::fs::{DirEntry, FileType};
///
/// let entry = DirEntry::new(Path::new("/etc").into(), "hosts".into(), Some(FileType::FILE));
/// assert_eq!(entry.path(), Path::new("/etc/hosts"));
/// assert_eq!(entry.file_name(), "hosts");
/// ```
#[derive(Clone)]
pub struct DirEntry {
    dir: Arc<Path>,
    name: OsString,
    file_type: Option<FileType>,
    inode: u64,
}

impl DirEntry {
    /// The name `name` in `dir`; `file_type` where reading the folder tells it.
    pub fn new(dir: Arc<Path>, name: OsString, file_type: Option<FileType>) -> DirEntry {
        DirEntry { dir, name, file_type, inode: 0 }
    }

    /// Sets the number by which unix tells files apart.
    #[must_use = "it gives the entry back, with the number set"]
    pub fn with_inode(mut self, inode: u64) -> DirEntry {
        self.inode = inode;
        self
    }

    /// The path of the folder, as it was given, with the name behind it.
    pub fn path(&self) -> PathBuf {
        self.dir.join(&self.name)
    }

    /// The name alone.
    pub fn file_name(&self) -> &OsStr {
        &self.name
    }

    /// What it is (a symbolic link is not followed), where reading the folder told it.
    pub fn file_type(&self) -> Option<FileType> {
        self.file_type
    }

    /// The number by which unix tells files apart; zero elsewhere.
    pub fn inode(&self) -> u64 {
        self.inode
    }
}

impl fmt::Debug for DirEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DirEntry").field(&self.path()).finish()
    }
}
