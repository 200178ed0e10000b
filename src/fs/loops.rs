//! The files of the facade's handle: those of the loop inside it.

use std::future::Future;
use std::io;
use std::path::PathBuf;

use loop_api::fs::{Fs, OpenOptions};

use super::{File, ReadDir};
use crate::any::each;
use crate::runtime::Handle;

/// What gives no type of the backend's.
macro_rules! methods {
    ($($name:ident($($arg:ident: $type:ty),*) -> $output:ty;)*) => {$(
        fn $name(
            &self
            $(, $arg: $type)*
        ) -> impl Future<Output = io::Result<$output>> + Send + 'static {
            let handle = self.clone();
            async move { each!(Handle; &handle.0, h => h.$name($($arg),*).await) }
        }
    )*};
}

impl Fs for Handle {
    type File = File;
    type ReadDir = ReadDir;

    fn open(
        &self,
        path: PathBuf,
        options: OpenOptions,
    ) -> impl Future<Output = io::Result<File>> + Send + 'static {
        let handle = self.clone();
        async move {
            let file: io::Result<crate::any::File> =
                each!(Handle => File as wrap; &handle.0, h => h.open(path, options).await.map(wrap));
            file.map(File::new)
        }
    }

    fn read_dir(&self, path: PathBuf) -> impl Future<Output = io::Result<ReadDir>> + Send + 'static {
        let handle = self.clone();
        async move {
            let dir: io::Result<crate::any::ReadDir> =
                each!(Handle => ReadDir as wrap; &handle.0, h => h.read_dir(path).await.map(wrap));
            dir.map(ReadDir)
        }
    }

    fn file_from_std(&self, file: std::fs::File) -> io::Result<File> {
        each!(Handle => File as wrap; &self.0, h => h.file_from_std(file).map(|f| File::new(wrap(f))))
    }

    loop_api::__fs_operations!(methods);
}
