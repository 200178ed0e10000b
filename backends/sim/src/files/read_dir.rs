//! A folder that is being read.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec::IntoIter;

use loop_api::fs::{self, DirEntry};

use crate::disk::names::Name;
use crate::state::SimHandle;

/// A folder of a host that is being read: the names that were in it when it was opened, in their
/// order.
#[derive(Debug)]
pub struct ReadDir {
    host: SimHandle,
    dir: Arc<Path>,
    names: IntoIter<Name>,
}

impl ReadDir {
    pub(super) fn new(host: SimHandle, dir: Arc<Path>, names: Vec<Name>) -> ReadDir {
        ReadDir { host, dir, names: names.into_iter() }
    }
}

impl fs::ReadDir for ReadDir {
    fn poll_next_entry(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        self.host.check_open()?;
        let entry = self.names.next().map(|(name, inode, file_type)| {
            DirEntry::new(self.dir.clone(), name, Some(file_type)).with_inode(inode)
        });
        Poll::Ready(Ok(entry))
    }
}
