//! Tasks: spawning them, waiting for them, ending them.

use std::future::Future;

use loop_api::LocalError;

use crate::runtime::{NoLoop, current, or_panic};

mod join_handle;
mod join_set;
mod yield_now;

pub use join_handle::{AbortHandle, JoinHandle, LocalJoinHandle};
pub use join_set::JoinSet;
pub use loop_api::JoinError;
pub use loop_api::task::{
    Abort, AccessError, AsCompleted, Cancel, Failure, GroupClosed, GroupError, LocalKey, StartError, Task,
    Wait, Waited, as_completed, is_cancelled, join_all, join_map, staggered, try_join_all, wait,
};
pub use yield_now::{YieldNow, yield_now};

/// Tasks that end together: asyncio's TaskGroup, a nursery. `T` is what its tasks give, `E` how they fail.
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

/// Starts a task on the loop that the caller runs in. It is not polled inside the call; dropping the handle lets it run on.
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
    or_panic(try_spawn(future))
}

/// [`spawn`] that does not panic.
///
/// # Errors
///
/// [`NoLoop`], whose message names the remedy; the future is dropped.
#[track_caller]
pub fn try_spawn<F>(future: F) -> Result<JoinHandle<F::Output>, NoLoop>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    current(|handle| handle.spawn(future))
}

/// Runs `f` on a thread where it may block, off the loop.
///
/// # Panics
///
/// Without a loop; [`try_spawn_blocking`] does not.
#[track_caller]
pub fn spawn_blocking<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    or_panic(try_spawn_blocking(f))
}

/// [`spawn_blocking`] that does not panic.
///
/// # Errors
///
/// [`NoLoop`], whose message names the remedy.
#[track_caller]
pub fn try_spawn_blocking<F, T>(f: F) -> Result<JoinHandle<T>, NoLoop>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    current(|handle| handle.spawn_blocking(f))
}

/// Starts a task that stays on this thread, for a future that is not `Send`.
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
#[track_caller]
pub fn try_spawn_local<F>(future: F) -> Result<LocalJoinHandle<F::Output>, LocalError>
where
    F: Future + 'static,
    F::Output: 'static,
{
    current(|handle| handle.try_spawn_local(future)).unwrap_or(Err(LocalError::NotLoopThread))
}
