//! An open file of a host.

use std::fs::Permissions;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;

use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};
use loop_api::fs::{self, Metadata};
use loop_api::io::{AsyncReadUninit, ReadCursor};
use loop_toolkit::{BlockingIo, Work};

use super::ask::{What, after, ask, submit, with_disk};
use super::descriptor::{Descriptor, Open};
use crate::disk::error::Fail;
use crate::disk::store::{Ask, OpenId, Store};
use crate::oracle::Oracle;
use crate::state::SimHandle;

type Moved = (io::Result<usize>, Vec<u8>);

/// An open file of a host. It is closed when it is dropped, and by a crash of the host.
///
/// ```
/// use futures_lite::AsyncWriteExt;
/// use loop_api::fs::{File, Fs, OpenOptions};
/// use loop_api::{EventLoop, Handle};
/// use loop_sim::{Fault, SimHandle, SimLoop};
///
/// let mut sim = SimLoop::builder().seed(3).build();
/// let world = sim.world();
/// let write = world.host("a").spawn(async {
///     let here = SimHandle::current();
///     let options = OpenOptions::new().append(true).create(true);
///     let mut log = here.open("log".into(), options).await?;
///     log.write_all(b"kept").await?;
///     // The bytes, and the name in its folder.
///     log.sync_all().await?;
///     here.sync_dir("/".into()).await?;
///     log.write_all(b", or not").await?;
///     log.flush().await
/// });
/// sim.block_on(write).unwrap()?;
/// assert_eq!(world.disk("a").read("log")?, b"kept, or not");
/// world.fault(Fault::crash("a")).unwrap();
/// let left = world.disk("a").read("log")?;
/// assert!(left == b"kept" || left == b"kept, or not");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct File {
    host: SimHandle,
    io: BlockingIo<Descriptor>,
}

impl File {
    pub(super) fn new(open: Open) -> File {
        File { host: open.host.clone(), io: BlockingIo::new(Descriptor(Arc::new(open))) }
    }

    fn open(&self) -> &Arc<Open> {
        &self.io.device().0
    }

    fn what(&self, ask: Ask, name: &'static str, len: u64) -> What {
        What { ask, name, inode: self.open().id.number, len }
    }

    /// Gives work to the disk.
    fn start(&self, ask: Ask, name: &'static str, len: usize) -> impl Fn(Work<Descriptor>) + use<'_> {
        let what = self.what(ask, name, len as u64);
        move |work| submit(&self.host, what, move || work.run())
    }

    /// Something that nothing that the file does comes between.
    async fn alone<T: Send + 'static>(
        &self,
        what: What,
        f: impl FnOnce(&mut Store, &mut Oracle, &Open, SystemTime) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        self.host.check_open()?;
        let claim = self.io.claim_written().await?;
        let claimed = after(&self.host, what, move || {
            claim
                .run(|Descriptor(open)| with_disk(&open.host, |disk, oracle, now| f(disk, oracle, open, now)))
        });
        claimed.await?
    }

    /// Something beside what the file does.
    fn beside<T: Send + 'static>(
        &self,
        what: What,
        f: impl FnOnce(&mut Store, OpenId) -> io::Result<T> + Send + 'static,
    ) -> impl Future<Output = io::Result<T>> + Send + 'static {
        let open = self.open().clone();
        ask(&self.host, what, move |disk, _, _| f(disk, open.id))
    }

    fn sync(&self, all: bool) -> impl Future<Output = io::Result<()>> + Send + use<'_> {
        self.alone(self.what(Ask::Sync, "sync", 0), move |disk, oracle, open, _| {
            disk.sync(open.id, all, oracle)
        })
    }
}

impl AsyncRead for File {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.host.check_open()?;
        let len = buf.len();
        self.io.poll_read_slice(cx, buf, self.start(Ask::Read, "read", len))
    }
}

impl AsyncReadUninit for File {
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.host.check_open()?;
        let len = buf.remaining();
        self.io.poll_read(cx, buf, self.start(Ask::Read, "read", len))
    }
}

impl AsyncWrite for File {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.host.check_open()?;
        self.io.poll_write(cx, buf, self.start(Ask::Write, "write", buf.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.host.check_open()?;
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.io.poll_write_vectored(cx, bufs, self.start(Ask::Write, "write", len))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_flush(cx)
    }
}

impl AsyncSeek for File {
    fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, position: SeekFrom) -> Poll<io::Result<u64>> {
        self.host.check_open()?;
        self.io.poll_seek(cx, position, self.start(Ask::Read, "seek", 0))
    }
}

impl fs::File for File {
    fn read_at(&self, mut buf: Vec<u8>, offset: u64) -> impl Future<Output = Moved> + Send + 'static {
        let (open, what) = (self.open().clone(), self.what(Ask::Read, "read", buf.len() as u64));
        let reading = after(&self.host, what, move || (open.read_at(&mut buf, offset), buf));
        async move { reading.await.unwrap_or_else(|error| (Err(error), Vec::new())) }
    }

    fn write_at(&self, buf: Vec<u8>, offset: u64) -> impl Future<Output = Moved> + Send + 'static {
        let (open, what) = (self.open().clone(), self.what(Ask::Write, "write", buf.len() as u64));
        let writing = after(&self.host, what, move || {
            // What was written counts; why the rest was not is told by the next.
            let result = open.write_at(&buf, offset).and_then(|written| match written.error {
                Some(error) if written.count == 0 => Err(error),
                _ => Ok(written.count),
            });
            (result, buf)
        });
        async move { writing.await.unwrap_or_else(|error| (Err(error), Vec::new())) }
    }

    async fn complete(&self) {
        poll_fn(|cx| self.io.poll_idle(cx)).await;
    }

    async fn sync_all(&self) -> io::Result<()> {
        self.sync(true).await
    }

    async fn sync_data(&self) -> io::Result<()> {
        self.sync(false).await
    }

    async fn set_len(&self, len: u64) -> io::Result<()> {
        let set = move |disk: &mut Store, _: &mut Oracle, open: &Open, now| match open.write {
            true => disk.set_len(open.id, len, now),
            false => Err(Fail::Invalid.into()),
        };
        self.alone(self.what(Ask::Write, "set the length", len), set).await
    }

    async fn metadata(&self) -> io::Result<Metadata> {
        self.beside(self.what(Ask::Read, "metadata", 0), |disk, id| disk.metadata_of(id)).await
    }

    async fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        let set = move |disk: &mut Store, id: OpenId| disk.set_permissions_of(id, &permissions);
        self.beside(self.what(Ask::Names, "set the permissions", 0), set).await
    }

    async fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        let set = move |disk: &mut Store, id: OpenId| disk.set_modified(id, time);
        self.beside(self.what(Ask::Names, "set the time", 0), set).await
    }

    async fn try_clone(&self) -> io::Result<File> {
        let descriptor = self.alone(self.what(Ask::Read, "clone", 0), |disk, _, _, _| {
            disk.expect_descriptor()?;
            Ok(())
        });
        descriptor.await?;
        let clone = File { host: self.host.clone(), io: BlockingIo::new(self.io.device().as_ref().clone()) };
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
        None
    }

    fn into_std(self) -> Result<std::fs::File, File> {
        Err(self)
    }
}
