//! Children of the process, waited for by a loop.

use std::fmt;
use std::io;
use std::process::ExitStatus;
use std::task::{Context, Poll};

use crate::handle::Handle;

/// A loop that waits for children.
///
/// A child's pipes are descriptors, which [`Readiness`](crate::readiness::Readiness) makes streams
/// of the loop: take them out of the standard library's child inside `start`.
///
/// ```
/// use loop_api::process::{Child, Process};
/// use std::{future::poll_fn, io, process::Command};
///
/// async fn two_and_two<H: Process>(handle: H) -> io::Result<()> {
///     let mut child = handle.spawn_child(|| Command::new("test").args(["2", "=", "2"]).spawn())?;
///     assert!(poll_fn(|cx| child.poll_wait(cx)).await?.success());
///     Ok(())
/// }
/// ```
pub trait Process: Handle {
    /// A child.
    type Child: Child;

    /// Has `start` start a child, which this loop then waits for. It is called at once, and only if
    /// this loop can wait for children.
    ///
    /// # Errors
    ///
    /// That of `start`; [`Closed`](crate::Closed) inside an `io::Error` on a closed loop;
    /// `Unsupported` where no child can be waited for.
    fn spawn_child<F>(&self, start: F) -> io::Result<Self::Child>
    where
        F: FnOnce() -> io::Result<std::process::Child>;
}

/// A child of the process.
///
/// Dropping it leaves it running. Its end is waited for by the loop then, or where that has ended,
/// at the next start or end of another child, so that it does not stay as a zombie.
pub trait Child: fmt::Debug + Send + Sync + Unpin + 'static {
    /// The number of its process. After its end was seen, another process may have that number.
    fn id(&self) -> u32;

    /// Waits until it ends. Again and again it gives the same status. One waits at a time: the last
    /// caller's waker is woken.
    ///
    /// Cancel safe. It does not close the child's standard input.
    ///
    /// # Errors
    ///
    /// Any error of `waitpid(2)`, such as that of a child that other code of the process has waited
    /// for; any error of making and registering a descriptor; [`Closed`](crate::Closed) inside an
    /// `io::Error` on a closed loop.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>>;

    /// Its status, if it has ended.
    ///
    /// # Errors
    ///
    /// Any error of `waitpid(2)`.
    fn try_wait(&mut self) -> io::Result<Option<ExitStatus>>;

    /// Has the system end it, by `SIGKILL` on unix, and does not wait. If its end was seen already
    /// it does nothing.
    ///
    /// # Errors
    ///
    /// Any error of `kill(2)`, such as `PermissionDenied`.
    fn start_kill(&mut self) -> io::Result<()>;

    /// Its handle, for calls of the system's.
    #[cfg(windows)]
    fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_>;
}
