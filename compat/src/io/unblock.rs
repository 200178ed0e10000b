//! What blocks, for code that must not.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
use loop_api::Handle;
use loop_api::io::{AsyncReadUninit, ReadCursor};

#[cfg(any(feature = "tokio-io", feature = "hyper"))]
mod foreign;
mod job;

use job::{Done, Job, Stash};

/// A reader, writer or both of the standard library that may block (a file, standard input, a pipe,
/// a device) as one of futures-io, of tokio's (feature `tokio-io`) and of hyper's (feature
/// `hyper`). Each call of the system is made by a blocking job of the loop whose handle it is
/// given.
///
/// Reading reads ahead, up to 64 KiB; a read that is dropped while it waits loses nothing, as what
/// comes is kept for the next. Writing gives the bytes to a job and does not wait for it: its error
/// is that of the next write or flush, and what flushing finished is written and flushed. Closing
/// flushes. Dropping it lets a job that was given go on to its end. There is one job at a time: a
/// read that waits for input holds up a write until it ends. On one file, seek between reading and
/// writing.
///
/// `Interrupted` is tried again; `WouldBlock`, of what was made non-blocking, is given as it is:
/// such a descriptor belongs on the loop itself.
///
/// ```
/// use futures_lite::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
/// use loop_api::Handle;
/// use loop_compat::io::Unblock;
/// use std::io::SeekFrom;
///
/// async fn example<H: Handle>(handle: H, file: std::fs::File) -> std::io::Result<()> {
///     let mut file = Unblock::new(handle, file);
///     file.write_all(b"Ciao EuroPython").await?;
///     file.seek(SeekFrom::Start(5)).await?;
///     let mut rest = String::new();
///     file.read_to_string(&mut rest).await?;
///     assert_eq!(rest, "EuroPython");
///     file.into_inner().await?.sync_all()
/// }
/// ```
pub struct Unblock<H: Handle, T: Send + 'static> {
    handle: H,
    state: State<H, T>,
    /// How the last read ended that brought nothing: at the end, or with an error. For the next
    /// reader.
    read_end: Option<io::Result<()>>,
    /// The error of a write that was not waited for. The next writer gets it.
    write_error: Option<io::Error>,
    /// Whether anything was written since the last flush.
    dirty: bool,
    sought: Option<(SeekFrom, io::Result<u64>)>,
}

enum State<H: Handle, T: Send + 'static> {
    /// `None` after a job panicked, or the loop closed before it began.
    Idle(Option<Box<Stash<T>>>),
    Busy(H::Task<Job<T>>),
}

// Neither the handle nor what is inside is ever pinned.
impl<H: Handle, T: Send + 'static> Unpin for Unblock<H, T> {}

impl<H: Handle, T: Send + 'static> Unblock<H, T> {
    /// Wraps it; jobs go to the loop of `handle`.
    pub fn new(handle: H, inner: T) -> Self {
        Unblock {
            handle,
            state: State::Idle(Some(Box::new(Stash::new(inner)))),
            read_end: None,
            write_error: None,
            dirty: false,
            sought: None,
        }
    }

    /// What is inside, once no job has it. Reading it directly passes by what was read ahead.
    /// Cancel safe.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the loop is closed, `Other` if a job panicked: either took the reader or
    /// writer along, and later calls give `Other`.
    pub async fn get_mut(&mut self) -> io::Result<&mut T> {
        poll_fn(|cx| self.poll_idle(cx)).await?;
        self.sought = None;
        Ok(&mut self.stash()?.io)
    }

    /// Takes the wrapper off, once no job has what is inside. What was read ahead is lost.
    ///
    /// # Errors
    ///
    /// As [`get_mut`](Self::get_mut), and any error of a write that was not waited for.
    pub async fn into_inner(mut self) -> io::Result<T> {
        poll_fn(|cx| self.poll_idle(cx)).await?;
        if let Some(error) = self.write_error.take() {
            return Err(error);
        }
        match self.state {
            State::Idle(Some(stash)) => Ok(stash.io),
            _ => Err(lost()),
        }
    }

    /// Waits until no job is under way, and keeps what it brought.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let State::Busy(task) = &mut self.state else { return Poll::Ready(Ok(())) };
        let ended = ready!(Pin::new(task).poll(cx));
        self.state = State::Idle(None);
        let (stash, done) = ended?;
        self.state = State::Idle(Some(stash));
        match done {
            Done::Read(Ok(0)) => self.read_end = Some(Ok(())),
            Done::Read(Ok(_)) => {}
            Done::Read(Err(error)) => self.read_end = Some(Err(error)),
            Done::Write(Ok(())) => {}
            Done::Write(Err(error)) => self.write_error = Some(error),
            Done::Flush(Ok(())) => self.dirty = false,
            Done::Flush(Err(error)) => self.write_error = Some(error),
            Done::Seek(to, result) => self.sought = Some((to, result)),
        }
        Poll::Ready(Ok(()))
    }

    fn stash(&mut self) -> io::Result<&mut Stash<T>> {
        match &mut self.state {
            State::Idle(Some(stash)) => Ok(stash),
            _ => Err(lost()),
        }
    }

    /// Gives what is inside to a job. Only when idle.
    fn start(&mut self, job: impl FnOnce(&mut Stash<T>) -> Done + Send + 'static) -> io::Result<()> {
        // What a dropped seek found is no longer so.
        self.sought = None;
        match std::mem::replace(&mut self.state, State::Idle(None)) {
            State::Idle(Some(mut stash)) => {
                self.state = State::Busy(self.handle.spawn_blocking(move || {
                    let done = job(&mut stash);
                    (stash, done)
                }));
                Ok(())
            }
            other => {
                self.state = other;
                Err(lost())
            }
        }
    }

    /// Something to read, or the end; `wanted` is how much the reader would take.
    fn poll_ahead(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<io::Result<&[u8]>>
    where
        T: Read,
    {
        loop {
            ready!(self.poll_idle(cx))?;
            if wanted == 0 || !self.stash()?.ahead().is_empty() {
                return Poll::Ready(Ok(self.stash()?.ahead()));
            }
            if let Some(end) = self.read_end.take() {
                return Poll::Ready(end.map(|()| &[][..]));
            }
            self.start(move |stash| Done::Read(stash.read_ahead(wanted)))?;
        }
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>>
    where
        T: Write,
    {
        ready!(self.poll_idle(cx))?;
        if let Some(error) = self.write_error.take() {
            return Poll::Ready(Err(error));
        }
        let n = self.stash()?.take_in(bufs);
        if n != 0 {
            self.dirty = true;
            self.start(|stash| Done::Write(stash.write_out()))?;
        }
        Poll::Ready(Ok(n))
    }
}

fn lost() -> io::Error {
    io::Error::other(
        "a blocking job that had the reader or writer did not give it back: it panicked, or the loop is closed",
    )
}

impl<H: Handle, T: Read + Send + 'static> AsyncRead for Unblock<H, T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let ahead = ready!(self.poll_ahead(cx, buf.len()))?;
        let n = ahead.len().min(buf.len());
        buf[..n].copy_from_slice(&ahead[..n]);
        self.consume(n);
        Poll::Ready(Ok(n))
    }
}

impl<H: Handle, T: Read + Send + 'static> AsyncReadUninit for Unblock<H, T> {
    fn poll_read_uninit(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let ahead = ready!(self.poll_ahead(cx, buf.remaining()))?;
        let n = ahead.len().min(buf.remaining());
        buf.put_slice(&ahead[..n]);
        self.consume(n);
        Poll::Ready(Ok(()))
    }
}

impl<H: Handle, T: Read + Send + 'static> AsyncBufRead for Unblock<H, T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.get_mut().poll_ahead(cx, job::LEAST)
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        if let Ok(stash) = self.stash() {
            stash.consume(amount);
        }
    }
}

impl<H: Handle, T: Write + Send + 'static> AsyncWrite for Unblock<H, T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_all(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_all(cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_idle(cx))?;
            if let Some(error) = self.write_error.take() {
                return Poll::Ready(Err(error));
            }
            if !self.dirty {
                return Poll::Ready(Ok(()));
            }
            self.start(|stash| Done::Flush(stash.io.flush()))?;
        }
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl<H: Handle, T: Seek + Send + 'static> AsyncSeek for Unblock<H, T> {
    fn poll_seek(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: SeekFrom) -> Poll<io::Result<u64>> {
        loop {
            ready!(self.poll_idle(cx))?;
            match self.sought.take() {
                Some((where_to, result)) if where_to == to => return Poll::Ready(result),
                // The result of another caller, who did not wait for it.
                _ => {}
            }
            if let Some(error) = self.write_error.take() {
                return Poll::Ready(Err(error));
            }
            self.read_end = None;
            self.start(move |stash| Done::Seek(to, stash.seek(to)))?;
        }
    }
}

impl<H: Handle, T: fmt::Debug + Send + 'static> fmt::Debug for Unblock<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Unblock");
        match &self.state {
            State::Idle(Some(stash)) => shown.field("inner", &stash.io),
            State::Idle(None) => shown.field("inner", &"lost"),
            State::Busy(_) => shown.field("inner", &"in a blocking job"),
        };
        shown.finish_non_exhaustive()
    }
}
