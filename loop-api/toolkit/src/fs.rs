//! The files of the standard library, by blocking jobs of a loop: with [`std_fs!`](crate::std_fs)
//! any handle has a whole [`Fs`](loop_api::fs::Fs).

mod file;
mod job;
mod ops;
mod read_dir;

pub use file::File;
pub use ops::{
    canonicalize, copy, create_dir, hard_link, metadata, open, read, read_dir, read_link, remove_dir,
    remove_dir_all, remove_file, rename, set_permissions, symlink, symlink_metadata, sync_dir, write,
};
pub use read_dir::ReadDir;

/// Gives a handle its [`Fs`](loop_api::fs::Fs): the standard library's files, by the loop's
/// blocking jobs.
///
/// ```ignore
/// impl Handle for MyHandle { .. }
/// loop_toolkit::std_fs!(MyHandle);
/// ```
#[macro_export]
macro_rules! std_fs {
    ($handle:ty) => {
        const _: () = {
            use ::std::path::PathBuf;
            use ::std::{future::Future, io::Result};
            use $crate::api::fs::{Fs, OpenOptions};
            use $crate::fs as by_jobs;

            impl Fs for $handle {
                type File = by_jobs::File<Self>;
                type ReadDir = by_jobs::ReadDir<Self>;

                $crate::__std_fs! {
                    open(path: PathBuf, options: OpenOptions) -> Self::File;
                    read_dir(path: PathBuf) -> Self::ReadDir;
                }
                $crate::api::__fs_operations!($crate::__std_fs);

                fn file_from_std(&self, file: ::std::fs::File) -> Result<Self::File> {
                    Ok(by_jobs::File::new(self.clone(), file))
                }
            }
        };
    };
}

/// The methods of [`std_fs!`](crate::std_fs).
#[doc(hidden)]
#[macro_export]
macro_rules! __std_fs {
    ($($name:ident($($arg:ident: $type:ty),*) -> $output:ty;)*) => {$(
        fn $name(&self, $($arg: $type),*) -> impl Future<Output = Result<$output>> + Send + 'static {
            by_jobs::$name(self, $($arg),*)
        }
    )*};
}
