//! A pipe by calls on the blocking pool, one at a time.

use std::fmt;
use std::fs::File;
use std::io::{self, IoSlice};
use std::os::windows::io::OwnedHandle;
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::io::{AsyncReadUninit, ReadCursor};
use loop_toolkit::{BlockingIo, Device, Work};

use crate::runtime::Handle;

/// How much is read, or accepted and not yet written, at once.
const MAX_BUF_SIZE: usize = 16 * 1024;

pub(crate) struct Pipe {
    io: BlockingIo<PipeEnd>,
    handle: Handle,
}

struct PipeEnd(File);

impl Device for PipeEnd {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf) {
            // The other end is gone.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
            read => read,
        }
    }

    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}

pub(crate) fn open(handle: OwnedHandle) -> io::Result<Pipe> {
    let io = BlockingIo::new(PipeEnd(File::from(handle)));
    io.set_max_buf_size(MAX_BUF_SIZE);
    Ok(Pipe { io, handle: Handle::try_current()? })
}

/// A duplicate, as a call may be under way.
pub(crate) fn into_owned(pipe: Pipe) -> io::Result<OwnedHandle> {
    pipe.get_ref().try_clone().map(OwnedHandle::from)
}

impl Pipe {
    pub(crate) fn get_ref(&self) -> &File {
        &self.io.device().0
    }

    fn spawn(&self) -> impl Fn(Work<PipeEnd>) {
        |work| {
            let _detached = self.handle.spawn_blocking(move || work.run());
        }
    }
}

impl futures_io::AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io.poll_read_slice(cx, buf, self.spawn())
    }
}

impl AsyncReadUninit for Pipe {
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.io.poll_read(cx, buf, self.spawn())
    }
}

impl tokio::io::AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        crate::io::foreign::uninit::ReadTokio::poll_read_tokio(self, cx, buf)
    }
}

/// What was written goes into the pipe meanwhile; a later call tells an error.
impl futures_io::AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write(cx, buf, self.spawn())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_write_vectored(cx, bufs, self.spawn())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_flush(cx)
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get_ref().fmt(f)
    }
}
