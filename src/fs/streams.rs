//! A file as a stream: tokio's traits, and futures-io's.

use std::future::Future;
use std::io::{self, IoSliceMut, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use loop_api::fs::{self, Metadata};
use loop_api::io::{AsyncReadUninit, ReadCursor};

use super::File;
use crate::any::{async_write, dispatch, each};

impl futures_io::AsyncRead for File {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        each!(File; &mut self.0, io => dispatch::poll_read(io, cx, buf))
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(File; &mut self.0, io => dispatch::poll_read_vectored(io, cx, bufs))
    }
}

impl AsyncReadUninit for File {
    fn poll_read_uninit(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        each!(File; &mut self.0, io => dispatch::poll_read_uninit(io, cx, buf))
    }
}

impl tokio::io::AsyncRead for File {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(File; &mut self.0, io => dispatch::poll_read_tokio(io, cx, buf))
    }
}

crate::io::impl_hyper_read!([] File);
async_write!([] File, File);

impl futures_io::AsyncSeek for File {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        position: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        each!(File; &mut self.0, io => Pin::new(io).poll_seek(cx, position))
    }
}

/// A seek that was begun and given up is finished before the next.
impl tokio::io::AsyncSeek for File {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        if self.1.seeking.is_some() {
            return Err(io::Error::other("a seek is under way: call poll_complete until it is done"));
        }
        self.1.seeking = Some(position);
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let Some(position) = self.1.seeking else { return Poll::Ready(Ok(self.1.position)) };
        let sought = ready!(futures_io::AsyncSeek::poll_seek(self.as_mut(), cx, position));
        self.1.seeking = None;
        if let Ok(position) = sought {
            self.1.position = position;
        }
        Poll::Ready(sought)
    }
}

type Moved = (io::Result<usize>, Vec<u8>);

/// So that code that is generic over loops can be given the facade's handle.
impl fs::File for File {
    fn read_at(&self, buf: Vec<u8>, offset: u64) -> impl Future<Output = Moved> + Send + 'static {
        let read: Pin<Box<dyn Future<Output = Moved> + Send>> =
            each!(File; &self.0, f => Box::pin(fs::File::read_at(f, buf, offset)));
        read
    }

    fn write_at(&self, buf: Vec<u8>, offset: u64) -> impl Future<Output = Moved> + Send + 'static {
        let write: Pin<Box<dyn Future<Output = Moved> + Send>> =
            each!(File; &self.0, f => Box::pin(fs::File::write_at(f, buf, offset)));
        write
    }

    async fn complete(&self) {
        each!(File; &self.0, f => fs::File::complete(f).await);
    }

    async fn sync_all(&self) -> io::Result<()> {
        File::sync_all(self).await
    }

    async fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self).await
    }

    async fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len).await
    }

    async fn metadata(&self) -> io::Result<Metadata> {
        File::metadata(self).await
    }

    async fn set_permissions(&self, permissions: std::fs::Permissions) -> io::Result<()> {
        File::set_permissions(self, permissions).await
    }

    async fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        File::set_modified(self, time).await
    }

    async fn set_times(&self, times: std::fs::FileTimes) -> io::Result<()> {
        File::set_times(self, times).await
    }

    async fn try_clone(&self) -> io::Result<File> {
        File::try_clone(self).await
    }

    fn max_buf_size(&self) -> usize {
        File::max_buf_size(self)
    }

    fn set_max_buf_size(&mut self, bytes: usize) {
        File::set_max_buf_size(self, bytes);
    }

    fn as_std(&self) -> Option<&std::fs::File> {
        each!(File; &self.0, f => fs::File::as_std(f))
    }

    fn into_std(self) -> Result<std::fs::File, File> {
        self.try_into_std()
    }
}
