//! What is asynchronous, for threads that may block.

use std::future::poll_fn;
use std::io::{self, BufRead, ErrorKind, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
use futures_lite::AsyncBufReadExt;
use futures_lite::future::block_on;
use loop_api::context;

/// A reader, writer or both of futures-io as the standard library's `Read`, `Write`, `BufRead` and
/// `Seek`, which block: for code that knows nothing of async, in `spawn_blocking` or on a thread of
/// its own. The thread sleeps while it waits, and whatever loop the stream is on serves it. What is
/// tokio's or hyper's goes into `TokioIo` or `HyperIo` first.
///
/// On a thread that runs a loop each call is refused, with `ErrorKind::Deadlock`: it could wait for
/// itself.
///
/// ```
/// use loop_compat::io::SyncIoBridge;
/// use std::io::{BufRead, Read};
///
/// // Stands for a socket of any loop.
/// let stream = futures_lite::io::Cursor::new("first line\nand the rest");
/// let job = std::thread::spawn(move || {
///     let mut reader = SyncIoBridge::new(stream);
///     let (mut line, mut rest) = (String::new(), String::new());
///     reader.read_line(&mut line)?;
///     reader.read_to_string(&mut rest)?;
///     std::io::Result::Ok((line, rest))
/// });
/// assert_eq!(job.join().unwrap()?, ("first line\n".to_owned(), "and the rest".to_owned()));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct SyncIoBridge<T> {
    inner: T,
}

impl<T> SyncIoBridge<T> {
    /// Wraps it.
    pub fn new(inner: T) -> Self {
        SyncIoBridge { inner }
    }

    /// What is inside.
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// What is inside.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// Takes the wrapper off. No byte is in it.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: Unpin> SyncIoBridge<T> {
    fn wait<R>(
        &mut self,
        mut poll: impl FnMut(Pin<&mut T>, &mut Context<'_>) -> Poll<io::Result<R>>,
    ) -> io::Result<R> {
        let _running = entered()?;
        block_on(poll_fn(|cx| poll(Pin::new(&mut self.inner), cx)))
    }
}

impl<T: AsyncWrite + Unpin> SyncIoBridge<T> {
    /// Closes the writing direction after what was flushed: on a socket this sends FIN. Reading
    /// goes on.
    ///
    /// # Errors
    ///
    /// Any error of closing what is inside; `Deadlock` on a thread that runs a loop.
    pub fn shutdown(&mut self) -> io::Result<()> {
        self.wait(|io, cx| io.poll_close(cx))
    }
}

fn entered() -> io::Result<context::Running> {
    context::enter().map_err(|nested| io::Error::new(ErrorKind::Deadlock, nested))
}

impl<T: AsyncRead + Unpin> Read for SyncIoBridge<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.wait(|io, cx| io.poll_read(cx, buf))
    }

    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.wait(|io, cx| io.poll_read_vectored(cx, bufs))
    }
}

impl<T: AsyncBufRead + Unpin> BufRead for SyncIoBridge<T> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let _running = entered()?;
        block_on(self.inner.fill_buf())
    }

    fn consume(&mut self, amount: usize) {
        Pin::new(&mut self.inner).consume(amount);
    }
}

impl<T: AsyncWrite + Unpin> Write for SyncIoBridge<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.wait(|io, cx| io.poll_write(cx, buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.wait(|io, cx| io.poll_write_vectored(cx, bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.wait(|io, cx| io.poll_flush(cx))
    }
}

impl<T: AsyncSeek + Unpin> Seek for SyncIoBridge<T> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.wait(|io, cx| io.poll_seek(cx, to))
    }
}
