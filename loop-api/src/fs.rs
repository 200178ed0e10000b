//! Files and folders.
//!
//! A loop that has them implements [`Fs`]. Most take it from the toolkit, which does each operation
//! by the standard library in a blocking job (`loop_toolkit::std_fs!`); a simulator brings its own
//! disk. No operation mentions a descriptor, and all take what they need by value, so that a
//! simulated disk or a ring of requests can do them as well as a thread.
//!
//! What holds for every file:
//!
//! - A write is done with once its bytes are accepted, into a buffer; they are written behind the
//!   caller's back, in order, and a flush waits for that. The error of a write that failed is given
//!   by the next write, flush, close, `sync_all`, `sync_data` or `set_len`, once; what was accepted
//!   behind it is discarded.
//! - What was accepted is written though the file is dropped, or the loop closed. Dropping a file
//!   does not wait for it.
//! - Dropping a pending read loses nothing: bytes that it took are given to the next read, and
//!   count as unread for a seek, a write and a clone.
//! - Errors of what is done by a path name the path; their kind is the system's.
//! - On a closed loop all of it is an error, [`Closed`](crate::Closed) inside an `io::Error`.
//!
//! Futures do nothing until they are polled. Dropping one that was polled does not take back what
//! it asked for: a `rename` may still come to pass.

use std::fmt;
use std::fs::{FileTimes, Permissions};
use std::future::{Future, poll_fn};
use std::io;
use std::path::PathBuf;
use std::task::{Context, Poll};
use std::time::SystemTime;

use futures_io::{AsyncSeek, AsyncWrite};

use crate::handle::Handle;
use crate::io::AsyncReadUninit;

mod dir_entry;
pub mod error;
mod metadata;
mod options;

pub use dir_entry::DirEntry;
pub use metadata::{FileType, Metadata};
pub use options::{DirOptions, OpenOptions};

/// A loop with files.
///
/// ```
/// use loop_api::fs::{File, Fs, OpenOptions};
/// use std::path::PathBuf;
///
/// async fn append<H: Fs>(handle: H, path: PathBuf) -> std::io::Result<u64> {
///     use futures_lite::AsyncWriteExt;
///
///     let options = OpenOptions::new().append(true).create(true);
///     let mut file = handle.open(path.clone(), options).await?;
///     file.write_all(b"a line\n").await?;
///     // On the disk, not only in the system's buffers.
///     file.sync_all().await?;
///     Ok(handle.metadata(path).await?.len())
/// }
/// ```
pub trait Fs: Handle {
    /// An open file.
    type File: File;
    /// A folder that is being read.
    type ReadDir: ReadDir;

    // ---- required ----

    /// Opens a file. Dropped, it closes what it opens.
    ///
    /// # Errors
    ///
    /// `NotFound`, `AlreadyExists` for `create_new`, `PermissionDenied`, or any other error of
    /// `open(2)`; as with all that follow, with the path in the message.
    fn open(
        &self,
        path: PathBuf,
        options: OpenOptions,
    ) -> impl Future<Output = io::Result<Self::File>> + Send + 'static;

    /// Begins to read a folder.
    ///
    /// # Errors
    ///
    /// `NotFound`, `NotADirectory`, or any other error of `opendir(3)`.
    fn read_dir(&self, path: PathBuf) -> impl Future<Output = io::Result<Self::ReadDir>> + Send + 'static;

    /// What is known of a file, or of what a symbolic link leads to.
    ///
    /// # Errors
    ///
    /// `NotFound`, or any other error of `stat(2)`.
    fn metadata(&self, path: PathBuf) -> impl Future<Output = io::Result<Metadata>> + Send + 'static;

    /// What is known of a file, or of a symbolic link itself.
    ///
    /// # Errors
    ///
    /// `NotFound`, or any other error of `lstat(2)`.
    fn symlink_metadata(&self, path: PathBuf) -> impl Future<Output = io::Result<Metadata>> + Send + 'static;

    /// Sets who may do what with a file.
    ///
    /// # Errors
    ///
    /// `NotFound`, `PermissionDenied`, or any other error of `chmod(2)`.
    fn set_permissions(
        &self,
        path: PathBuf,
        permissions: Permissions,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static;

    /// Makes a folder.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` (unless it is recursive and a folder is there), `NotFound` where one above
    /// it is missing, or any other error of `mkdir(2)`.
    fn create_dir(
        &self,
        path: PathBuf,
        options: DirOptions,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static;

    /// Removes an empty folder.
    ///
    /// # Errors
    ///
    /// `DirectoryNotEmpty`, `NotFound`, or any other error of `rmdir(2)`.
    fn remove_dir(&self, path: PathBuf) -> impl Future<Output = io::Result<()>> + Send + 'static;

    /// Removes a folder and all that is in it. Symbolic links are removed and not followed.
    ///
    /// # Errors
    ///
    /// `NotFound`, or the first error of what it does; what was removed by then stays removed.
    fn remove_dir_all(&self, path: PathBuf) -> impl Future<Output = io::Result<()>> + Send + 'static;

    /// Removes a name of a file. The file goes with its last name, once it is not open any more.
    ///
    /// # Errors
    ///
    /// `NotFound`, or any other error of `unlink(2)`.
    fn remove_file(&self, path: PathBuf) -> impl Future<Output = io::Result<()>> + Send + 'static;

    /// Gives a file or folder another name, in place of a file that has it, at one stroke: others
    /// see the old file or the new one, also after a crash. That the new name outlives a crash is
    /// sure once [`sync_dir`](Self::sync_dir) was done on its folder.
    ///
    /// # Errors
    ///
    /// `NotFound`, `CrossesDevices`, or any other error of `rename(2)`, with both paths.
    fn rename(&self, from: PathBuf, to: PathBuf) -> impl Future<Output = io::Result<()>> + Send + 'static;

    /// Copies a file and its permissions, in place of what `to` holds; gives the number of bytes.
    ///
    /// # Errors
    ///
    /// `NotFound`, or any other error of reading the one or writing the other, with both paths.
    fn copy(&self, from: PathBuf, to: PathBuf) -> impl Future<Output = io::Result<u64>> + Send + 'static;

    /// Gives a file one more name.
    ///
    /// # Errors
    ///
    /// `AlreadyExists`, or any other error of `link(2)`, with both paths.
    fn hard_link(
        &self,
        original: PathBuf,
        link: PathBuf,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static;

    /// Makes a symbolic link. Windows must know whether it is `to_dir`; elsewhere that counts for
    /// nothing.
    ///
    /// # Errors
    ///
    /// `AlreadyExists`, or any other error of `symlink(2)`, with both paths.
    fn symlink(
        &self,
        original: PathBuf,
        link: PathBuf,
        to_dir: bool,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static;

    /// What a symbolic link leads to, as it was written into it.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for what is no link, `NotFound`, or any other error of `readlink(2)`.
    fn read_link(&self, path: PathBuf) -> impl Future<Output = io::Result<PathBuf>> + Send + 'static;

    /// The whole path, from the root, with no link in it and no `..`.
    ///
    /// # Errors
    ///
    /// `NotFound`, or any other error of `realpath(3)`.
    fn canonicalize(&self, path: PathBuf) -> impl Future<Output = io::Result<PathBuf>> + Send + 'static;

    /// Has what was done to the names in a folder outlive a crash of the machine. On Windows, which
    /// has no such call, it does nothing.
    ///
    /// # Errors
    ///
    /// `NotFound`, or any other error of `open(2)` or `fsync(2)`.
    fn sync_dir(&self, path: PathBuf) -> impl Future<Output = io::Result<()>> + Send + 'static;

    // ---- provided ----

    /// All that is in a file.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open) and of reading.
    fn read(&self, path: PathBuf) -> impl Future<Output = io::Result<Vec<u8>>> + Send + 'static {
        let handle = self.clone();
        async move {
            let mut file = handle.open(path, OpenOptions::new().read(true)).await?;
            let mut all = Vec::new();
            futures_lite::AsyncReadExt::read_to_end(&mut file, &mut all).await?;
            Ok(all)
        }
    }

    /// Puts `contents` into a file, in place of what it held; it is made if it is not there.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open) and of writing.
    fn write(
        &self,
        path: PathBuf,
        contents: Vec<u8>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let handle = self.clone();
        async move {
            let options = OpenOptions::new().write(true).create(true).truncate(true);
            let mut file = handle.open(path, options).await?;
            futures_lite::AsyncWriteExt::write_all(&mut file, &contents).await?;
            futures_lite::AsyncWriteExt::flush(&mut file).await
        }
    }

    /// Takes over a file of the standard library's. The default refuses, for a disk that is not the
    /// system's.
    ///
    /// # Errors
    ///
    /// `Unsupported`; the file is closed.
    fn file_from_std(&self, file: std::fs::File) -> io::Result<Self::File> {
        drop(file);
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "the files of this loop are not the system's, so that it takes over none of those: open it by its path",
        ))
    }
}

/// An open file, which is read and written at one position, as a stream, or anywhere. See the front
/// page of [this module](self) for what holds of writes, dropped reads and drops.
///
/// Methods by `&self` wait for what the file is at.
pub trait File:
    AsyncReadUninit + AsyncWrite + AsyncSeek + fmt::Debug + Unpin + Send + Sync + 'static
{
    /// Reads into `buf`, at most its length, from `offset` on, and gives the buffer back; zero
    /// bytes are the end. The position of the stream stays where it is. (On Windows it moves.)
    ///
    /// # Errors
    ///
    /// Any error of `pread(2)`.
    fn read_at(
        &self,
        buf: Vec<u8>,
        offset: u64,
    ) -> impl Future<Output = (io::Result<usize>, Vec<u8>)> + Send + 'static;

    /// Writes `buf` at `offset`, perhaps not all of it, and gives the buffer back. What was
    /// accepted by the stream is not waited for. The position of the stream stays where it is. (On
    /// Windows it moves.)
    ///
    /// # Errors
    ///
    /// Any error of `pwrite(2)`.
    fn write_at(
        &self,
        buf: Vec<u8>,
        offset: u64,
    ) -> impl Future<Output = (io::Result<usize>, Vec<u8>)> + Send + 'static;

    /// Waits until all that was accepted has been written or has failed. A failure is left for the
    /// call that tells of it.
    fn complete(&self) -> impl Future<Output = ()> + Send;

    /// Has what was written, and what is known of the file, outlive a crash of the machine.
    ///
    /// # Errors
    ///
    /// That of a write before it, or any error of `fsync(2)`.
    fn sync_all(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// As [`sync_all`](Self::sync_all), for what was written alone.
    ///
    /// # Errors
    ///
    /// That of a write before it, or any error of `fdatasync(2)`.
    fn sync_data(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Cuts the file off at `len` bytes, or makes it longer by zeroes. The position stays.
    ///
    /// # Errors
    ///
    /// That of a write before it, or any error of `ftruncate(2)`.
    fn set_len(&self, len: u64) -> impl Future<Output = io::Result<()>> + Send;

    /// What is known of the file.
    ///
    /// # Errors
    ///
    /// Any error of `fstat(2)`.
    fn metadata(&self) -> impl Future<Output = io::Result<Metadata>> + Send;

    /// Sets who may do what with it.
    ///
    /// # Errors
    ///
    /// Any error of `fchmod(2)`.
    fn set_permissions(&self, permissions: Permissions) -> impl Future<Output = io::Result<()>> + Send;

    /// Sets when it was modified.
    ///
    /// # Errors
    ///
    /// Any error of `futimens(2)`.
    fn set_modified(&self, time: SystemTime) -> impl Future<Output = io::Result<()>> + Send;

    /// Sets several of its times. The default refuses, for a disk that is not the system's: it
    /// cannot read what it is given.
    ///
    /// # Errors
    ///
    /// `Unsupported`, or any error of `futimens(2)`.
    fn set_times(&self, times: FileTimes) -> impl Future<Output = io::Result<()>> + Send {
        let _ = times;
        async {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this disk is not the system's and cannot read FileTimes: use set_modified",
            ))
        }
    }

    /// The same file once more; both share the position.
    ///
    /// # Errors
    ///
    /// Any error of `dup(2)`.
    fn try_clone(&self) -> impl Future<Output = io::Result<Self>> + Send
    where
        Self: Sized;

    /// How many bytes one read asks for, and how many writes may be accepted and not yet written.
    fn max_buf_size(&self) -> usize;

    /// Sets it; at least one.
    fn set_max_buf_size(&mut self, bytes: usize);

    /// The standard library's file inside, if it is one. Its position is the stream's only while
    /// the file is at nothing.
    fn as_std(&self) -> Option<&std::fs::File>;

    /// Gives it to the standard library.
    ///
    /// # Errors
    ///
    /// The file as it was, if it is not the system's or is at something: wait for
    /// [`complete`](Self::complete) first.
    fn into_std(self) -> Result<std::fs::File, Self>
    where
        Self: Sized;
}

/// A folder that is being read. Names that are made or removed meanwhile may be given or not.
pub trait ReadDir: fmt::Debug + Unpin + Send + Sync + 'static {
    /// The next name, in no order; `.` and `..` are left out. `None` is the end.
    ///
    /// # Errors
    ///
    /// Any error of `readdir(3)`.
    fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>>;

    /// [`poll_next_entry`](Self::poll_next_entry) as a future. Cancel safe: no name is lost.
    ///
    /// # Errors
    ///
    /// As that one.
    fn next_entry(&mut self) -> impl Future<Output = io::Result<Option<DirEntry>>> + Send
    where
        Self: Sized,
    {
        poll_fn(|cx| self.poll_next_entry(cx))
    }
}

/// Hands a macro the operations of [`Fs`](crate::fs::Fs) that give no type of the backend's, for
/// what writes each of them alike.
#[doc(hidden)]
#[macro_export]
macro_rules! __fs_operations {
    ($($macro:tt)+) => {
        $($macro)+! {
            metadata(path: ::std::path::PathBuf) -> $crate::fs::Metadata;
            symlink_metadata(path: ::std::path::PathBuf) -> $crate::fs::Metadata;
            set_permissions(path: ::std::path::PathBuf, permissions: ::std::fs::Permissions) -> ();
            create_dir(path: ::std::path::PathBuf, options: $crate::fs::DirOptions) -> ();
            remove_dir(path: ::std::path::PathBuf) -> ();
            remove_dir_all(path: ::std::path::PathBuf) -> ();
            remove_file(path: ::std::path::PathBuf) -> ();
            rename(from: ::std::path::PathBuf, to: ::std::path::PathBuf) -> ();
            copy(from: ::std::path::PathBuf, to: ::std::path::PathBuf) -> u64;
            hard_link(original: ::std::path::PathBuf, link: ::std::path::PathBuf) -> ();
            symlink(original: ::std::path::PathBuf, link: ::std::path::PathBuf, to_dir: bool) -> ();
            read_link(path: ::std::path::PathBuf) -> ::std::path::PathBuf;
            canonicalize(path: ::std::path::PathBuf) -> ::std::path::PathBuf;
            sync_dir(path: ::std::path::PathBuf) -> ();
            read(path: ::std::path::PathBuf) -> ::std::vec::Vec<u8>;
            write(path: ::std::path::PathBuf, contents: ::std::vec::Vec<u8>) -> ();
        }
    };
}
