//! The owner of a runtime.

use std::cell::OnceCell;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use loop_api::{EventLoop, Handle, RunError, Shared};
use loop_toolkit::Threads;
use tokio::task::LocalSet;

use crate::config::{Config, Runtime};
use crate::current;
use crate::inner::{Kind, TokioHandle};
use crate::local::WithLocal;
use crate::shutdown;
use crate::waker::SameWaker;

/// A tokio runtime of one's own: on one thread, or on many by
/// [`Builder::worker_threads`](crate::Builder::worker_threads).
///
/// Dropped where blocking is not allowed (inside another loop) it drops its tasks as always, but
/// does not wait for its threads, which end by themselves.
///
/// ```
/// use std::time::Duration;
/// use loop_api::{EventLoop, Handle};
///
/// let mut tokio = loop_tokio::TokioLoop::new()?;
/// let handle = tokio.handle().clone();
/// tokio.block_on(async move { handle.sleep(Duration::from_millis(1)).await });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TokioLoop {
    /// Where futures that are not Send live on a multi-thread runtime. Before `runtime`, whose
    /// context they are dropped in.
    local: OnceCell<LocalSet>,
    /// `None` once shut down.
    runtime: Option<Runtime>,
    handle: TokioHandle,
    threads: Threads,
}

impl TokioLoop {
    pub(crate) fn build(config: Config) -> io::Result<Self> {
        let threads = Threads::default();
        let runtime = config.build(&threads)?;
        let (tokio, kind) = match &runtime {
            Runtime::Local(runtime) => (runtime.handle().clone(), Kind::Local),
            Runtime::Multi(runtime) => (runtime.handle().clone(), Kind::Multi),
        };
        let shared = Shared::new("tokio");
        let shared = if kind == Kind::Local { shared.of_this_thread() } else { shared };
        let handle = TokioHandle::new(shared, tokio, kind);
        current::insert(&handle);
        Ok(TokioLoop { local: OnceCell::new(), runtime: Some(runtime), handle, threads })
    }
}

impl EventLoop for TokioLoop {
    type Handle = TokioHandle;

    fn new() -> io::Result<Self> {
        TokioLoop::build(Config::default())
    }

    fn handle(&self) -> &TokioHandle {
        &self.handle
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let Some(runtime) = &self.runtime else { return Err(RunError::Closed) };
        // Pinned first, so that what calls what below hands on a reference, not a large future.
        let future = pin!(SameWaker::new(future));
        let drive = || {
            current::set(&self.handle, || match runtime {
                Runtime::Local(runtime) => runtime.block_on(future),
                Runtime::Multi(runtime) => runtime.block_on(WithLocal { set: &self.local, future }),
            })
        };
        #[cfg(feature = "test-util")]
        let drive = || crate::test_clock::with_loop_clock(drive);
        Ok(drive())
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        let Some(runtime) = self.runtime.take() else { return };
        let shared = self.handle.shared();
        self.handle.enter(|| {
            shared.close();
            if let Some(local) = self.local.take() {
                shared.end_step(|| drop(local));
            }
        });
        shutdown::end(runtime, &self.handle, &self.threads, timeout);
    }
}

impl Drop for TokioLoop {
    fn drop(&mut self) {
        self.shutdown(None);
    }
}

impl fmt::Debug for TokioLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokioLoop").field("handle", &self.handle).finish_non_exhaustive()
    }
}
