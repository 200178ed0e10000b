//! Any loop behind one type, at the price of a box and a call through a pointer for each thing it
//! does.
//!
//! By it a third-party backend, of which the `anyloop` facade knows nothing, is given to the
//! facade's ambient API (its feature `dyn`). A type-erased loop keeps every promise that the loop
//! under it keeps: it adds types, not behaviour.
//!
//! ```
//! # fn with<L>(third_party: L) -> Result<(), loop_api::RunError>
//! # where L: loop_api::EventLoop, L::Handle: loop_api::net::Net + loop_api::readiness::Readiness {
//! use loop_erased::{ErasedHandle, ErasedLoop};
//! use loop_api::{EventLoop, Handle};
//!
//! // What the backend's handle can do besides tasks and time is named once, where its type is
//! // still known.
//! let mut erased = ErasedLoop::of(third_party, |handle| handle.net().readiness());
//! let name = erased.try_block_on(async {
//!     let handle = ErasedHandle::try_current().unwrap();
//!     let name = async { ErasedHandle::try_current().unwrap().shared().backend() };
//!     handle.spawn(name).await.unwrap()
//! })?;
//! println!("running on {name}");
//! # Ok(())
//! # }
//! ```

#![deny(unsafe_code)]

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;

use loop_api::Handle;
use loop_api::context::Scoped;

mod borrowed;
mod erase;
mod event_loop;
mod fs;
mod handle;

mod net;
mod object;
mod process;
mod signal;
mod socket;
mod source;
mod split;
mod stream;
mod task;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;

pub use erase::Erase;
pub use event_loop::ErasedLoop;
pub use fs::{File, ReadDir};
pub use handle::Sleep;
pub use process::Child;
pub use signal::Signal;
pub use source::Source;
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
pub use task::{AbortHandle, LocalTask, Task};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixStream};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

thread_local! {
    static CURRENT: Scoped<ErasedHandle> = const { Scoped::new() };
}

/// A handle of any loop. It implements [`Handle`] and every capability; what the loop under it does
/// not have, or was not named when the handle was made, answers with an error of kind
/// `Unsupported`.
#[derive(Clone)]
pub struct ErasedHandle {
    inner: Arc<Inner>,
}

struct Inner {
    handle: Box<dyn handle::DynHandle>,
    net: Option<Box<dyn net::DynNet>>,
    #[cfg(unix)]
    unix: Option<Box<dyn unix::DynUnixNet>>,
    readiness: Option<Box<dyn source::DynReadiness>>,
    signals: Option<Box<dyn signal::DynSignals>>,
    process: Option<Box<dyn process::DynProcess>>,
    /// Without one, files are the standard library's, by blocking jobs.
    fs: Option<Box<dyn fs::DynFs>>,
}

impl ErasedHandle {
    /// Erases a handle: name what it can do, then [`Erase::done`].
    pub fn of<H: Handle>(handle: H) -> Erase<H> {
        Erase::new(handle)
    }

    /// Erases a handle that has a network. For one that can do more, or less, use [`of`](Self::of).
    pub fn new<H: loop_api::net::Net>(handle: H) -> ErasedHandle {
        Erase::new(handle).net().done()
    }

    fn net(&self) -> io::Result<&dyn net::DynNet> {
        self.inner.net.as_deref().ok_or_else(|| self.lacks("network", "net"))
    }

    #[cfg(unix)]
    fn unix(&self) -> io::Result<&dyn unix::DynUnixNet> {
        self.inner.unix.as_deref().ok_or_else(|| self.lacks("unix sockets", "unix_net"))
    }

    fn readiness(&self) -> io::Result<&dyn source::DynReadiness> {
        self.inner.readiness.as_deref().ok_or_else(|| self.lacks("readiness of descriptors", "readiness"))
    }

    fn signals(&self) -> io::Result<&dyn signal::DynSignals> {
        self.inner.signals.as_deref().ok_or_else(|| self.lacks("signals", "signals"))
    }

    fn process(&self) -> io::Result<&dyn process::DynProcess> {
        self.inner.process.as_deref().ok_or_else(|| self.lacks("children", "process"))
    }

    #[cold]
    fn lacks(&self, what: &str, method: &str) -> io::Error {
        let backend = self.shared().backend();
        unsupported(format!(
            "the loop `{backend}` was erased without {what}: if it has that, call .{method}() when erasing it"
        ))
    }

    /// Polls `future` with this handle as the thread's current one: what runs the loop under it may
    /// have entered others meanwhile.
    async fn poll_within<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| self.scope(|| future.as_mut().poll(cx))).await
    }

    /// Calls `f` with this handle as the thread's current one.
    fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        // While a thread ends the thread-local is gone, and there is no current handle.
        let mut f = Some(f);
        let done = CURRENT.try_with(|slot| f.take().map(|f| slot.enter(self, f)));
        match (done, f) {
            (Ok(Some(result)), _) => result,
            (_, Some(f)) => f(),
            (_, None) => unreachable!("f is taken only where its result is given"),
        }
    }
}

impl fmt::Debug for ErasedHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ErasedHandle").field(&self.inner.handle).finish()
    }
}

#[cold]
fn unsupported(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, message.into())
}
