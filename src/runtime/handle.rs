//! A loop seen from anywhere.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use loop_api::context::{self, Entered};
use loop_api::{Handle as LoopHandle, LocalError, RunError};

use super::Backend;
use crate::any::{self, BUDGET_OF_ONE_POLL, each, opaque};
use crate::task::{JoinHandle, LocalJoinHandle};

/// A loop seen from anywhere: it can be cloned, sent and shared, and it may outlive the loop, in
/// which case it answers that the loop is closed. Dropping it does nothing to the loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// use anyloop::runtime::Runtime;
///
/// let mut runtime = Runtime::new()?;
/// let handle = runtime.handle().clone();
/// let other_thread = std::thread::spawn(move || handle.spawn(async { "from another thread" }));
/// let task = other_thread.join().unwrap();
/// assert_eq!(runtime.block_on(task)?, "from another thread");
/// # std::io::Result::Ok(())
/// ```
pub struct Handle(pub(crate) any::Handle);

opaque!([] Handle, Handle);

impl Clone for Handle {
    #[inline]
    fn clone(&self) -> Handle {
        Handle(each!(Handle => Handle as wrap; &self.0, h => wrap(h.clone())))
    }
}

impl Handle {
    /// Whether the loop has ended.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// assert!(!handle.is_closed());
    /// runtime.close();
    /// assert!(handle.is_closed());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_closed(&self) -> bool {
        self.shared().is_closed()
    }

    /// The name that [`Builder::name`](super::Builder::name) gave the loop, or tokio's builder one
    /// that is adopted.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let runtime = anyloop::runtime::Builder::new().name("main").build()?;
    /// assert_eq!(runtime.handle().name(), Some("main"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn name(&self) -> Option<&str> {
        self.shared().name()
    }

    /// Which backend's loop this is.
    pub fn backend(&self) -> Backend {
        Backend::from_name(self.shared().backend())
    }

    /// Starts a task, from any thread. It never polls the future inside the call; on one thread,
    /// tasks start in spawn order. Dropping the task's handle lets it run on. On a closed loop the
    /// future is dropped, and awaiting the task gives
    /// [`JoinError::Closed`](crate::JoinError::Closed).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let task = runtime.handle().spawn(async { 1 });
    /// assert_eq!(runtime.block_on(task)?, 1);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_from(Location::caller(), future)
    }

    /// Starts a task that stays on the loop's thread, for a future that is not `Send`.
    ///
    /// # Errors
    ///
    /// [`LocalError`] on any other thread than the loop's; the future is dropped.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use std::rc::Rc;
    ///
    /// let handle = anyloop::runtime::Handle::current();
    /// let shared = Rc::new(1);
    /// let task = handle.try_spawn_local({
    ///     let shared = shared.clone();
    ///     async move { *shared + 1 }
    /// });
    /// assert_eq!(task.unwrap().await?, 2);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn try_spawn_local<F>(&self, future: F) -> Result<LocalJoinHandle<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.try_spawn_local_from(Location::caller(), future)
    }

    /// [`try_spawn_local`](Self::try_spawn_local) for callers that know where they are.
    ///
    /// # Panics
    ///
    /// On any other thread than the loop's; the message names the remedy.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> LocalJoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        or_panic(self.try_spawn_local(future))
    }

    /// Runs `f` on a thread where it may block, off the loop: as
    /// [`task::spawn_blocking`](crate::task::spawn_blocking). A job that is aborted before it began
    /// does not run. On a closed loop `f` is dropped, and awaiting gives
    /// [`JoinError::Closed`](crate::JoinError::Closed).
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_blocking_from(Location::caller(), f)
    }

    /// Runs `future` on this thread, which is not the loop's, and blocks until it is done. For
    /// blocking jobs and foreign threads.
    ///
    /// It does not run the loop: some thread has to be inside
    /// [`Runtime::block_on`](super::Runtime::block_on) meanwhile, unless the loop has
    /// [`worker_threads`](super::Builder::worker_threads). On the thread that made the loop, the
    /// only one that can run it, a future that is not done at once is refused. On other threads it
    /// is waited for, as the loop may be about to run; if the loop has stood still for a second,
    /// the exception handler is told so, once.
    ///
    /// On a closed loop the future is polled once, as in tokio what needs no runtime is still run:
    /// sockets and jobs say there that the loop is closed.
    ///
    /// # Panics
    ///
    /// Where [`try_block_on`](Self::try_block_on) gives an error, but for a future that is done at
    /// once on a closed loop; the message names the remedy.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::time::Duration;
    ///
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// let job = runtime.spawn_blocking(move || {
    ///     // The thread below, which runs the loop, serves the timer.
    ///     handle.block_on(async { anyloop::time::sleep(Duration::from_millis(1)).await });
    ///     "slept"
    /// });
    /// assert_eq!(runtime.block_on(job)?, "slept");
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        or_panic(if self.is_closed() { self.poll_once(future) } else { self.try_block_on(future) })
    }

    /// What a closed loop does for a future.
    #[cold]
    fn poll_once<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        let _running = context::enter_beside(|| context::is_here(self.shared()))?;
        let mut future = pin!(future);
        self.within(|| self.shared().wait_here(poll_fn(|cx| lent(future.as_mut(), cx))))
    }

    /// [`block_on`](Self::block_on) that does not panic.
    ///
    /// # Errors
    ///
    /// [`RunError::Nested`] on a thread that runs a loop; [`RunError::Closed`] on a closed loop,
    /// and when the loop closes before the future is done; [`RunError::NotRunning`] where the
    /// future would wait for a loop that only this thread can run, and does not.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::time::Duration;
    ///
    /// let runtime = anyloop::runtime::Runtime::new()?;
    /// let waits = runtime.handle().try_block_on(async { anyloop::time::sleep(Duration::from_millis(1)).await });
    /// // `runtime.block_on` would run the loop, and wait.
    /// assert_eq!(waits, Err(anyloop::RunError::NotRunning));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::RunError;
    /// use anyloop::runtime::Handle;
    ///
    /// let handle = Handle::current();
    /// // On the loop's own thread it is refused, and the loop goes on.
    /// assert_eq!(handle.try_block_on(async {}), Err(RunError::Nested));
    /// assert!(anyloop::task::spawn_blocking(move || handle.try_block_on(async {}).is_ok()).await?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        LoopHandle::try_block_on(self, future)
    }

    /// Makes this loop the current one on this thread until the guard is dropped. It does not run
    /// the loop. [`within`](Self::within) does it for one closure, cheaper.
    ///
    /// Guards are meant to be dropped in the reverse order of their making, on the task and in the
    /// function that made them. Otherwise: a guard that is dropped before a later one takes effect
    /// when that one is dropped; on tokio, and on a loop built with `with_tokio`, it panics, as
    /// tokio's own does. One that is held over an `.await` keeps the loop current for what else
    /// runs on the thread meanwhile. One that is forgotten keeps it current.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::{Handle, Runtime};
    ///
    /// let runtime = Runtime::new()?;
    /// let guard = runtime.enter();
    /// // Sockets and tasks find the loop, before it runs.
    /// assert!(anyloop::task::try_spawn(async {}).is_ok());
    /// drop(guard);
    /// assert_eq!(Handle::try_current().is_ok(), cfg!(feature = "global")); // that feature lends one
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard { _entered: each!(Handle; &self.0, h => h.enter_guard()) }
    }

    /// Calls `f` with this loop as the current one on this thread. It does not run the loop.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let runtime = anyloop::runtime::Runtime::new()?;
    /// let task = runtime.handle().within(|| anyloop::task::try_spawn(async {}));
    /// assert!(task.is_ok());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        each!(Handle; &self.0, h => h.enter(f))
    }
}

/// A loop is current on this thread until this is dropped: see [`Handle::enter`].
#[must_use = "the loop is current only while the guard lives"]
pub struct EnterGuard<'a> {
    _entered: Entered<'a>,
}

impl fmt::Debug for EnterGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterGuard").finish_non_exhaustive()
    }
}

/// Polls what a handle's `block_on` waits for, with a budget: each poll has one, as before the
/// first this thread may turn out to be a loop's. On tokio too: its handle counts nothing here.
pub(super) fn lent<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    loop_api::budget::lend(BUDGET_OF_ONE_POLL, || future.poll(cx))
}

/// The short form of a call that has a `try_` form.
#[track_caller]
pub(crate) fn or_panic<T, E: fmt::Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
