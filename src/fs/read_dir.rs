//! What a folder holds.

use std::ffi::OsString;
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};

use loop_api::fs::{self, FileType, Fs, Metadata};

use crate::any::{self, each, opaque};
use crate::runtime::Handle;

/// Begins to read a folder.
///
/// # Errors
///
/// `NotFound`, `NotADirectory`, or any other error of `opendir(3)`, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// anyloop::fs::write(folder.path().join("file"), "").await?;
/// let mut reading = anyloop::fs::read_dir(folder.path()).await?;
/// let entry = reading.next_entry().await?.unwrap();
/// assert_eq!(entry.file_name(), "file");
/// assert_eq!(entry.path(), folder.path().join("file"));
/// assert!(entry.file_type().await?.is_file());
/// assert_eq!(entry.metadata().await?.len(), 0);
/// assert!(reading.next_entry().await?.is_none());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
    Handle::try_current()?.read_dir(path.as_ref().to_owned()).await
}

/// A folder that is being read: see [`read_dir`]. Names that are made or removed meanwhile may be
/// given or not. `.` and `..` are left out.
#[must_use = "nothing is read but by next_entry"]
pub struct ReadDir(pub(super) any::ReadDir);

opaque!([] ReadDir, ReadDir);

impl ReadDir {
    /// The next name, in no order; `None` is the end. Cancel safe: no name is lost.
    ///
    /// # Errors
    ///
    /// Any error of `readdir(3)`, with the path in the message.
    pub async fn next_entry(&mut self) -> io::Result<Option<DirEntry>> {
        poll_fn(|cx| self.poll_next_entry(cx)).await
    }

    /// [`next_entry`](Self::next_entry) as a poll: wakes the last task that polled.
    ///
    /// # Errors
    ///
    /// As that one.
    pub fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        let entry = fs::ReadDir::poll_next_entry(self, cx);
        entry.map_ok(|entry| entry.map(DirEntry))
    }
}

impl fs::ReadDir for ReadDir {
    fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<fs::DirEntry>>> {
        each!(ReadDir; &mut self.0, dir => fs::ReadDir::poll_next_entry(dir, cx))
    }
}

/// A name in a folder: see [`read_dir`].
#[derive(Debug)]
pub struct DirEntry(fs::DirEntry);

impl DirEntry {
    /// The path that was given to [`read_dir`], with the name behind it.
    pub fn path(&self) -> PathBuf {
        self.0.path()
    }

    /// The name alone.
    pub fn file_name(&self) -> OsString {
        self.0.file_name().to_owned()
    }

    /// What is known of it: of a symbolic link, of the link itself.
    ///
    /// # Errors
    ///
    /// As [`symlink_metadata`](super::symlink_metadata).
    pub async fn metadata(&self) -> io::Result<Metadata> {
        super::symlink_metadata(self.path()).await
    }

    /// What it is: a symbolic link is not followed. The system is asked only where reading the
    /// folder did not tell.
    ///
    /// # Errors
    ///
    /// As [`symlink_metadata`](super::symlink_metadata).
    pub async fn file_type(&self) -> io::Result<FileType> {
        match self.0.file_type() {
            Some(file_type) => Ok(file_type),
            None => Ok(self.metadata().await?.file_type()),
        }
    }

    /// The number by which unix tells files apart.
    #[cfg(unix)]
    pub fn ino(&self) -> u64 {
        self.0.inode()
    }
}
