//! The process's own streams.

use std::io::{self, IoSlice, Read, Write};
use std::panic::Location;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use loop_api::io::{AsyncReadUninit, ReadCursor};
use loop_toolkit::{BlockingIo, Device, Work};

use super::stdin_thread;
use crate::runtime::current;

/// More than a pipe holds.
const MAX_BUF_SIZE: usize = 64 * 1024;

fn stream<D: Device>(device: D) -> BlockingIo<D> {
    let io = BlockingIo::new(device);
    io.set_max_buf_size(MAX_BUF_SIZE);
    io
}

struct In;
struct Out;
struct Err;

impl Device for In {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        io::stdin().lock().read(buf)
    }
}

impl Device for Out {
    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        // Or a line without an end would wait for the next.
        out.flush()
    }
}

impl Device for Err {
    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        io::stderr().lock().write_all(bytes)
    }
}

// Of the process, as the system's are: what one reader gave up is the next one's.
static IN: LazyLock<BlockingIo<In>> = LazyLock::new(|| stream(In));
static OUT: LazyLock<BlockingIo<Out>> = LazyLock::new(|| stream(Out));
static ERR: LazyLock<BlockingIo<Err>> = LazyLock::new(|| stream(Err));

/// The process's standard input.
///
/// A read waits on a thread of its own, which begins with the first read of the process and is not
/// waited for: neither the loop nor the program stays because a read is pending. (tokio's runtime
/// waits for it when it is dropped.) It needs no loop.
///
/// Cancel safety: what a read took that was dropped while pending is given to the next read of the
/// process, through whichever [`Stdin`]. Handles share one stream, and so do not cut lines: for
/// lines make one `BufReader` and keep it. What reads `std::io::stdin` besides takes bytes of its
/// own.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// # #[cfg(feature = "io-util")] {
/// use std::time::Duration;
/// use anyloop::io::{AsyncBufReadExt, BufReader, stdin};
///
/// let mut line = String::new();
/// let mut input = BufReader::new(stdin());
/// let limit = Duration::from_millis(1);
/// // Whether it came or not, the program ends.
/// let read = anyloop::time::timeout(limit, input.read_line(&mut line)).await;
/// assert!(read.is_err() || line.len() == read.unwrap()?);
/// # }
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub fn stdin() -> Stdin {
    Stdin(())
}

/// The process's standard input: see [`stdin`].
#[derive(Debug)]
pub struct Stdin(());

/// The process's standard output.
///
/// A write is done with once its bytes are accepted into a buffer of 64 KiB; they are written by a
/// blocking job of the loop, in order, many small writes at a time. They are not lost: the loop
/// does not close before they are written, nor does `main` with `#[anyloop::main]` return. (Where a
/// process ends without its loop being closed, as by `std::process::exit`, or on the loop that the
/// feature `global` lends, `flush` first.) What tasks write through several [`Stdout`]s comes in
/// the order of the writes; `println!` besides may come between.
///
/// The error of a write that failed, such as `BrokenPipe`, is told by a later write or `flush`.
///
/// # Errors
///
/// Of each write: [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// # #[cfg(feature = "io-util")] {
/// use anyloop::io::{AsyncWriteExt, stdout};
///
/// assert_eq!(stdout().write(b"ciao\n").await?, 5);
/// stdout().flush().await?;
/// # }
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub fn stdout() -> Stdout {
    Stdout(())
}

/// The process's standard output: see [`stdout`].
#[derive(Debug)]
pub struct Stdout(());

/// The process's standard error: as [`stdout`].
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// # #[cfg(feature = "io-util")] {
/// use anyloop::io::{AsyncWriteExt, stderr};
///
/// assert_eq!(stderr().write(b"attenzione\n").await?, 11);
/// # }
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub fn stderr() -> Stderr {
    Stderr(())
}

/// The process's standard error: see [`stderr`].
#[derive(Debug)]
pub struct Stderr(());

impl futures_io::AsyncRead for Stdin {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        IN.poll_read_slice(cx, buf, |work| stdin_thread::run(Box::new(|| work.run())))
    }
}

impl AsyncReadUninit for Stdin {
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        IN.poll_read(cx, buf, |work| stdin_thread::run(Box::new(|| work.run())))
    }
}

impl tokio::io::AsyncRead for Stdin {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        super::foreign::uninit::ReadTokio::poll_read_tokio(self, cx, buf)
    }
}

super::impl_hyper_read!([] Stdin);

/// Writes by the loop that the caller runs in.
fn write<D: Device>(
    io: &BlockingIo<D>,
    cx: &mut Context<'_>,
    bufs: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    let written = current(|handle| {
        io.poll_write_vectored(cx, bufs, |work: Work<D>| {
            let _detached = handle.spawn_blocking(Location::caller(), move || work.run());
        })
    });
    written?
}

macro_rules! output {
    ($name:ident, $stream:ident) => {
        impl futures_io::AsyncWrite for $name {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                write(&$stream, cx, &[IoSlice::new(buf)])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                write(&$stream, cx, bufs)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                $stream.poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                $stream.poll_flush(cx)
            }
        }

        super::impl_tokio_write!([] $name);
    };
}

output!(Stdout, OUT);
output!(Stderr, ERR);

macro_rules! descriptor {
    ($($name:ident $std:path => $type:ty;)*) => {$(
        #[cfg(unix)]
        impl std::os::fd::AsRawFd for $name {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                $std().as_raw_fd()
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsFd for $name {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                static STD: LazyLock<$type> = LazyLock::new($std);
                STD.as_fd()
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsHandle for $name {
            fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
                static STD: LazyLock<$type> = LazyLock::new($std);
                STD.as_handle()
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsRawHandle for $name {
            fn as_raw_handle(&self) -> std::os::windows::io::RawHandle {
                $std().as_raw_handle()
            }
        }
    )*};
}

descriptor! {
    Stdin io::stdin => io::Stdin;
    Stdout io::stdout => io::Stdout;
    Stderr io::stderr => io::Stderr;
}
