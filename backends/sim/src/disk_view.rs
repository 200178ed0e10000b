//! The disk of a host, seen from outside.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use loop_api::Handle;
use loop_api::fs::OpenOptions;
use loop_api::fs::error::cannot;

use crate::core::lock;
use crate::disk::error::Fail;
use crate::disk::store::Store;
use crate::state::SimHandle;

/// The disk of a host, which outlives its crashes: for tests that put files on it or look at what
/// is there, and for libraries with a store of their own, which need bytes that a crash can take.
///
/// Nothing here takes time. A relative path begins at the root.
///
/// ```
/// use loop_sim::{Fault, SimLoop};
///
/// let sim = SimLoop::builder().build();
/// let world = sim.world();
/// let disk = world.disk("server");
/// disk.write("/etc/server.conf", b"port = 7000")?;
/// disk.write_at("/log", 0, b"not synced")?;
/// assert_eq!(disk.files(), ["/etc/server.conf", "/log"].map(std::path::PathBuf::from));
/// assert_eq!(disk.durable_files(), ["/etc/server.conf"].map(std::path::PathBuf::from));
///
/// world.fault(Fault::wipe("server")).unwrap();
/// assert_eq!(disk.read("/log").unwrap_err().kind(), std::io::ErrorKind::NotFound);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Disk(SimHandle);

impl Disk {
    pub(crate) fn new(host: SimHandle) -> Disk {
        Disk(host)
    }

    fn with<T, E: Into<io::Error>>(
        &self,
        what: &str,
        path: &Path,
        f: impl FnOnce(&mut Store) -> Result<T, E>,
    ) -> io::Result<T> {
        f(&mut lock(&self.0.0.disk)).map_err(|error| cannot(what, path, error.into()))
    }

    /// All that is in a file, as the programs of the host see it.
    ///
    /// # Errors
    ///
    /// `NotFound`, or another error of `open(2)`, as with all that follow, with the path in it.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        let path = path.as_ref();
        self.with("read", path, |disk| disk.contents(path, false))
    }

    /// All that is in a file, if a crash takes all that was not synced.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_durable(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        let path = path.as_ref();
        self.with("read", path, |disk| disk.contents(path, true))
    }

    /// Puts a file on the disk, in place of what it held, with the folders above it. It is there
    /// for good.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn write(&self, path: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        let path = path.as_ref();
        let now = self.0.wall_clock();
        self.with("write", path, |disk| disk.put(path, bytes, now))
    }

    /// Writes at a place in a file, which is made if it is not there, as a program does: a crash
    /// may take it until it is synced. Gives how many bytes were written, which are fewer on a full
    /// disk.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and those of the host's faults.
    pub fn write_at(&self, path: impl AsRef<Path>, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let path = path.as_ref();
        let now = self.0.wall_clock();
        self.with("write", path, |disk| {
            let id = disk.open(path, &OpenOptions::new().write(true).create(true), now)?;
            let written = disk.write(id, Some(offset), bytes, now);
            disk.close(id);
            match written? {
                written if written.count == 0 && !bytes.is_empty() => Err(Fail::NoSpace.into()),
                written => io::Result::Ok(written.count),
            }
        })
    }

    /// Has what was written to a file outlive a crash; or, of a folder, the names that are in it.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and those of the host's faults.
    pub fn sync(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        self.with("sync", path, |disk| disk.sync_path(path, &mut self.0.0.world.core.oracle()))
    }

    /// The paths of all files and links, as the programs of the host see them.
    pub fn files(&self) -> Vec<PathBuf> {
        lock(&self.0.0.disk).files(false)
    }

    /// The paths of all files and links, if a crash takes all that was not synced.
    pub fn durable_files(&self) -> Vec<PathBuf> {
        lock(&self.0.0.disk).files(true)
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("host", &self.0.name()).finish_non_exhaustive()
    }
}
