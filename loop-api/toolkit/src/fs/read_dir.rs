//! A folder of the standard library's that is being read, some names in each blocking job.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use loop_api::Handle;
use loop_api::fs::error::cannot;
use loop_api::fs::{self, DirEntry};

use super::job::ended;

/// How many names one job reads.
const CHUNK: usize = 32;

/// A folder that is being read on the loop of `H`.
pub struct ReadDir<H: Handle> {
    handle: H,
    dir: Arc<Path>,
    /// Read, and not given yet.
    names: VecDeque<io::Result<DirEntry>>,
    rest: Rest<H>,
}

/// `None` is the end.
type Std = Option<std::fs::ReadDir>;
pub(super) type Chunk = (VecDeque<io::Result<DirEntry>>, Std);

enum Rest<H: Handle> {
    Here(Std),
    Reading(H::Task<Chunk>),
}

/// Opens a folder and reads its first names: for a blocking job.
pub(super) fn open(dir: &Path) -> io::Result<Chunk> {
    let std = std::fs::read_dir(dir).map_err(|error| cannot("read the folder", dir, error))?;
    Ok(read(&dir.into(), std))
}

fn read(dir: &Arc<Path>, mut std: std::fs::ReadDir) -> Chunk {
    let mut names = VecDeque::with_capacity(CHUNK);
    while names.len() < CHUNK {
        match std.next() {
            Some(Ok(entry)) => names.push_back(Ok(entry_of(dir, &entry))),
            Some(Err(error)) => names.push_back(Err(cannot("read the folder", dir, error))),
            None => return (names, None),
        }
    }
    (names, Some(std))
}

fn entry_of(dir: &Arc<Path>, entry: &std::fs::DirEntry) -> DirEntry {
    let made = DirEntry::new(dir.clone(), entry.file_name(), entry.file_type().ok().map(Into::into));
    #[cfg(unix)]
    let made = made.with_inode(std::os::unix::fs::DirEntryExt::ino(entry));
    made
}

// Nothing in it is pinned.
impl<H: Handle> Unpin for ReadDir<H> {}

impl<H: Handle> ReadDir<H> {
    pub(super) fn new(handle: H, dir: PathBuf, (names, rest): Chunk) -> Self {
        ReadDir { handle, dir: dir.into(), names, rest: Rest::Here(rest) }
    }
}

impl<H: Handle> fs::ReadDir for ReadDir<H> {
    fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        loop {
            if let Some(entry) = self.names.pop_front() {
                return Poll::Ready(entry.map(Some));
            }
            match &mut self.rest {
                Rest::Here(std) => {
                    let Some(std) = std.take() else { return Poll::Ready(Ok(None)) };
                    let dir = self.dir.clone();
                    self.rest = Rest::Reading(self.handle.spawn_blocking(move || read(&dir, std)));
                }
                Rest::Reading(job) => match ready!(Pin::new(job).poll(cx)) {
                    Ok((names, rest)) => {
                        self.names = names;
                        self.rest = Rest::Here(rest);
                    }
                    Err(error) => {
                        self.rest = Rest::Here(None);
                        return Poll::Ready(ended(Err(error)));
                    }
                },
            }
        }
    }
}

impl<H: Handle> fmt::Debug for ReadDir<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadDir").field("dir", &self.dir).finish_non_exhaustive()
    }
}
