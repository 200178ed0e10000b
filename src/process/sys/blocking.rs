//! A pipe by calls on the blocking pool, one at a time.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Write};
use std::mem;
use std::os::windows::io::OwnedHandle;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::runtime::Handle;
use crate::task::JoinHandle;

/// How much is read or written at once.
const CHUNK: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct Pipe {
    file: Arc<File>,
    state: State,
    handle: Handle,
}

#[derive(Debug)]
enum State {
    /// What was read and not given yet begins at the second.
    Idle(Vec<u8>, usize),
    Reading(JoinHandle<io::Result<Vec<u8>>>),
    Writing(JoinHandle<io::Result<()>>),
}

pub(crate) fn open(handle: OwnedHandle) -> io::Result<Pipe> {
    let file = Arc::new(File::from(handle));
    Ok(Pipe { file, state: State::Idle(Vec::new(), 0), handle: Handle::try_current()? })
}

/// A duplicate, as a call may be under way.
pub(crate) fn into_owned(pipe: Pipe) -> io::Result<OwnedHandle> {
    pipe.file.try_clone().map(OwnedHandle::from)
}

impl Pipe {
    pub(crate) fn get_ref(&self) -> &File {
        &self.file
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match &mut self.state {
                State::Idle(bytes, begin) if *begin < bytes.len() => return Poll::Ready(Ok(())),
                State::Idle(bytes, begin) => {
                    let mut bytes = mem::take(bytes);
                    *begin = 0;
                    let file = self.file.clone();
                    self.state = State::Reading(self.handle.spawn_blocking(move || {
                        bytes.resize(CHUNK, 0);
                        let n = (&*file).read(&mut bytes)?;
                        bytes.truncate(n);
                        Ok(bytes)
                    }));
                }
                State::Reading(job) => {
                    let read = ready!(Pin::new(job).poll(cx));
                    self.state = State::Idle(Vec::new(), 0);
                    let bytes = match read.map_err(io::Error::other)? {
                        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Vec::new(),
                        read => read?,
                    };
                    if bytes.is_empty() {
                        return Poll::Ready(Ok(()));
                    }
                    self.state = State::Idle(bytes, 0);
                }
                State::Writing(_) => ready!(self.poll_written(cx))?,
            }
        }
    }

    /// Gives what `take` takes of what was read; it takes nothing at the end.
    fn poll_take(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> usize,
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_fill(cx))?;
        let State::Idle(bytes, begin) = &mut self.state else { return Poll::Ready(Ok(0)) };
        let n = take(&bytes[*begin..]);
        *begin += n;
        Poll::Ready(Ok(n))
    }

    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let State::Writing(job) = &mut self.state {
            let written = ready!(Pin::new(job).poll(cx));
            self.state = State::Idle(Vec::new(), 0);
            written.map_err(io::Error::other)??;
        }
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_take(cx, |bytes| {
            let n = bytes.len().min(buf.len());
            buf[..n].copy_from_slice(&bytes[..n]);
            n
        })
    }
}

impl tokio::io::AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let taken = self.poll_take(cx, |bytes| {
            let n = bytes.len().min(buf.remaining());
            buf.put_slice(&bytes[..n]);
            n
        });
        taken.map_ok(drop)
    }
}

impl futures_io::AsyncWrite for Pipe {
    /// Takes the bytes and writes them meanwhile; the next call tells an error.
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_written(cx))?;
        let (file, bytes) = (self.file.clone(), buf[..buf.len().min(CHUNK)].to_vec());
        let n = bytes.len();
        self.state = State::Writing(self.handle.spawn_blocking(move || (&*file).write_all(&bytes)));
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_written(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_written(cx)
    }
}
