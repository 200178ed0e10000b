//! The loop itself: making one, running it, reaching it from anywhere.
//!
//! [`Runtime`] owns a loop, [`SharedRuntime`] one that runs on a thread of its own, for a `static`; [`Builder`] makes one with options, [`Handle`] reaches it from other
//! threads and from within; its methods also have the callbacks (`call_soon`, `call_later`,
//! `add_reader`, ...) in the manner of asyncio. Which backend it is, and why, say [`choose`] before
//! and [`Runtime::choice`] after it was made.
//!
//! What differs from tokio: a loop has one thread unless [`Builder::worker_threads`] gives it more,
//! also the one that [`Runtime::new`] makes; [`Runtime::block_on`] takes `&mut self`, because one
//! thread at a time runs a loop ([`Handle::block_on`] serves the others, and [`SharedRuntime`] all
//! threads); I/O and time are always on.
//!
//! Nothing panics because no loop is there: what needs one has a `try_` form, or gives an
//! [`io::Error`], and the short form's message names the remedy.
//!
//! ```
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! use anyloop::runtime::{Builder, Handle};
//!
//! let mut runtime = Builder::new_current_thread().enable_all().build()?;
//! let backend = runtime.choice().backend();
//! runtime.block_on(async move { assert_eq!(Handle::current().backend(), backend) });
//! # std::io::Result::Ok(())
//! ```

use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::time::Duration;

use loop_api::callback::{Driven, Pump};
use loop_api::{EventLoop, Handle as _, RunError, context};

use crate::any::{self, each};
use crate::task::JoinHandle;

mod builder;
mod callbacks;
mod choice;
mod clock;
mod contract;
mod current;
mod handle;
mod metrics;
mod no_loop;
mod shared;

pub use builder::{Builder, LocalOptions, LocalRuntime};
pub use choice::{Choice, Reason, choose};

pub use crate::any::backend::{AskedBy, Backend, ChoiceError};
pub use crate::any::no_loop::NoLoop;
pub(crate) use current::{current, current_or_panic};
pub(crate) use handle::or_panic;
pub use handle::{EnterGuard, Handle};
pub use metrics::{Id, RuntimeFlavor, RuntimeMetrics};
pub use no_loop::{TryCurrentError, is_rt_shutdown_err};
pub use shared::SharedRuntime;

/// A loop of the chosen backend: see [`Builder`].
///
/// Dropping it drops its tasks first, on this thread; an awaiter on another thread sees
/// [`JoinError::Cancelled`](crate::JoinError::Cancelled). Then it joins its threads, and waits for
/// blocking jobs that have begun; [`shutdown_timeout`](Self::shutdown_timeout) sets a limit.
/// Nothing leaks: no descriptor, no thread, no task. Handles that outlive it answer that it is
/// closed.
///
/// When it closes, what waits for something of it on other threads ends: waits for its sockets and
/// descriptors give [`Closed`](loop_api::Closed) inside an `io::Error`, [`Handle::try_block_on`] on
/// other threads and in blocking jobs gives [`RunError::Closed`]. A sleep of its own, polled by
/// something else than its handle's `block_on`, is then never done on native and tokio; on smol,
/// whose timers are the process's, it is done in time.
///
/// It stays on the thread that made it, and one run at a time is all it allows. Dropped inside
/// another loop or a task of a tokio runtime, whose thread must not be blocked, it drops its tasks
/// as always, but waits for no thread and no job: they end by themselves.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// use anyloop::runtime::Runtime;
///
/// let mut runtime = Runtime::new()?;
/// let answer = runtime.block_on(async {
///     let task = anyloop::task::spawn(async { 6 * 7 });
///     task.await
/// });
/// assert_eq!(answer.unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Runtime {
    // First, so that the tasks are gone before anything else of the loop.
    inner: any::Loop,
    handle: Handle,
    choice: Choice,
    // Whether it could be sent would depend on the backend.
    not_send: PhantomData<*const ()>,
}

impl Runtime {
    /// Makes the loop that [`choose`] picks, with its backend's defaults: on one thread.
    ///
    /// # Errors
    ///
    /// [`ChoiceError`] inside an `io::Error` if there is none to pick, else any error of making the
    /// loop, such as `EMFILE` when descriptors are exhausted.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let runtime = anyloop::runtime::Runtime::new()?;
    /// assert!(runtime.choice().backend().is_compiled());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new() -> io::Result<Runtime> {
        Builder::new().build()
    }

    fn from_parts(inner: any::Loop, choice: Choice) -> Runtime {
        let handle = Handle(inner.handle());
        Runtime { inner, handle, choice, not_send: PhantomData }
    }

    /// A loop that this crate does not know, given to the ambient API: tasks on it have it as their
    /// current one. What it is then asked for costs a box a call; everything else holds as for the
    /// known ones.
    ///
    /// ```
    /// # fn with<L>(third_party: L) -> Result<(), anyloop::RunError>
    /// # where L: anyloop::EventLoop, L::Handle: anyloop::loop_api::net::Net {
    /// use anyloop::erased::ErasedLoop;
    /// use anyloop::runtime::Runtime;
    ///
    /// // What the third party's handle can do besides tasks and time is named here.
    /// let mut runtime = Runtime::from_erased(ErasedLoop::of(third_party, |handle| handle.net()));
    /// runtime.try_block_on(async { anyloop::task::spawn(async {}).await.unwrap() })?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "dyn")]
    pub fn from_erased(inner: loop_erased::ErasedLoop) -> Runtime {
        any::event_loop::watch();
        let inner = any::Loop::Erased(inner);
        let backend = Handle(inner.handle()).backend();
        Runtime::from_parts(inner, Choice::new(backend, Reason::Asked))
    }

    /// Which backend this is, and why.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// The loop's handle.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Runs the loop on this thread until `future` is done. Tasks that are not done by then wait
    /// for the next call.
    ///
    /// # Panics
    ///
    /// Where [`try_block_on`](Self::try_block_on) gives an error; the message names the remedy. Not
    /// where a loop can tell that nothing will ever wake the future while the process has other
    /// threads, which may be at work: then this thread sleeps forever, as on a loop that cannot
    /// tell. In a simulated world it panics also then, as no other thread may touch that, and says
    /// which tasks wait.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let text = String::from("borrowed, and not sent");
    /// let len = runtime.block_on(async { text.len() });
    /// assert_eq!(len, text.len());
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        EventLoop::block_on(self, future)
    }

    /// Runs the loop on this thread until `future` is done.
    ///
    /// # Errors
    ///
    /// [`RunError`]: on a thread that runs a loop already, on a closed loop, when `stop()` comes
    /// first, and, where the backend can detect it, when the future can never be woken.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::RunError;
    ///
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let mut other = anyloop::runtime::Runtime::new()?;
    /// let nested = runtime.block_on(async { other.try_block_on(async {}) });
    /// assert_eq!(nested, Err(RunError::Nested));
    /// runtime.close();
    /// assert_eq!(runtime.try_block_on(async {}), Err(RunError::Closed));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_block_on<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        EventLoop::try_block_on(self, future)
    }

    /// Runs the loop until [`stop`](Handle::stop) is called on its handle: if that was before,
    /// exactly one turn. It can be run again.
    ///
    /// # Errors
    ///
    /// As [`try_block_on`](Self::try_block_on), except that being stopped is how this ends well.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// let task = runtime.spawn(async move {
    ///     handle.stop();
    ///     "served"
    /// });
    /// runtime.run_forever().unwrap();
    /// assert_eq!(runtime.block_on(task)?, "served");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn run_forever(&mut self) -> Result<(), RunError> {
        EventLoop::run_forever(self)
    }

    /// Makes this loop the current one on this thread until the guard is dropped:
    /// [`Handle::enter`].
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Starts a task, which runs while [`block_on`](Self::block_on) does; on a loop with worker
    /// threads, from now on. Otherwise as [`task::spawn`](crate::task::spawn).
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Runs `f` on a thread where it may block, at once, whether the loop is being run or not: as
    /// [`task::spawn_blocking`](crate::task::spawn_blocking).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let job = runtime.spawn_blocking(|| 6 * 7);
    /// assert_eq!(runtime.block_on(job)?, 42);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle.spawn_blocking(f)
    }

    /// What the loop can tell of itself: as [`Handle::metrics`].
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }

    /// Ends the loop: drops its tasks, then joins its threads, for at most `timeout`. A job that is
    /// still running by then is left to itself, and so is a worker thread in the middle of a task
    /// that does not yield; the exception handler is told. Jobs that have not begun do not run.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::time::Duration;
    ///
    /// let runtime = anyloop::runtime::Runtime::new()?;
    /// let task = runtime.spawn(std::future::pending::<()>());
    /// runtime.shutdown_timeout(Duration::from_secs(5));
    /// let ended = futures_lite::future::block_on(task);
    /// assert!(ended.unwrap_err().is_cancelled());
    /// # std::io::Result::Ok(())
    /// ```
    #[doc(alias = "graceful shutdown")]
    pub fn shutdown_timeout(mut self, timeout: Duration) {
        EventLoop::shutdown(&mut self, Some(timeout));
    }

    /// Ends the loop without waiting for blocking jobs, nor for a task that a worker thread is just
    /// polling. The other tasks are dropped before this returns on a loop on one thread, and on
    /// native; on tokio and smol with worker threads, as soon as these let go of them.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// runtime.shutdown_background();
    /// assert!(handle.call_soon(|| ()).is_err());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown_background(self) {
        self.shutdown_timeout(Duration::ZERO);
    }

    /// Ends the loop, in place: afterwards it and its handles answer that it is closed. Idempotent.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// runtime.close();
    /// assert!(handle.call_soon(|| ()).is_err());
    /// let task = handle.spawn(async {});
    /// assert!(futures_lite::future::block_on(task).unwrap_err().is_closed());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn close(&mut self) {
        EventLoop::shutdown(self, None);
    }
}

impl EventLoop for Runtime {
    type Handle = Handle;

    fn new() -> io::Result<Self> {
        Runtime::new()
    }

    fn handle(&self) -> &Handle {
        &self.handle
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        each!(Loop; &mut self.inner, l => l.drive(future))
    }

    // As the provided one, but without a handle of its own beside ours: native counts handles to
    // detect a deadlock.
    fn try_block_on<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let Runtime { inner, handle, .. } = self;
        let shared = handle.shared();
        if shared.is_closed() {
            return Err(RunError::Closed);
        }
        let _nested = context::enter_loop()?;
        let _running = shared.running();
        let driven = Driven::new(Pump::new(handle.clone()), future);
        // Named, as with no backend there is no other variant to tell it from.
        let driven: Result<Option<F::Output>, RunError> = each!(Loop; inner, l => l.drive(driven));
        driven?.ok_or(RunError::Stopped)
    }

    fn deadlock_report(&self) -> Option<String> {
        each!(Loop; &self.inner, l => l.deadlock_report())
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        each!(Loop; &mut self.inner, l => l.shutdown(timeout));
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("choice", &self.choice).finish_non_exhaustive()
    }
}
