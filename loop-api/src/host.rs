//! A foreign runtime as part of a loop: what the loop waits in instead of its own poller, and what
//! surrounds its threads.
//!
//! A [`Host`] is given to a backend's builder, and opens one [`Driver`] for each loop. The loop
//! then runs inside [`Driver::block_on`], so that the foreign runtime serves its own sockets,
//! timers and tasks on the loop's thread, and its context is found by all that the loop polls,
//! calls or drops: on that thread, on worker threads, and in blocking jobs.
//!
//! Nothing here names a runtime. The crate `loop-compat` has the `Host` for tokio:
//!
//! ```ignore
//! let host = Arc::new(loop_compat::host::TokioHost::new());
//! let native = loop_native::NativeLoop::builder().host(host).build()?;
//! ```

use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::time::Instant;

/// Makes the foreign part of a loop; one builder may build many.
pub trait Host: fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe + 'static {
    /// What users know it by, such as `"tokio"`.
    fn name(&self) -> &'static str;

    /// The foreign runtime of one loop. It is called on the thread that makes the loop, and stays
    /// there.
    ///
    /// # Errors
    ///
    /// Any error of starting the foreign runtime, such as exhausted descriptors.
    fn open(&self) -> io::Result<Box<dyn Driver>>;
}

/// The foreign runtime of one loop, on the loop's own thread.
pub trait Driver: fmt::Debug {
    /// What other threads of the loop need of it.
    fn runtime_context(&self) -> Arc<dyn RuntimeContext>;

    /// Has `hello` called first thing on each thread that the runtime starts from now on, such as
    /// those of its blocking jobs: by it such a thread learns which loop it belongs to. Once a
    /// driver. A runtime without such threads has nothing to do.
    fn on_thread_start(&self, hello: Box<dyn Fn() + Send + Sync>) {
        drop(hello);
    }

    /// Runs the foreign runtime on this thread until `future` is done. The future is polled when it
    /// was woken, by the same waker throughout the call, and it is woken without a system call
    /// where that happens on this thread. Being woken while it is polled lets the runtime's own
    /// tasks and I/O go first. It is not called where
    /// [`context::is_running`](crate::context::is_running): a `Host` whose runtime has threads of
    /// its own adds a probe there.
    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>);

    /// Has the runtime wait for a descriptor and a moment on the loop's behalf. The descriptor is
    /// one that other descriptors can be found ready in, such as an epoll instance.
    ///
    /// # Errors
    ///
    /// Any error of registering the descriptor with the foreign runtime, or `Unsupported`.
    #[cfg(unix)]
    fn watch(&self, fd: std::os::fd::BorrowedFd<'_>) -> io::Result<Box<dyn Watch>>;

    /// The runtime's clock, if it stands still until it is told to go on: a simulator takes part only
    /// of such a runtime. `None`, the default, where it goes on with the system's.
    fn stepped(&self) -> Option<&dyn Stepped> {
        None
    }

    /// Ends the runtime: drops its tasks in its context, then waits for its blocking jobs for at
    /// most `timeout` (`None`: as long as it takes). Gives how many of them are left. It can be
    /// called again to wait on.
    fn shutdown(&self, timeout: Option<Duration>) -> usize;
}

/// A foreign runtime whose clock stands still until it is told to go on. Its times are since it was
/// opened.
pub trait Stepped {
    /// Runs the runtime's own tasks on this thread while its clock goes on, first to `now`, and from
    /// there from one of its timers to the next, up to `until`. It ends early when `is_ready` is
    /// true, which is asked in the beginning and each time the waker was called that it is given.
    /// Gives the time of the clock.
    fn drive(&self, now: Duration, until: Duration, is_ready: &mut dyn FnMut(&Waker) -> bool) -> Duration;
}

/// What the foreign runtime watches on the loop's behalf.
pub trait Watch {
    /// Ready, once, when the descriptor has become readable since this was last ready; the first
    /// call may be ready without a reason. Pending, the context's task is woken when it becomes
    /// readable. A call that has nothing to tell costs next to nothing.
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Has the context's task woken at `deadline`, or a little later. It may be woken earlier, for
    /// a deadline of before. Ready if it is past.
    fn poll_deadline(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()>;

    /// Whether the runtime that watches has ended, so that nothing is told any more; after
    /// [`poll_readable`](Self::poll_readable) was called. False where that cannot be known.
    fn is_closed(&self) -> bool {
        false
    }
}

/// The context of the foreign runtime, for every thread of a loop.
pub trait RuntimeContext: fmt::Debug + Send + Sync {
    /// Calls `f` inside the context.
    fn within(&self, f: &mut dyn FnMut());

    /// Enters the context on this thread, until what this gives is dropped.
    fn enter(&self) -> Box<dyn fmt::Debug + Sync + '_>;

    /// As [`within`](Self::within), for all that a worker thread does: it polls tasks.
    fn as_worker(&self, f: &mut dyn FnMut());

    /// Calls `f`, which polls one task, in [`as_worker`](Self::as_worker) or [`Driver::block_on`].
    /// If the runtime limits how much a task may do in one poll, the limit begins anew.
    fn poll(&self, f: &mut dyn FnMut());
}

/// [`RuntimeContext::within`] for a closure that gives a value.
///
/// # Panics
///
/// If the context does not call the closure.
pub fn within<R>(context: &dyn RuntimeContext, f: impl FnOnce() -> R) -> R {
    let mut f = Some(f);
    let mut result = None;
    context.within(&mut || {
        if let Some(f) = f.take() {
            result = Some(f());
        }
    });
    result.expect("a context that calls the closure")
}
