//! The files of a host, by their paths.

use std::fs::Permissions;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;

use loop_api::fs::error::{cannot, cannot_between};
use loop_api::fs::{DirOptions, Fs, Metadata, OpenOptions};

use super::ask::{What, ask, by_path};
use super::descriptor::Open;
use super::{File, ReadDir};
use crate::disk::error::unsupported;
use crate::disk::store::Ask;
use crate::state::SimHandle;

/// # Errors
///
/// `Unsupported`, for what a disk of a world cannot read.
fn expect_known(options: &OpenOptions) -> io::Result<()> {
    if options.std.is_some() {
        return Err(unsupported(
            "std's OpenOptions cannot be read by the disk of a world: set the options on the loop's own",
        ));
    }
    if options.custom_flags.is_some_and(|flags| flags != 0) {
        return Err(unsupported(
            "the disk of a world knows no flags of the system: in place of O_SYNC and the like call sync_data",
        ));
    }
    Ok(())
}

/// Methods on one path: what their error says, and what is asked of the disk.
macro_rules! by_paths {
    ($($name:ident($path:ident $(, $arg:ident: $type:ty)*) -> $output:ty, $what:literal, |$disk:ident, $now:ident| $do:expr;)*) => {$(
        fn $name(
            &self,
            path: PathBuf
            $(, $arg: $type)*
        ) -> impl Future<Output = io::Result<$output>> + Send + 'static {
            by_path(self, What::names($what), path, move |$disk, $path, $now| {
                let _now = $now;
                Ok($do?)
            })
        }
    )*};
}

/// Methods on two paths.
macro_rules! between_paths {
    ($($name:ident($from:ident, $to:ident $(, $arg:ident: $type:ty)*) -> $output:ty, $what:literal, |$disk:ident, $now:ident| $do:expr;)*) => {$(
        fn $name(
            &self,
            $from: PathBuf,
            $to: PathBuf
            $(, $arg: $type)*
        ) -> impl Future<Output = io::Result<$output>> + Send + 'static {
            ask(self, What::names($what), move |$disk, _, $now| {
                let result = $do;
                result.map_err(|error| cannot_between($what, &$from, &$to, error.into()))
            })
        }
    )*};
}

impl Fs for SimHandle {
    type File = File;
    type ReadDir = ReadDir;

    fn open(
        &self,
        path: PathBuf,
        options: OpenOptions,
    ) -> impl Future<Output = io::Result<File>> + Send + 'static {
        let host = self.clone();
        let open = by_path(self, What::names("open"), path, move |disk, path, now| {
            expect_known(&options)?;
            let id = disk.open(path, &options, now)?;
            let OpenOptions { read, write, append, .. } = options;
            Ok(Open { host, id, read, write: write || append, append, at: Mutex::default() })
        });
        async move { Ok(File::new(open.await?)) }
    }

    fn read_dir(&self, path: PathBuf) -> impl Future<Output = io::Result<ReadDir>> + Send + 'static {
        let host = self.clone();
        let what = What { ask: Ask::Read, ..What::names("read the folder") };
        by_path(self, what, path, move |disk, path, _| {
            Ok(ReadDir::new(host, path.into(), disk.read_dir(path)?))
        })
    }

    by_paths! {
        metadata(path) -> Metadata, "read the metadata of", |disk, now| disk.metadata(path, true);
        symlink_metadata(path) -> Metadata, "read the metadata of", |disk, now| disk.metadata(path, false);
        set_permissions(path, permissions: Permissions) -> (), "set the permissions of",
            |disk, now| disk.set_permissions(path, &permissions);
        create_dir(path, options: DirOptions) -> (), "make the folder",
            |disk, now| disk.create_dir(path, &options, now);
        remove_dir(path) -> (), "remove the folder", |disk, now| disk.remove_dir(path, now);
        remove_dir_all(path) -> (), "remove the folder", |disk, now| disk.remove_dir_all(path, now);
        read_link(path) -> PathBuf, "read the link", |disk, now| disk.read_link(path);
        canonicalize(path) -> PathBuf, "resolve", |disk, now| disk.canonicalize(path);
    }

    /// Also the path of a unix socket, which is no file of the disk.
    fn remove_file(&self, path: PathBuf) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let host = self.clone();
        async move {
            if host.0.world.net(|net, _| net.remove_unix_path(host.0.id, &path)) {
                return Ok(());
            }
            by_path(&host, What::names("remove"), path, |disk, path, now| Ok(disk.remove_file(path, now)?))
                .await
        }
    }

    between_paths! {
        rename(from, to) -> (), "rename", |disk, now| disk.rename(&from, &to, now);
        copy(from, to) -> u64, "copy", |disk, now| disk.copy(&from, &to, now);
        hard_link(original, link) -> (), "link", |disk, now| disk.hard_link(&original, &link, now);
    }

    fn symlink(
        &self,
        original: PathBuf,
        link: PathBuf,
        _to_dir: bool,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        ask(self, What::names("link"), move |disk, _, now| {
            let result = disk.symlink(original.clone(), &link, now);
            result.map_err(|fail| cannot_between("link", &original, &link, fail.into()))
        })
    }

    fn sync_dir(&self, path: PathBuf) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let what = What { ask: Ask::Sync, ..What::names("sync the folder") };
        ask(self, what, move |disk, oracle, _| {
            disk.sync_path(&path, oracle).map_err(|error| cannot(what.name, &path, error))
        })
    }
}
