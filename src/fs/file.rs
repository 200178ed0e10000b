//! An open file.

use std::fs::{FileTimes, Permissions};
use std::io::{self, SeekFrom};
use std::time::SystemTime;

use loop_api::fs::{self, Fs, Metadata};

use crate::any::{self, each, opaque};
use crate::runtime::Handle;
use crate::runtime::or_panic;
use crate::task::yield_now;

/// An open file, read and written as a stream: tokio's `AsyncRead`, `AsyncWrite` and `AsyncSeek`,
/// and futures-io's. It is closed when it is dropped.
///
/// - **Writes** are done with once their bytes are accepted into a buffer (of
///   [`max_buf_size`](Self::max_buf_size)); they are written on a blocking thread, in order, small
///   ones many at a time. `flush` (also `shutdown`) waits for that; [`sync_all`](Self::sync_all)
///   waits until they are on the disk. A write that fails is told by the next write, `flush`,
///   `shutdown`, `sync_all`, `sync_data` or `set_len`, once; what was accepted behind it is
///   discarded.
/// - **Dropping** the file does not wait for its writes, and neither does it lose them: they are
///   made, and then it is closed. To know that it is closed, `flush` first. The writes are made
///   though the loop is closed, too.
/// - **Cancel safety**: a read that is dropped while pending loses nothing, what it took is given
///   to the next read, and counts as unread for a seek, a write and a clone. A write is either
///   accepted or not. The other methods may be dropped; what they asked for may still be done.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// # #[cfg(feature = "io-util")] {
/// use anyloop::fs::File;
/// use anyloop::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, SeekFrom};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// let mut file = File::options().read(true).write(true).create(true).open(path).await?;
/// file.write_all(b"ciao mondo").await?;
/// file.seek(SeekFrom::Start(5)).await?;
/// let mut text = String::new();
/// file.read_to_string(&mut text).await?;
/// assert_eq!(text, "mondo");
/// # }
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct File(pub(crate) any::File, pub(super) Seek);

/// What tokio's `AsyncSeek` is at.
#[derive(Debug, Default)]
pub(super) struct Seek {
    pub(super) seeking: Option<SeekFrom>,
    pub(super) position: u64,
}

opaque!([] File, File);

impl File {
    pub(super) fn new(inner: any::File) -> File {
        File(inner, Seek::default())
    }

    /// Takes over a file of the standard library's.
    ///
    /// # Panics
    ///
    /// Without a loop, or on one whose disk is not the system's;
    /// [`try_from_std`](Self::try_from_std) does not.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::fs::File;
    ///
    /// let file = File::from_std(tempfile::tempfile()?);
    /// file.set_len(7).await?;
    /// assert_eq!(file.into_std().await.metadata()?.len(), 7);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_std(std: std::fs::File) -> File {
        or_panic(File::try_from_std(std))
    }

    /// [`from_std`](Self::from_std) that does not panic.
    ///
    /// # Errors
    ///
    /// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop; `Unsupported` on
    /// one whose disk is not the system's.
    pub fn try_from_std(std: std::fs::File) -> io::Result<File> {
        Handle::try_current()?.file_from_std(std)
    }

    /// Gives the file to the standard library, once what it is at is done. The error of a write
    /// before it is not told: `flush` first.
    ///
    /// # Panics
    ///
    /// If the file is not the system's, but of a simulated disk;
    /// [`try_into_std`](Self::try_into_std) does not.
    pub async fn into_std(self) -> std::fs::File {
        let mut file = self;
        loop {
            fs::File::complete(&file).await;
            file = match file.try_into_std() {
                Ok(std) => return std,
                Err(file) => file,
            };
            // A call that was given up is at it still: both have the file then.
            match file.as_system().try_clone() {
                Ok(std) => return std,
                Err(_) => yield_now().await,
            }
        }
    }

    /// Gives the file to the standard library at once.
    ///
    /// # Errors
    ///
    /// The file as it was, if it is at something, or is not the system's.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let file = anyloop::fs::File::from_std(tempfile::tempfile()?);
    /// assert!(file.try_into_std().is_ok());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[allow(clippy::result_large_err)]
    pub fn try_into_std(self) -> Result<std::fs::File, File> {
        let File(inner, seek) = self;
        let std: Result<std::fs::File, any::File> =
            each!(File => File as wrap; inner, f => fs::File::into_std(f).map_err(wrap));
        std.map_err(|inner| File(inner, seek))
    }

    /// The system's file.
    ///
    /// # Panics
    ///
    /// If it is of a simulated disk.
    #[track_caller]
    pub(super) fn as_system(&self) -> &std::fs::File {
        match each!(File; &self.0, f => fs::File::as_std(f)) {
            Some(std) => std,
            None => panic!(
                "this file is of a simulated disk and not the system's: it has no descriptor; use the methods of File"
            ),
        }
    }

    /// How many bytes one read asks for at most, and how many may be accepted and not yet written;
    /// 2 MiB unless it was set.
    pub fn max_buf_size(&self) -> usize {
        each!(File; &self.0, f => fs::File::max_buf_size(f))
    }

    /// Sets it, in bytes.
    ///
    /// # Panics
    ///
    /// If it is zero.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let mut file = anyloop::fs::File::from_std(tempfile::tempfile()?);
    /// file.set_max_buf_size(125);
    /// assert_eq!(file.max_buf_size(), 125);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn set_max_buf_size(&mut self, max_buf_size: usize) {
        assert!(max_buf_size > 0, "a file cannot be read or written by a buffer of no bytes");
        each!(File; &mut self.0, f => fs::File::set_max_buf_size(f, max_buf_size));
    }
}

/// Methods that wait, of the trait's names.
macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $output:ty;)*) => {
        impl File {$(
            $(#[$doc])*
            pub async fn $name(&self $(, $arg: $type)*) -> io::Result<$output> {
                each!(File; &self.0, f => fs::File::$name(f $(, $arg)*).await)
            }
        )*}
    };
}

methods! {
    /// Has what was written, and what is known of the file, outlive a crash of the machine.
    ///
    /// # Errors
    ///
    /// That of a write before it, or any error of `fsync(2)`.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// # #[cfg(feature = "io-util")] {
    /// use anyloop::io::AsyncWriteExt;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("file");
    /// let mut file = anyloop::fs::File::create(&path).await?;
    /// file.write_all(b"ciao").await?;
    /// file.sync_all().await?;
    /// assert_eq!(std::fs::read(path)?, b"ciao");
    /// # }
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    sync_all() -> ();
    /// As [`sync_all`](Self::sync_all), for what was written alone.
    ///
    /// # Errors
    ///
    /// That of a write before it, or any error of `fdatasync(2)`.
    sync_data() -> ();
    /// Cuts the file off at `size` bytes, or makes it longer by zeroes. The position stays.
    ///
    /// # Errors
    ///
    /// That of a write before it, or any error of `ftruncate(2)`.
    set_len(size: u64) -> ();
    /// What is known of the file.
    ///
    /// # Errors
    ///
    /// Any error of `fstat(2)`.
    metadata() -> Metadata;
    /// Sets who may do what with it.
    ///
    /// # Errors
    ///
    /// Any error of `fchmod(2)`.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let file = anyloop::fs::File::from_std(tempfile::tempfile()?);
    /// let mut permissions = file.metadata().await?.permissions();
    /// permissions.set_readonly(true);
    /// file.set_permissions(permissions).await?;
    /// assert!(file.metadata().await?.permissions().readonly());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    set_permissions(perm: Permissions) -> ();
    /// Sets several of its times.
    ///
    /// # Errors
    ///
    /// Any error of `futimens(2)`; `Unsupported` on a simulated disk.
    set_times(times: FileTimes) -> ();
    /// Sets when it was modified.
    ///
    /// # Errors
    ///
    /// Any error of `futimens(2)`.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use std::time::SystemTime;
    ///
    /// let file = anyloop::fs::File::from_std(tempfile::tempfile()?);
    /// file.set_modified(SystemTime::UNIX_EPOCH).await?;
    /// assert_eq!(file.metadata().await?.modified()?, SystemTime::UNIX_EPOCH);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    set_modified(time: SystemTime) -> ();
}

impl File {
    /// The same file once more; both share the position.
    ///
    /// # Errors
    ///
    /// That of a write before it, or any error of `dup(2)`.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// # #[cfg(feature = "io-util")] {
    /// use anyloop::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
    ///
    /// let mut file = anyloop::fs::File::from_std(tempfile::tempfile()?);
    /// file.write_all(b"ciao").await?;
    /// let mut clone = file.try_clone().await?;
    /// clone.rewind().await?;
    /// let mut text = String::new();
    /// file.read_to_string(&mut text).await?;
    /// assert_eq!(text, "ciao");
    /// # }
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn try_clone(&self) -> io::Result<File> {
        let clone: io::Result<any::File> =
            each!(File => File as wrap; &self.0, f => fs::File::try_clone(f).await.map(wrap));
        clone.map(File::new)
    }
}

/// As [`File::from_std`], which panics without a loop.
impl From<std::fs::File> for File {
    fn from(std: std::fs::File) -> File {
        File::from_std(std)
    }
}

/// As [`File::from_std`], which panics without a loop.
#[cfg(unix)]
impl From<std::os::fd::OwnedFd> for File {
    fn from(fd: std::os::fd::OwnedFd) -> File {
        File::from_std(fd.into())
    }
}

/// The descriptor. It panics for a file of a simulated disk, which has none.
#[cfg(unix)]
impl std::os::fd::AsRawFd for File {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.as_system().as_raw_fd()
    }
}

/// The descriptor. It panics for a file of a simulated disk, which has none.
#[cfg(unix)]
impl std::os::fd::AsFd for File {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.as_system().as_fd()
    }
}

/// The handle. It panics for a file of a simulated disk, which has none.
#[cfg(windows)]
impl std::os::windows::io::AsRawHandle for File {
    fn as_raw_handle(&self) -> std::os::windows::io::RawHandle {
        self.as_system().as_raw_handle()
    }
}

/// The handle. It panics for a file of a simulated disk, which has none.
#[cfg(windows)]
impl std::os::windows::io::AsHandle for File {
    fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
        self.as_system().as_handle()
    }
}
