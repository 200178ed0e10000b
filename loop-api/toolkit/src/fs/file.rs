//! A file of the standard library's, by blocking jobs.

use std::fmt;
use std::fs::{FileTimes, Permissions};
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;

use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};
use loop_api::fs::{self, Metadata};
use loop_api::io::{AsyncReadUninit, ReadCursor};
use loop_api::{Closed, Handle};

use super::job::{ended, job};
use crate::blocking_io::{BlockingIo, Device, Work};

impl Device for std::fs::File {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut file = self;
        Read::read(&mut file, buf)
    }

    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self;
        Write::write_all(&mut file, bytes)
    }

    fn seek(&self, position: SeekFrom) -> io::Result<u64> {
        let mut file = self;
        Seek::seek(&mut file, position).map_err(of_seek)
    }
}

/// The error of a seek, of the kind that it has on every system.
fn of_seek(error: io::Error) -> io::Error {
    const ERROR_NEGATIVE_SEEK: i32 = 131;
    if cfg!(windows) && error.raw_os_error() == Some(ERROR_NEGATIVE_SEEK) {
        return io::Error::new(io::ErrorKind::InvalidInput, error);
    }
    error
}

/// A file of the standard library's on the loop of `H`: what it does is done by blocking jobs of
/// that loop, one at a time.
///
/// Small writes are gathered: while a job writes, those that follow are accepted into a buffer, and
/// the same job writes them next.
pub struct File<H> {
    handle: H,
    io: BlockingIo<std::fs::File>,
}

// Nothing in it is pinned.
impl<H> Unpin for File<H> {}

impl<H: Handle> File<H> {
    /// Takes over a file.
    pub fn new(handle: H, file: std::fs::File) -> Self {
        File { handle, io: BlockingIo::new(file) }
    }

    /// # Errors
    ///
    /// [`Closed`], if the loop is.
    #[inline]
    fn check(&self) -> io::Result<()> {
        if self.handle.shared().is_closed() { Err(Closed.into()) } else { Ok(()) }
    }

    fn spawn(&self) -> impl Fn(Work<std::fs::File>) + use<'_, H> {
        // It goes on without its handle.
        |work| drop(self.handle.spawn_blocking(move || work.run()))
    }

    /// A job that nothing that the file does comes between.
    async fn alone<T: Send + 'static>(
        &self,
        f: impl FnOnce(&std::fs::File) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        self.check()?;
        let claim = self.io.claim_written().await?;
        ended(self.handle.spawn_blocking(move || claim.run(f)).await)
    }

    /// A job beside what the file does.
    fn beside<T: Send + 'static>(
        &self,
        f: impl FnOnce(&std::fs::File) -> io::Result<T> + Send + 'static,
    ) -> impl Future<Output = io::Result<T>> + Send + 'static {
        let file = self.io.device().clone();
        job(&self.handle, move || f(&file))
    }
}

impl<H: Handle> AsyncRead for File<H> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        self.io.poll_read_slice(cx, buf, self.spawn())
    }
}

impl<H: Handle> AsyncReadUninit for File<H> {
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        self.io.poll_read(cx, buf, self.spawn())
    }
}

impl<H: Handle> AsyncWrite for File<H> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        self.io.poll_write(cx, buf, self.spawn())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        self.io.poll_write_vectored(cx, bufs, self.spawn())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_flush(cx)
    }
}

impl<H: Handle> AsyncSeek for File<H> {
    fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, position: SeekFrom) -> Poll<io::Result<u64>> {
        self.check()?;
        self.io.poll_seek(cx, position, self.spawn())
    }
}

impl<H: Handle> fs::File for File<H> {
    fn read_at(
        &self,
        mut buf: Vec<u8>,
        offset: u64,
    ) -> impl Future<Output = (io::Result<usize>, Vec<u8>)> + Send + 'static {
        let file = self.io.device().clone();
        let reading = job(&self.handle, move || Ok((read_at(&file, &mut buf, offset), buf)));
        async move { reading.await.unwrap_or_else(|error| (Err(error), Vec::new())) }
    }

    fn write_at(
        &self,
        buf: Vec<u8>,
        offset: u64,
    ) -> impl Future<Output = (io::Result<usize>, Vec<u8>)> + Send + 'static {
        let file = self.io.device().clone();
        let writing = job(&self.handle, move || Ok((write_at(&file, &buf, offset), buf)));
        async move { writing.await.unwrap_or_else(|error| (Err(error), Vec::new())) }
    }

    async fn complete(&self) {
        poll_fn(|cx| self.io.poll_idle(cx)).await;
    }

    async fn sync_all(&self) -> io::Result<()> {
        self.alone(std::fs::File::sync_all).await
    }

    async fn sync_data(&self) -> io::Result<()> {
        self.alone(std::fs::File::sync_data).await
    }

    async fn set_len(&self, len: u64) -> io::Result<()> {
        self.alone(move |file| file.set_len(len)).await
    }

    async fn metadata(&self) -> io::Result<Metadata> {
        self.beside(|file| file.metadata().map(Metadata::from)).await
    }

    async fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        self.beside(|file| file.set_permissions(permissions)).await
    }

    async fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.beside(move |file| file.set_modified(time)).await
    }

    async fn set_times(&self, times: FileTimes) -> io::Result<()> {
        self.beside(move |file| file.set_times(times)).await
    }

    async fn try_clone(&self) -> io::Result<Self> {
        let file = self.alone(std::fs::File::try_clone).await?;
        let clone = File::new(self.handle.clone(), file);
        clone.io.set_max_buf_size(self.io.max_buf_size());
        Ok(clone)
    }

    fn max_buf_size(&self) -> usize {
        self.io.max_buf_size()
    }

    fn set_max_buf_size(&mut self, bytes: usize) {
        self.io.set_max_buf_size(bytes);
    }

    fn as_std(&self) -> Option<&std::fs::File> {
        Some(self.io.device())
    }

    fn into_std(self) -> Result<std::fs::File, Self> {
        let File { handle, io } = self;
        io.into_device().map_err(|io| File { handle, io })
    }
}

#[cfg(unix)]
fn read_at(file: &Arc<std::fs::File>, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(&**file, buf, offset)
}

#[cfg(windows)]
fn read_at(file: &Arc<std::fs::File>, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(&**file, buf, offset)
}

#[cfg(unix)]
fn write_at(file: &Arc<std::fs::File>, buf: &[u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(&**file, buf, offset)
}

#[cfg(windows)]
fn write_at(file: &Arc<std::fs::File>, buf: &[u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(&**file, buf, offset)
}

#[cfg(not(any(unix, windows)))]
fn read_at(_: &Arc<std::fs::File>, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(any(unix, windows)))]
fn write_at(_: &Arc<std::fs::File>, _: &[u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

impl<H> fmt::Debug for File<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("file", self.io.device()).field("io", &self.io).finish()
    }
}
