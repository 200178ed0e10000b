//! Tasks: spawning them, waiting for them, ending them.
//!
//! [`spawn`] starts a future on the loop that the caller runs in, [`spawn_local`] one that is not
//! `Send`, [`spawn_blocking`] a closure on a thread where it may block. Each gives a handle:
//! awaiting it gives the output or the [`JoinError`] that ended the task, dropping it lets the task
//! run on. [`JoinSet`] and [`TaskGroup`] hold several.
//!
//! What holds on every loop: a task is never polled inside the call that spawns it; on one thread
//! tasks start in spawn order; a panic ends its own task only, and reaches its awaiter or else the
//! loop's exception handler; when the loop is dropped, so are its tasks.
//!
//! What differs from tokio: [`spawn_local`] needs no `LocalSet`; [`JoinHandle::cancel`] also waits
//! until the future is gone; each function that needs a loop has a `try_` form that does not panic.
//!
//! ```
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use anyloop::task;
//!
//! let sum = task::spawn(async { 1 + 2 });
//! let size = task::spawn_blocking(|| std::env::temp_dir().as_os_str().len());
//! assert_eq!(sum.await?, 3);
//! assert!(size.await? > 0);
//!
//! let panics = task::spawn(async { panic!("alone") });
//! assert!(panics.await.unwrap_err().is_panic());
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```

use std::future::Future;
use std::panic::Location;

use loop_api::LocalError;

use crate::runtime::{NoLoop, current, current_or_panic, or_panic};

#[cfg(any(feature = "sync", feature = "io-util"))]
pub mod coop;
mod early;
mod in_place;
mod join_handle;
mod join_set;
mod local_set;
mod tracker;
mod yield_now;

#[cfg(any(feature = "sync", feature = "io-util"))]
pub use coop::{Unconstrained, consume_budget, unconstrained};
pub use in_place::block_in_place;
pub use join_handle::{AbortHandle, JoinHandle, LocalJoinHandle};
pub use join_set::JoinSet;
pub use local_set::{LocalEnterGuard, LocalSet};
pub use loop_api::JoinError;
pub use loop_api::task::{
    Abort, AccessError, AsCompleted, Cancel, Failure, GroupClosed, GroupError, Id, LocalKey, StartError,
    Task, Wait, Waited, as_completed, join_all, join_map, staggered, try_join_all, wait,
};
pub use loop_toolkit::is_cancelled;
pub use tracker::{TaskTracker, TaskTrackerToken, TrackedFuture};
pub use yield_now::{YieldNow, yield_now};

/// Futures that the functions of this module give.
pub mod futures {
    pub use loop_api::task::Scope as TaskLocalFuture;
}

/// Tasks that end together: asyncio's TaskGroup, a nursery. `T` is what its tasks give, `E` how
/// they fail.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::runtime::Handle;
/// use anyloop::task::TaskGroup;
///
/// let (_, squares) = TaskGroup::<u32, String>::scope(&Handle::current(), |group| async move {
///     for n in 1..=3 {
///         group.spawn(async move { Ok(n * n) }).unwrap();
///     }
/// })
/// .await
/// .unwrap();
/// assert_eq!(squares, [1, 4, 9]);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub type TaskGroup<T, E> = loop_api::task::TaskGroup<crate::runtime::Handle, T, E>;

/// Starts a task on the loop that the caller runs in. It is not polled inside the call; dropping
/// the handle lets it run on.
///
/// # Panics
///
/// Without a loop; [`try_spawn`] does not.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let task = anyloop::task::spawn(async { "done" });
/// assert_eq!(task.await.unwrap(), "done");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let caller = Location::caller();
    current_or_panic(|handle| handle.spawn(caller, future))
}

/// [`spawn`] that does not panic.
///
/// # Errors
///
/// [`NoLoop`], whose message names the remedy; the future is dropped.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use anyloop::task::try_spawn;
///
/// // Here no loop runs, unless the feature `global` lends one.
/// assert_eq!(try_spawn(async {}).is_ok(), cfg!(feature = "global"));
/// # });
/// ```
#[track_caller]
pub fn try_spawn<F>(future: F) -> Result<JoinHandle<F::Output>, NoLoop>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let caller = Location::caller();
    current(|handle| handle.spawn(caller, future))
}

/// The task, or blocking job, that calls this; also while its future is dropped. tokio's own tasks
/// on a tokio runtime have one too.
///
/// # Panics
///
/// Outside of a task, as in the future of `block_on`; [`try_id`] does not.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::task;
///
/// let job = task::spawn_blocking(task::id);
/// let id = job.id();
/// assert_eq!(job.await?, id);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn id() -> Id {
    crate::any::event_loop::watch();
    loop_api::task::id()
}

/// As [`id`]; `None` outside of a task.
///
/// ```
/// assert_eq!(anyloop::task::try_id(), None);
/// ```
pub fn try_id() -> Option<Id> {
    crate::any::event_loop::watch();
    loop_api::task::try_id()
}

/// Runs `f` on a thread where it may block, off the loop.
///
/// A job that is aborted before it began does not run; one that has begun runs to its end. Dropping
/// the handle lets it run. Inside it the loop is the current one, and
/// [`Handle::block_on`](crate::runtime::Handle::block_on) is allowed. When the loop ends it waits
/// for running jobs: see [`Runtime::shutdown_timeout`](crate::runtime::Runtime::shutdown_timeout).
///
/// # Panics
///
/// Without a loop; [`try_spawn_blocking`] does not.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::runtime::Handle;
///
/// let job = anyloop::task::spawn_blocking(|| {
///     // Here one may block, also on the loop.
///     Handle::current().block_on(async { 6 * 7 })
/// });
/// assert_eq!(job.await?, 42);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn spawn_blocking<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let caller = Location::caller();
    current_or_panic(|handle| handle.spawn_blocking(caller, f))
}

/// [`spawn_blocking`] that does not panic.
///
/// # Errors
///
/// [`NoLoop`], whose message names the remedy.
///
/// ```
/// // Here no loop runs, unless the feature `global` lends one.
/// assert_eq!(anyloop::task::try_spawn_blocking(|| ()).is_ok(), cfg!(feature = "global"));
/// ```
#[track_caller]
pub fn try_spawn_blocking<F, T>(f: F) -> Result<JoinHandle<T>, NoLoop>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let caller = Location::caller();
    current(|handle| handle.spawn_blocking(caller, f))
}

/// Starts a task that stays on this thread, for a future that is not `Send`. It works inside
/// `block_on` and in what that runs on its own thread: the main future, callbacks, other local
/// tasks, and on a loop of one thread all tasks. Otherwise as [`spawn`].
///
/// # Panics
///
/// On a thread that is not a loop's; [`try_spawn_local`] does not.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let shared = std::rc::Rc::new(1);
/// let task = anyloop::task::spawn_local({
///     let shared = shared.clone();
///     async move { *shared + 1 }
/// });
/// assert_eq!(task.await.unwrap(), 2);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn_local<F>(future: F) -> LocalJoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    or_panic(try_spawn_local(future))
}

/// [`spawn_local`] that does not panic.
///
/// # Errors
///
/// [`LocalError`] on a thread that is not a loop's; the future is dropped.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::task::{spawn_blocking, try_spawn_local};
///
/// assert_eq!(try_spawn_local(async { 1 }).unwrap().await?, 1);
/// // The thread of a blocking job is not the loop's.
/// assert!(spawn_blocking(|| try_spawn_local(async {}).is_err()).await?);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn try_spawn_local<F>(future: F) -> Result<LocalJoinHandle<F::Output>, LocalError>
where
    F: Future + 'static,
    F::Output: 'static,
{
    try_spawn_local_from(Location::caller(), future)
}

/// [`try_spawn_local`] for a task that was spawned at `caller`.
#[inline]
fn try_spawn_local_from<F>(
    caller: &'static Location<'static>,
    future: F,
) -> Result<LocalJoinHandle<F::Output>, LocalError>
where
    F: Future + 'static,
    F::Output: 'static,
{
    if local_set::is_entered() {
        return local_set::spawn_entered(caller, future);
    }
    spawn_on_loop(caller, future)
}

#[inline]
fn spawn_on_loop<F>(
    caller: &'static Location<'static>,
    future: F,
) -> Result<LocalJoinHandle<F::Output>, LocalError>
where
    F: Future + 'static,
    F::Output: 'static,
{
    current(|handle| handle.try_spawn_local(caller, future)).unwrap_or(Err(LocalError::NotLoopThread))
}
