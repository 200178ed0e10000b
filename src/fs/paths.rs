//! What is done by a path.

use std::fs::Permissions;
use std::io;
use std::path::{Path, PathBuf};

use loop_api::fs::error::cannot;
use loop_api::fs::{DirOptions, Fs, Metadata};

use crate::runtime::Handle;

/// The whole path, from the root, with no link in it and no `..`.
///
/// # Errors
///
/// `NotFound`, or any other error of `realpath(3)`, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// std::fs::create_dir(folder.path().join("a"))?;
/// let whole = anyloop::fs::canonicalize(folder.path().join("a").join("..")).await?;
/// assert_eq!(whole, folder.path().canonicalize()?);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    Handle::try_current()?.canonicalize(path.as_ref().to_owned()).await
}

/// What is known of a file, or of what a symbolic link leads to.
///
/// # Errors
///
/// `NotFound`, or any other error of `stat(2)`, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let known = anyloop::fs::metadata(std::env::temp_dir()).await?;
/// assert!(known.is_dir() && !known.is_file());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    Handle::try_current()?.metadata(path.as_ref().to_owned()).await
}

/// What is known of a file, or of a symbolic link itself.
///
/// # Errors
///
/// `NotFound`, or any other error of `lstat(2)`, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// # #[cfg(unix)] {
/// let folder = tempfile::tempdir()?;
/// let link = folder.path().join("link");
/// anyloop::fs::symlink("nowhere", &link).await?;
/// assert!(anyloop::fs::symlink_metadata(&link).await?.is_symlink());
/// assert!(!anyloop::fs::try_exists(&link).await?);
/// # }
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    Handle::try_current()?.symlink_metadata(path.as_ref().to_owned()).await
}

/// Sets who may do what with a file.
///
/// # Errors
///
/// `NotFound`, `PermissionDenied`, or any other error of `chmod(2)`, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// anyloop::fs::write(&path, "").await?;
/// let mut permissions = anyloop::fs::metadata(&path).await?.permissions();
/// permissions.set_readonly(true);
/// anyloop::fs::set_permissions(&path, permissions).await?;
/// assert!(anyloop::fs::metadata(&path).await?.permissions().readonly());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn set_permissions(path: impl AsRef<Path>, perm: Permissions) -> io::Result<()> {
    Handle::try_current()?.set_permissions(path.as_ref().to_owned(), perm).await
}

/// Removes an empty folder.
///
/// # Errors
///
/// `DirectoryNotEmpty`, `NotFound`, or any other error of `rmdir(2)`, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("empty");
/// anyloop::fs::create_dir(&path).await?;
/// anyloop::fs::remove_dir(&path).await?;
/// assert!(!path.exists());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    Handle::try_current()?.remove_dir(path.as_ref().to_owned()).await
}

/// Removes a folder and all that is in it. Symbolic links are removed and not followed. Dropped
/// while it is pending, it goes on.
///
/// # Errors
///
/// `NotFound`, or the first error of what it does, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop. What was removed by
/// then stays removed.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("a");
/// anyloop::fs::create_dir_all(path.join("b")).await?;
/// anyloop::fs::remove_dir_all(&path).await?;
/// assert!(!path.exists());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    Handle::try_current()?.remove_dir_all(path.as_ref().to_owned()).await
}

/// Removes a name of a file. The file goes with its last name, once it is not open any more.
///
/// # Errors
///
/// `NotFound`, or any other error of `unlink(2)`, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// anyloop::fs::write(&path, "").await?;
/// anyloop::fs::remove_file(&path).await?;
/// assert!(!path.exists());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    Handle::try_current()?.remove_file(path.as_ref().to_owned()).await
}

/// What a symbolic link leads to, as it was written into it.
///
/// # Errors
///
/// `InvalidInput` for what is no link, `NotFound`, or any other error of `readlink(2)`, with the
/// path in the message; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// # #[cfg(unix)] {
/// let folder = tempfile::tempdir()?;
/// let link = folder.path().join("link");
/// anyloop::fs::symlink("somewhere", &link).await?;
/// assert_eq!(anyloop::fs::read_link(&link).await?.to_str(), Some("somewhere"));
/// # }
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    Handle::try_current()?.read_link(path.as_ref().to_owned()).await
}

/// All that is in a file, in one blocking job.
///
/// # Errors
///
/// `NotFound`, or any other error of opening or reading it, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// anyloop::fs::write(&path, b"ciao").await?;
/// assert_eq!(anyloop::fs::read(&path).await?, b"ciao");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    Handle::try_current()?.read(path.as_ref().to_owned()).await
}

/// All that is in a file, as text.
///
/// # Errors
///
/// `InvalidData` if it is not UTF-8; else as [`read`].
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// anyloop::fs::write(&path, "ciao").await?;
/// assert_eq!(anyloop::fs::read_to_string(&path).await?, "ciao");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let path = path.as_ref();
    let bytes = read(path).await?;
    String::from_utf8(bytes)
        .map_err(|error| cannot("read the text of", path, io::Error::new(io::ErrorKind::InvalidData, error)))
}

/// Puts `contents` into a file, in place of what it held, in one blocking job; it is made if it is
/// not there. Dropped while it is pending, it goes on.
///
/// # Errors
///
/// `NotFound` where the folder is missing, or any other error of opening or writing it, with the
/// path in the message; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// anyloop::fs::write(&path, "ciao").await?;
/// assert_eq!(std::fs::read(&path)?, b"ciao");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    Handle::try_current()?.write(path.as_ref().to_owned(), contents.as_ref().to_owned()).await
}

/// Whether something is there: false where a symbolic link leads nowhere.
///
/// # Errors
///
/// Any error of `stat(2)` but `NotFound`, such as `PermissionDenied`, with the path in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// assert!(anyloop::fs::try_exists(std::env::temp_dir()).await?);
/// assert!(!anyloop::fs::try_exists("not/there").await?);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    match metadata(path).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a folder.
///
/// # Errors
///
/// `AlreadyExists`, `NotFound` where one above it is missing, or any other error of `mkdir(2)`,
/// with the path in the message; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a
/// loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("a");
/// anyloop::fs::create_dir(&path).await?;
/// let again = anyloop::fs::create_dir(&path).await.unwrap_err();
/// assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    Handle::try_current()?.create_dir(path.as_ref().to_owned(), DirOptions::new()).await
}

/// Makes a folder and those above it, where they are missing.
///
/// # Errors
///
/// Any error of `mkdir(2)`, with the path in the message; [`NoLoop`](crate::runtime::NoLoop) inside
/// an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("a/b/c");
/// anyloop::fs::create_dir_all(&path).await?;
/// anyloop::fs::create_dir_all(&path).await?; // it may be there
/// assert!(path.is_dir());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let options = DirOptions::new().recursive(true);
    Handle::try_current()?.create_dir(path.as_ref().to_owned(), options).await
}

/// Gives a file or folder another name, in place of a file that has it, at one stroke: others see
/// the old file or the new one. Dropped while it is pending, it may still be done.
///
/// # Errors
///
/// `NotFound`, `CrossesDevices`, or any other error of `rename(2)`, with both paths in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let (new, old) = (folder.path().join("new"), folder.path().join("old"));
/// anyloop::fs::write(&old, "before").await?;
/// anyloop::fs::write(&new, "after").await?;
/// anyloop::fs::rename(&new, &old).await?;
/// assert_eq!(anyloop::fs::read(&old).await?, b"after");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    Handle::try_current()?.rename(from.as_ref().to_owned(), to.as_ref().to_owned()).await
}

/// Copies a file and its permissions, in place of what `to` holds; gives the number of bytes.
/// Dropped while it is pending, it goes on.
///
/// # Errors
///
/// `NotFound`, or any other error of reading the one or writing the other, with both paths in the
/// message; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// anyloop::fs::write(&path, "ciao").await?;
/// assert_eq!(anyloop::fs::copy(&path, folder.path().join("copy")).await?, 4);
/// assert_eq!(std::fs::read(folder.path().join("copy"))?, b"ciao");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
    Handle::try_current()?.copy(from.as_ref().to_owned(), to.as_ref().to_owned()).await
}

/// Gives a file one more name.
///
/// # Errors
///
/// `AlreadyExists`, or any other error of `link(2)`, with both paths in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// anyloop::fs::write(&path, "ciao").await?;
/// anyloop::fs::hard_link(&path, folder.path().join("link")).await?;
/// assert_eq!(std::fs::read(folder.path().join("link"))?, b"ciao");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    Handle::try_current()?.hard_link(original.as_ref().to_owned(), link.as_ref().to_owned()).await
}

/// Makes a symbolic link at `link`, which leads to `original`, seen from the link's folder.
///
/// # Errors
///
/// `AlreadyExists`, or any other error of `symlink(2)`, with both paths in the message;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// # #[cfg(unix)] {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// anyloop::fs::write(&path, "ciao").await?;
/// anyloop::fs::symlink("file", folder.path().join("link")).await?;
/// assert_eq!(std::fs::read(folder.path().join("link"))?, b"ciao");
/// # }
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[cfg(unix)]
pub async fn symlink(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    Handle::try_current()?.symlink(original.as_ref().to_owned(), link.as_ref().to_owned(), false).await
}

/// Makes a symbolic link to a file at `link`, which leads to `original`, seen from the link's
/// folder. Windows asks for a right that few have.
///
/// # Errors
///
/// `AlreadyExists`, `PermissionDenied`, or any other error of `CreateSymbolicLink`, with both paths
/// in the message; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
#[cfg(windows)]
pub async fn symlink_file(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    Handle::try_current()?.symlink(original.as_ref().to_owned(), link.as_ref().to_owned(), false).await
}

/// Makes a symbolic link to a folder at `link`, which leads to `original`, seen from the link's
/// folder. Windows asks for a right that few have.
///
/// # Errors
///
/// `AlreadyExists`, `PermissionDenied`, or any other error of `CreateSymbolicLink`, with both paths
/// in the message; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
#[cfg(windows)]
pub async fn symlink_dir(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    Handle::try_current()?.symlink(original.as_ref().to_owned(), link.as_ref().to_owned(), true).await
}
