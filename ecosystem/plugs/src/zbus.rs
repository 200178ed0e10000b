//! zbus: everything that a D-Bus connection waits for. On unix.
//!
//! What would block (a look-up, the wait for a helper process) is a blocking job of the loop's own
//! pool.
//!
//! ```
//! use std::time::Duration;
//!
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use zbus::runtime::traits::Runtime as _;
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     // What a connection is built with: `connection::Builder::session()?.runtime(plug)`.
//!     let sip = plug.spawn("sip", async { 42 });
//!     assert_eq!(sip.await?, 42);
//!     plug.sleep(Duration::from_millis(1)).await;
//!     Ok::<_, std::io::Error>(())
//! })?;
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, ExitStatus, Stdio};
use std::task::{Context, Poll};
use std::time::Duration;

use loop_api::JoinError;
use loop_api::net::{Net, StdNet, StdUnixNet, TcpOptions, UnixNet};
use loop_api::readiness::{Readiness, Source};
use loop_api::task::Task as _;
use zbus::runtime::traits::{PollIo, Runtime, TaskHandle};
use zbus::runtime::{Interest, IoSource};

use crate::Plug;

/// What zbus needs of a loop's handle: sockets that become the standard library's, and readiness.
pub trait Handle: StdNet + StdUnixNet + Readiness {}
impl<H: StdNet + StdUnixNet + Readiness> Handle for H {}

impl<H: Handle> Runtime for Plug<H> {
    type RegisteredIoSource = Registered<H>;
    type Sleep = H::Sleep;
    type Task<T>
        = Task<H, T>
    where
        T: Send + 'static;

    fn register_io_source(&self, source: IoSource) -> io::Result<Registered<H>> {
        Ok(Registered { source: self.handle.register(source)? })
    }

    fn sleep(&self, duration: Duration) -> H::Sleep {
        self.handle.sleep(duration)
    }

    fn spawn<T: Send + 'static>(
        &self,
        _name: &str,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<H, T> {
        Task { task: self.handle.spawn(future), detached: false }
    }

    async fn connect_tcp(&self, address: SocketAddr) -> io::Result<IoSource> {
        let stream = Net::connect_tcp(&self.handle, address, TcpOptions::default()).await?;
        Ok(OwnedFd::from(H::tcp_stream_into_std(stream)?).into())
    }

    async fn connect_unix(&self, path: &Path) -> io::Result<IoSource> {
        let stream = UnixNet::connect_unix(&self.handle, unix_addr(path)?).await?;
        Ok(OwnedFd::from(H::unix_stream_into_std(stream)?).into())
    }

    /// Waits in a blocking job, which holds a thread for as long as the process runs, and collects
    /// it in any case.
    fn spawn_process(
        &self,
        mut command: Command,
        stdin: Stdio,
        stdout: Stdio,
        stderr: Stdio,
    ) -> io::Result<Pin<Box<dyn Future<Output = io::Result<ExitStatus>> + Send>>> {
        let mut child = command.stdin(stdin).stdout(stdout).stderr(stderr).spawn()?;
        // The streams in it would keep pipes open that are to end with the process.
        drop(command);
        let exit = self.handle.spawn_blocking(move || child.wait());
        Ok(Box::pin(async move { exit.await.map_err(io::Error::other)? }))
    }

    /// Where the loop is closed, or has no thread for it, the work is dropped, and awaiting it panics.
    fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = T> + Send>> {
        let job = self.handle.spawn_blocking(work);
        Box::pin(async move {
            match job.await {
                Ok(output) => output,
                Err(JoinError::Panicked(panic, _)) => std::panic::resume_unwind(panic.into_payload()),
                // zbus has no error to take here; pending, it would be waited for forever.
                Err(error) => panic!("blocking work of zbus's has no output: {error}"),
            }
        })
    }
}

/// zbus writes an abstract name as a path that begins with a zero byte.
fn unix_addr(path: &Path) -> io::Result<UnixAddr> {
    #[cfg(target_os = "linux")]
    if let [0, name @ ..] = path.as_os_str().as_bytes() {
        return <UnixAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    UnixAddr::from_pathname(path)
}

/// A socket that the loop watches for a connection.
pub struct Registered<H: Readiness> {
    source: H::Source<IoSource>,
}

impl<H: Readiness> fmt::Debug for Registered<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered").field("source", &self.source).finish()
    }
}

impl<H: Readiness> PollIo for Registered<H> {
    fn poll_io<T>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut operation: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let interest = match interest {
            Interest::Writable => loop_api::io::Interest::Writable,
            _ => loop_api::io::Interest::Readable,
        };
        self.source.poll_io(cx, interest, |_| operation())
    }
}

/// A task that ends when this is dropped, unless it was detached: zbus's rule.
pub struct Task<H: loop_api::Handle, T: Send + 'static> {
    task: H::Task<T>,
    detached: bool,
}

impl<H: loop_api::Handle, T: Send + 'static> fmt::Debug for Task<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("task", &self.task).finish_non_exhaustive()
    }
}

impl<H: loop_api::Handle, T: Send + 'static> Future for Task<H, T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        Pin::new(&mut self.task).poll(cx).map_err(io::Error::other)
    }
}

impl<H: loop_api::Handle, T: Send + 'static> TaskHandle<T> for Task<H, T> {
    fn detach(mut self) {
        self.detached = true;
    }
}

impl<H: loop_api::Handle, T: Send + 'static> Drop for Task<H, T> {
    fn drop(&mut self) {
        if !self.detached {
            self.task.abort();
        }
    }
}
