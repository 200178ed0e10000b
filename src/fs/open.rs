//! Opening a file.

use std::io;
use std::path::Path;

use loop_api::fs::Fs;

use super::{File, OpenOptions};
use crate::runtime::Handle;

impl OpenOptions {
    /// Opens the file at `path`. Dropped while it is pending, it closes what it opens.
    ///
    /// # Errors
    ///
    /// `NotFound`, `AlreadyExists` for `create_new`, `PermissionDenied`, `InvalidInput` for options
    /// that make no sense together, or any other error of `open(2)`, with the path in the message;
    /// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        Handle::try_current()?.open(path.as_ref().to_owned(), self.0.clone()).await
    }
}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// `NotFound`, `PermissionDenied`, or any other error of `open(2)`, with the path in the
    /// message; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let error = anyloop::fs::File::open("not/there").await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    /// assert!(error.to_string().contains("cannot open not/there"));
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn open(path: impl AsRef<Path>) -> io::Result<File> {
        File::options().read(true).open(path).await
    }

    /// Opens a file for writing; it is made if it is not there, and emptied if it is.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let folder = tempfile::tempdir()?;
    /// let file = anyloop::fs::File::create(folder.path().join("new")).await?;
    /// assert_eq!(file.metadata().await?.len(), 0);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn create(path: impl AsRef<Path>) -> io::Result<File> {
        File::options().write(true).create(true).truncate(true).open(path).await
    }

    /// Makes a file, which may be read and written.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if it is there; else as [`open`](Self::open).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::fs::File;
    ///
    /// let folder = tempfile::tempdir()?;
    /// File::create_new(folder.path().join("new")).await?;
    /// let twice = File::create_new(folder.path().join("new")).await;
    /// assert_eq!(twice.unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn create_new<P: AsRef<Path>>(path: P) -> io::Result<File> {
        File::options().read(true).write(true).create_new(true).open(path).await
    }

    /// Options for opening a file: as [`OpenOptions::new`].
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }
}
