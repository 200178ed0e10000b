//! A child that was started.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::process::{Child as StdChild, ExitStatus, Output};
use std::task::{Context, Poll};

use loop_api::process::{Child as LoopChild, Process};
use tokio::io::{AsyncRead, ReadBuf};

use super::stdio::{ChildStderr, ChildStdin, ChildStdout};
use crate::any::{self, each, opaque};
use crate::runtime::Handle;

/// A child that was started: see [`Command`](super::Command).
///
/// Dropping it neither ends it nor waits, unless
/// [`kill_on_drop`](super::Command::kill_on_drop) was set; see [the module](super) for what becomes
/// of it.
///
/// ```
/// # #[cfg(all(unix, feature = "io-util"))]
/// # fn main() -> std::io::Result<()> {
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use std::process::Stdio;
/// use anyloop::io::AsyncWriteExt;
/// use anyloop::process::Command;
///
/// let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
/// child.stdin.as_mut().unwrap().write_all(b"ciao").await?;
/// let output = child.wait_with_output().await?; // it closes the child's standard input
/// assert_eq!(output.stdout, b"ciao");
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(all(unix, feature = "io-util")))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Child {
    child: KillOnDrop,
    /// Its standard input, if that is a pipe. [`wait`](Self::wait) closes it, as the child may wait
    /// for its end.
    pub stdin: Option<ChildStdin>,
    /// Its standard output, if that is a pipe.
    pub stdout: Option<ChildStdout>,
    /// Its standard error, if that is a pipe.
    pub stderr: Option<ChildStderr>,
}

/// Ends the child when it is dropped, if so asked.
#[derive(Debug)]
struct KillOnDrop {
    child: LoopsChild,
    ended: bool,
    kill_on_drop: bool,
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if self.kill_on_drop && !self.ended {
            // Where it fails there is no caller to tell.
            let _ = self.child.start_kill();
        }
    }
}

/// A child of the loop's, of whichever backend: see [`Process`]. A program uses [`Child`].
pub struct LoopsChild(any::Child);

opaque!([] LoopsChild, Child);

impl LoopChild for LoopsChild {
    fn id(&self) -> u32 {
        each!(Child; &self.0, child => LoopChild::id(child))
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        each!(Child; &mut self.0, child => LoopChild::poll_wait(child, cx))
    }

    fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        each!(Child; &mut self.0, child => LoopChild::try_wait(child))
    }

    fn start_kill(&mut self) -> io::Result<()> {
        each!(Child; &mut self.0, child => LoopChild::start_kill(child))
    }

    #[cfg(windows)]
    fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
        each!(Child; &self.0, child => LoopChild::as_handle(child))
    }
}

impl Process for Handle {
    type Child = LoopsChild;

    fn spawn_child<F>(&self, start: F) -> io::Result<LoopsChild>
    where
        F: FnOnce() -> io::Result<StdChild>,
    {
        each!(Handle => Child as wrap; &self.0, h => h.spawn_child(start).map(|child| LoopsChild(wrap(child))))
    }
}

impl Child {
    pub(super) fn start(
        start: impl FnOnce() -> io::Result<StdChild>,
        kill_on_drop: bool,
    ) -> io::Result<Child> {
        let mut pipes = (None, None, None);
        let child = Handle::try_current()?.spawn_child(|| {
            let mut child = start()?;
            pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
            Ok(child)
        })?;
        // Until it can be given to the caller, dropping it ends it.
        let mut child = KillOnDrop { child, ended: false, kill_on_drop: true };
        let stdin = pipes.0.map(ChildStdin::from_std).transpose()?;
        let stdout = pipes.1.map(ChildStdout::from_std).transpose()?;
        let stderr = pipes.2.map(ChildStderr::from_std).transpose()?;
        child.kill_on_drop = kill_on_drop;
        Ok(Child { child, stdin, stdout, stderr })
    }

    /// The number of its process; `None` once its end was seen by one of the methods here, as
    /// another process may have the number then.
    pub fn id(&self) -> Option<u32> {
        (!self.child.ended).then(|| self.child.child.id())
    }

    /// Its handle; `None` once its end was seen.
    #[cfg(windows)]
    pub fn raw_handle(&self) -> Option<std::os::windows::io::RawHandle> {
        use std::os::windows::io::AsRawHandle;
        (!self.child.ended).then(|| self.child.child.as_handle().as_raw_handle())
    }

    /// Has the system end it, by `SIGKILL` on unix, and does not wait for it to have ended: see
    /// [`kill`](Self::kill). If its end was seen already it does nothing.
    ///
    /// # Errors
    ///
    /// Any error of `kill(2)`, such as `PermissionDenied`.
    pub fn start_kill(&mut self) -> io::Result<()> {
        self.child.child.start_kill()
    }

    /// Ends it, and waits until it has ended.
    ///
    /// # Errors
    ///
    /// As [`start_kill`](Self::start_kill) and [`wait`](Self::wait).
    pub async fn kill(&mut self) -> io::Result<()> {
        self.start_kill()?;
        self.wait().await.map(drop)
    }

    /// Closes its standard input, and waits until it has ended. Again and again it gives the same
    /// status. Its other pipes stay open: a child that has more to write than a pipe holds does not
    /// end before that is read.
    ///
    /// Cancel safe, but for the standard input: take it out before, to keep it.
    ///
    /// # Errors
    ///
    /// Any error of `waitpid(2)`, or of making and registering a descriptor; that the loop is
    /// closed.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        let status = poll_fn(|cx| self.child.child.poll_wait(cx)).await?;
        self.child.ended = true;
        Ok(status)
    }

    /// Its status if it has ended, without waiting. Its standard input is left open.
    ///
    /// # Errors
    ///
    /// Any error of `waitpid(2)`.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.child.try_wait()?;
        self.child.ended |= status.is_some();
        Ok(status)
    }

    /// Closes its standard input, reads what it writes to those of its standard output and error
    /// that are pipes and still here, and waits until it has ended and both are read to the end.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), and any error of `read(2)`.
    pub async fn wait_with_output(mut self) -> io::Result<Output> {
        let (mut stdout, mut stderr) = (self.stdout.take(), self.stderr.take());
        let mut wait = pin!(self.wait());
        let (mut status, mut heard, mut complaints) = (None, Vec::new(), Vec::new());
        let status = poll_fn(|cx| {
            if status.is_none() {
                if let Poll::Ready(ended) = wait.as_mut().poll(cx)? {
                    status = Some(ended);
                }
            }
            let out = poll_to_end(&mut stdout, cx, &mut heard)?;
            let err = poll_to_end(&mut stderr, cx, &mut complaints)?;
            match status {
                Some(status) if out.is_ready() && err.is_ready() => Poll::Ready(Ok::<_, io::Error>(status)),
                _ => Poll::Pending,
            }
        })
        .await?;
        Ok(Output { status, stdout: heard, stderr: complaints })
    }
}

/// Reads to the end of `pipe`, which is gone then.
fn poll_to_end<P: AsyncRead + Unpin>(
    pipe: &mut Option<P>,
    cx: &mut Context<'_>,
    read: &mut Vec<u8>,
) -> Poll<io::Result<()>> {
    let mut memory = [0; 8 * 1024];
    while let Some(open) = pipe {
        let mut buf = ReadBuf::new(&mut memory);
        std::task::ready!(Pin::new(open).poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            *pipe = None;
        }
        read.extend_from_slice(buf.filled());
    }
    Poll::Ready(Ok(()))
}
