//! The files of an erased loop: its own, or by its blocking jobs the standard library's.

use std::fmt;
use std::fs::{FileTimes, Permissions};
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut, SeekFrom};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};
use loop_api::fs::{self, DirEntry, Fs, Metadata, OpenOptions};
use loop_api::io::AsyncReadUninit;
use loop_toolkit::fs as by_jobs;

use super::split::{debug, read, write};
use super::{BoxFuture, ErasedHandle};

/// An open file on an erased loop.
pub struct File(Box<dyn DynFile>);

/// A folder that is being read on an erased loop.
pub struct ReadDir(Box<dyn fs::ReadDir>);

type Moved = (io::Result<usize>, Vec<u8>);

/// [`fs::File`] without types of its own.
trait DynFile: AsyncReadUninit + AsyncWrite + AsyncSeek + fmt::Debug + Unpin + Send + Sync {
    fn read_at(&self, buf: Vec<u8>, offset: u64) -> BoxFuture<'static, Moved>;
    fn write_at(&self, buf: Vec<u8>, offset: u64) -> BoxFuture<'static, Moved>;
    fn complete(&self) -> BoxFuture<'_, ()>;
    fn sync_all(&self) -> BoxFuture<'_, io::Result<()>>;
    fn sync_data(&self) -> BoxFuture<'_, io::Result<()>>;
    fn set_len(&self, len: u64) -> BoxFuture<'_, io::Result<()>>;
    fn metadata(&self) -> BoxFuture<'_, io::Result<Metadata>>;
    fn set_permissions(&self, permissions: Permissions) -> BoxFuture<'_, io::Result<()>>;
    fn set_modified(&self, time: SystemTime) -> BoxFuture<'_, io::Result<()>>;
    fn set_times(&self, times: FileTimes) -> BoxFuture<'_, io::Result<()>>;
    fn try_clone(&self) -> BoxFuture<'_, io::Result<File>>;
    fn max_buf_size(&self) -> usize;
    fn set_max_buf_size(&mut self, bytes: usize);
    fn as_std(&self) -> Option<&std::fs::File>;
    fn into_std(self: Box<Self>) -> Result<std::fs::File, File>;
}

/// Methods of a file that give a future, boxed and on the erased file.
macro_rules! file_methods {
    ($($name:ident($($arg:ident: $type:ty),*) -> $output:ty;)*) => {
        impl<F: fs::File> DynFile for F {
            $(fn $name(&self $(, $arg: $type)*) -> BoxFuture<'_, $output> {
                Box::pin(fs::File::$name(self $(, $arg)*))
            })*

            fn read_at(&self, buf: Vec<u8>, offset: u64) -> BoxFuture<'static, Moved> {
                Box::pin(fs::File::read_at(self, buf, offset))
            }

            fn write_at(&self, buf: Vec<u8>, offset: u64) -> BoxFuture<'static, Moved> {
                Box::pin(fs::File::write_at(self, buf, offset))
            }

            fn try_clone(&self) -> BoxFuture<'_, io::Result<File>> {
                Box::pin(async { Ok(File(Box::new(fs::File::try_clone(self).await?))) })
            }

            fn max_buf_size(&self) -> usize {
                fs::File::max_buf_size(self)
            }

            fn set_max_buf_size(&mut self, bytes: usize) {
                fs::File::set_max_buf_size(self, bytes);
            }

            fn as_std(&self) -> Option<&std::fs::File> {
                fs::File::as_std(self)
            }

            fn into_std(self: Box<Self>) -> Result<std::fs::File, File> {
                fs::File::into_std(*self).map_err(|file| File(Box::new(file)))
            }
        }

        impl fs::File for File {
            $(async fn $name(&self $(, $arg: $type)*) -> $output {
                self.0.$name($($arg),*).await
            })*

            fn read_at(&self, buf: Vec<u8>, offset: u64) -> impl Future<Output = Moved> + Send + 'static {
                self.0.read_at(buf, offset)
            }

            fn write_at(&self, buf: Vec<u8>, offset: u64) -> impl Future<Output = Moved> + Send + 'static {
                self.0.write_at(buf, offset)
            }

            async fn try_clone(&self) -> io::Result<File> {
                self.0.try_clone().await
            }

            fn max_buf_size(&self) -> usize {
                self.0.max_buf_size()
            }

            fn set_max_buf_size(&mut self, bytes: usize) {
                self.0.set_max_buf_size(bytes);
            }

            fn as_std(&self) -> Option<&std::fs::File> {
                self.0.as_std()
            }

            fn into_std(self) -> Result<std::fs::File, File> {
                self.0.into_std()
            }
        }
    };
}

file_methods! {
    complete() -> ();
    sync_all() -> io::Result<()>;
    sync_data() -> io::Result<()>;
    set_len(len: u64) -> io::Result<()>;
    metadata() -> io::Result<Metadata>;
    set_permissions(permissions: Permissions) -> io::Result<()>;
    set_modified(time: SystemTime) -> io::Result<()>;
    set_times(times: FileTimes) -> io::Result<()>;
}

read!([] File, 0);
write!([] File, 0);
debug!([] File, 0);
debug!([] ReadDir, 0);

impl AsyncSeek for File {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        position: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.0).poll_seek(cx, position)
    }
}

impl fs::ReadDir for ReadDir {
    fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        self.0.poll_next_entry(cx)
    }
}

pub(super) struct FsOf<H> {
    pub(super) handle: H,
}

/// The operations that give no type of the backend's: boxed, and on the erased handle.
macro_rules! fs_methods {
    ($($name:ident($($arg:ident: $type:ty),*) -> $output:ty;)*) => {
        /// [`Fs`] without types of its own.
        pub(super) trait DynFs: Send + Sync {
            fn open(&self, path: PathBuf, options: OpenOptions) -> BoxFuture<'static, io::Result<File>>;
            fn read_dir(&self, path: PathBuf) -> BoxFuture<'static, io::Result<ReadDir>>;
            fn file_from_std(&self, file: std::fs::File) -> io::Result<File>;
            $(fn $name(&self $(, $arg: $type)*) -> BoxFuture<'static, io::Result<$output>>;)*
        }

        impl<H: Fs> DynFs for FsOf<H> {
            fn open(&self, path: PathBuf, options: OpenOptions) -> BoxFuture<'static, io::Result<File>> {
                let open = self.handle.open(path, options);
                Box::pin(async { Ok(File(Box::new(open.await?))) })
            }

            fn read_dir(&self, path: PathBuf) -> BoxFuture<'static, io::Result<ReadDir>> {
                let open = self.handle.read_dir(path);
                Box::pin(async { Ok(ReadDir(Box::new(open.await?))) })
            }

            fn file_from_std(&self, file: std::fs::File) -> io::Result<File> {
                Ok(File(Box::new(self.handle.file_from_std(file)?)))
            }

            $(fn $name(&self $(, $arg: $type)*) -> BoxFuture<'static, io::Result<$output>> {
                Box::pin(self.handle.$name($($arg),*))
            })*
        }

        impl Fs for ErasedHandle {
            type File = File;
            type ReadDir = ReadDir;

            fn file_from_std(&self, file: std::fs::File) -> io::Result<File> {
                match &self.inner.fs {
                    Some(fs) => fs.file_from_std(file),
                    None => Ok(File(Box::new(by_jobs::File::new(self.clone(), file)))),
                }
            }

            fn open(
                &self,
                path: PathBuf,
                options: OpenOptions,
            ) -> impl Future<Output = io::Result<File>> + Send + 'static {
                match &self.inner.fs {
                    Some(fs) => fs.open(path, options),
                    None => {
                        let open = by_jobs::open(self, path, options);
                        Box::pin(async { Ok(File(Box::new(open.await?))) })
                    }
                }
            }

            fn read_dir(
                &self,
                path: PathBuf,
            ) -> impl Future<Output = io::Result<ReadDir>> + Send + 'static {
                match &self.inner.fs {
                    Some(fs) => fs.read_dir(path),
                    None => {
                        let open = by_jobs::read_dir(self, path);
                        Box::pin(async { Ok(ReadDir(Box::new(open.await?))) })
                    }
                }
            }

            $(fn $name(
                &self
                $(, $arg: $type)*
            ) -> impl Future<Output = io::Result<$output>> + Send + 'static {
                match &self.inner.fs {
                    Some(fs) => fs.$name($($arg),*),
                    None => Box::pin(by_jobs::$name(self $(, $arg)*)),
                }
            })*
        }
    };
}

loop_api::__fs_operations!(fs_methods);
