//! What is done by a path, each in one blocking job.

use std::fs;
use std::fs::Permissions;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use loop_api::Handle;
use loop_api::fs::error::{cannot, cannot_between};
use loop_api::fs::{DirOptions, Metadata, OpenOptions};

use super::file::File;
use super::job::job;
use super::read_dir::{self, ReadDir};

/// Functions on one path: the method of [`Fs`](loop_api::fs::Fs) of that name, what its error says,
/// and what the job does.
macro_rules! by_path {
    ($($name:ident($path:ident $(, $arg:ident: $type:ty)*) -> $output:ty, $what:literal, $do:expr;)*) => {$(
        #[doc = concat!("[`Fs::", stringify!($name), "`](loop_api::fs::Fs::", stringify!($name), ").")]
        ///
        /// # Errors
        ///
        /// As that one.
        pub fn $name<H: Handle>(
            handle: &H,
            path: PathBuf
            $(, $arg: $type)*
        ) -> impl Future<Output = io::Result<$output>> + Send + 'static {
            job(handle, move || {
                let $path: &Path = &path;
                let result: io::Result<$output> = $do;
                result.map_err(|error| cannot($what, &path, error))
            })
        }
    )*};
}

by_path! {
    metadata(path) -> Metadata, "read the metadata of", fs::metadata(path).map(Metadata::from);
    symlink_metadata(path) -> Metadata, "read the metadata of",
        fs::symlink_metadata(path).map(Metadata::from);
    set_permissions(path, permissions: Permissions) -> (), "set the permissions of",
        fs::set_permissions(path, permissions);
    create_dir(path, options: DirOptions) -> (), "make the folder", options.to_std().create(path);
    remove_dir(path) -> (), "remove the folder", fs::remove_dir(path);
    remove_dir_all(path) -> (), "remove the folder", fs::remove_dir_all(path);
    remove_file(path) -> (), "remove", fs::remove_file(path);
    read_link(path) -> PathBuf, "read the link", fs::read_link(path);
    canonicalize(path) -> PathBuf, "resolve", fs::canonicalize(path);
    sync_dir(path) -> (), "sync the folder", sync(path);
    read(path) -> Vec<u8>, "read", fs::read(path);
    write(path, contents: Vec<u8>) -> (), "write", fs::write(path, contents);
}

/// Functions on two paths.
macro_rules! between_paths {
    ($($name:ident($from:ident, $to:ident $(, $arg:ident: $type:ty)*) -> $output:ty, $what:literal, $do:expr;)*) => {$(
        #[doc = concat!("[`Fs::", stringify!($name), "`](loop_api::fs::Fs::", stringify!($name), ").")]
        ///
        /// # Errors
        ///
        /// As that one.
        pub fn $name<H: Handle>(
            handle: &H,
            $from: PathBuf,
            $to: PathBuf
            $(, $arg: $type)*
        ) -> impl Future<Output = io::Result<$output>> + Send + 'static {
            job(handle, move || $do.map_err(|error| cannot_between($what, &$from, &$to, error)))
        }
    )*};
}

between_paths! {
    rename(from, to) -> (), "rename", fs::rename(&from, &to);
    copy(from, to) -> u64, "copy", fs::copy(&from, &to);
    hard_link(original, link) -> (), "link", fs::hard_link(&original, &link);
    symlink(original, link, to_dir: bool) -> (), "link", make_symlink(&original, &link, to_dir);
}

/// [`Fs::open`](loop_api::fs::Fs::open).
///
/// # Errors
///
/// As that one.
pub fn open<H: Handle>(
    handle: &H,
    path: PathBuf,
    options: OpenOptions,
) -> impl Future<Output = io::Result<File<H>>> + Send + 'static {
    let of = handle.clone();
    let open =
        job(handle, move || options.to_std().open(&path).map_err(|error| cannot("open", &path, error)));
    async move { Ok(File::new(of, open.await?)) }
}

/// [`Fs::read_dir`](loop_api::fs::Fs::read_dir).
///
/// # Errors
///
/// As that one.
pub fn read_dir<H: Handle>(
    handle: &H,
    path: PathBuf,
) -> impl Future<Output = io::Result<ReadDir<H>>> + Send + 'static {
    let of = handle.clone();
    let open = job(handle, move || Ok((read_dir::open(&path)?, path)));
    async move {
        let (chunk, path) = open.await?;
        Ok(ReadDir::new(of, path, chunk))
    }
}

#[cfg(windows)]
fn sync(path: &Path) -> io::Result<()> {
    // There is no such call; whether the folder is there can be told.
    fs::metadata(path).map(drop)
}

#[cfg(not(windows))]
fn sync(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

#[cfg(unix)]
fn make_symlink(original: &Path, link: &Path, _to_dir: bool) -> io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(windows)]
fn make_symlink(original: &Path, link: &Path, to_dir: bool) -> io::Result<()> {
    use std::os::windows::fs::{symlink_dir, symlink_file};
    if to_dir { symlink_dir(original, link) } else { symlink_file(original, link) }
}

#[cfg(not(any(unix, windows)))]
fn make_symlink(_original: &Path, _link: &Path, _to_dir: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
