//! tokio's context where no tokio runtime runs: whether there is one, and the process's own that
//! stands in.
//!
//! Code made for tokio looks for a current runtime whenever it makes a timer, registers a socket or
//! spawns. Inside tokio, and on a loop made `with_tokio`, it finds one. Elsewhere
//! [`tokio()`](crate::tokio()), [`enter_tokio`] and [`tokio_handle`] give it the process's own: a
//! current-thread runtime that is made when it is first needed, and whose one thread starts when
//! something is first registered in it.
//!
//! # When the thread starts
//!
//! tokio does not tell what is registered in a runtime, so the rule is the closest that never
//! leaves a future waiting:
//!
//! - never for a wrapper that is not polled, nor for one that is done at its first poll and could
//!   have left nothing behind;
//! - when a wrapped future, stream or socket answers "not yet" under the process's own runtime;
//! - when something spawned a task or ran a blocking job there, also in a destructor;
//! - when a wrapped future gives a value with a destructor: that may be a socket, which its owner
//!   will await elsewhere;
//! - when [`enter_tokio`] or [`tokio_handle`] is called, since nothing can be seen of what is done
//!   with those.
//!
//! The runtime itself, without the thread, is two or three file descriptors, made at the first poll
//! that finds no other.

#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::runtime::{EnterGuard, Handle};

mod at_end;
mod fallback;

pub use at_end::{AtEnd, shutdown_at_end};
pub(crate) use fallback::{Fallback, once_in};

/// The process's own runtimes, the last of which is the one that serves. They are never freed:
/// guards borrow them, and there is a new one only after a [`shutdown`] or in a forked child.
static RUNTIMES: RwLock<Vec<&'static Fallback>> = RwLock::new(Vec::new());

/// Whether a tokio runtime is current on this thread.
#[inline]
pub fn is_tokio() -> bool {
    // The first costs nothing, and is the answer in every task of tokio's; the second counts a
    // reference.
    tokio::task::try_id().is_some() || Handle::try_current().is_ok()
}

/// The process's own runtime, if it has been made, serves, and is of this process, not of the one
/// that this was forked from.
pub(crate) fn made() -> Option<&'static Fallback> {
    let last = RUNTIMES.read().unwrap_or_else(PoisonError::into_inner).last().copied();
    last.filter(|fallback| fallback.serves())
}

/// A runtime of the process's own that serves no longer, which a guard from before a fork or a
/// shutdown still makes current.
fn is_stale(handle: &Handle) -> bool {
    let runtimes = RUNTIMES.read().unwrap_or_else(PoisonError::into_inner);
    runtimes.iter().any(|fallback| fallback.handle().id() == handle.id() && !fallback.serves())
}

/// The runtime that is current, if it is of any use.
fn current() -> Option<Handle> {
    Handle::try_current().ok().filter(|handle| !is_stale(handle))
}

/// The process's own runtime, made if it is not there.
pub(crate) fn fallback() -> io::Result<&'static Fallback> {
    if let Some(fallback) = made() {
        return Ok(fallback);
    }
    let mut runtimes = RUNTIMES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(fallback) = runtimes.last().filter(|fallback| fallback.serves()) {
        return Ok(fallback);
    }
    let fallback = Fallback::new()?;
    runtimes.push(fallback);
    Ok(fallback)
}

/// Makes tokio's context current on this thread until the guard is dropped: the runtime that is
/// current already, else the process's own, whose thread is started.
///
/// For a thread or a program: one line at the head of `main`, of a thread's function or of a
/// blocking job, and everything that is polled, called or dropped under it finds tokio. There is no
/// cooperative budget, and blocking is not refused: tokio knows of neither under a guard. Guards
/// are dropped in the reverse order of their making. A child of `fork` takes a guard of its own.
///
/// ```
/// let _tokio = loop_compat::enter_tokio()?;
/// // Any executor, no wrapper.
/// futures_lite::future::block_on(tokio::time::sleep(std::time::Duration::from_millis(1)));
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
///
/// Any error of making the runtime's poller (`epoll_create1(2)`, `eventfd(2)` or `kqueue(2)`), such
/// as too many open files, or of starting its thread (`pthread_create(3)`), such as `WouldBlock` at
/// the limit of threads.
pub fn enter_tokio() -> io::Result<TokioGuard> {
    if current().is_some() {
        return Ok(TokioGuard { _entered: None });
    }
    let fallback = fallback()?;
    fallback.start()?;
    Ok(TokioGuard { _entered: Some(fallback.handle().enter()) })
}

/// A handle to the tokio runtime that is current on this thread, else to the process's own, whose
/// thread is started. What is given to it from any thread (`spawn`, `spawn_blocking`, `block_on`)
/// runs.
///
/// ```
/// let tokio = loop_compat::tokio_handle()?;
/// let sum = std::thread::spawn(move || {
///     tokio.block_on(async { tokio::spawn(async { 1 + 2 }).await.unwrap() })
/// });
/// assert_eq!(sum.join().unwrap(), 3);
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
///
/// As [`enter_tokio`].
pub fn tokio_handle() -> io::Result<Handle> {
    if let Some(handle) = current() {
        return Ok(handle);
    }
    let fallback = fallback()?;
    fallback.start()?;
    Ok(fallback.handle().clone())
}

/// Ends the process's own runtime: waits, no longer than `timeout`, until the tasks and the
/// blocking jobs that were given to it are done, and says what was not. Blocks this thread: it is
/// for the end of `main`, outside any future.
///
/// [`shutdown_at_end`] does it wherever `main` is left. Without either, what still runs in the
/// background when `main` returns is lost, as it is with any runtime. Nothing is done where nothing
/// was ever given to it. What needs a runtime afterwards gets a new one. Called from a task of that
/// runtime, which cannot wait for itself, it changes nothing and says what is there.
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// let (says, said) = std::sync::mpsc::channel();
/// futures_lite::future::block_on(loop_compat::tokio(async {
///     tokio::spawn(async move {
///         tokio::time::sleep(Duration::from_millis(20)).await;
///         says.send("written").unwrap();
///     });
/// }));
/// loop_compat::shutdown(Duration::from_secs(10))?;
/// assert_eq!(said.try_recv(), Ok("written"));
/// # Ok::<(), loop_compat::context::Unfinished>(())
/// ```
///
/// # Errors
///
/// [`Unfinished`]: how much was cut off.
pub fn shutdown(timeout: Duration) -> Result<(), Unfinished> {
    let deadline = Instant::now().checked_add(timeout);
    let Some(fallback) = made() else { return Ok(()) };
    fallback.shutdown(deadline)
}

/// The context is current for as long as this lives: see [`enter_tokio`].
#[must_use = "the context is current only while the guard lives: give it a name, not `_`"]
pub struct TokioGuard {
    /// None where a runtime was current before.
    _entered: Option<EnterGuard<'static>>,
}

impl fmt::Debug for TokioGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokioGuard").finish_non_exhaustive()
    }
}

/// What [`shutdown`] cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfinished {
    /// Tasks that were not done.
    pub tasks: usize,
    /// Threads that were still busy with blocking jobs. Jobs that waited for a thread are not
    /// counted.
    pub blocking: usize,
}

impl Unfinished {
    fn into_result(self) -> Result<(), Unfinished> {
        if self.tasks == 0 && self.blocking == 0 { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tokio task(s) and {} blocking job(s) were not done in time and are lost: give shutdown() more time, \
             or await their handles first",
            self.tasks, self.blocking
        )
    }
}

impl std::error::Error for Unfinished {}

impl From<Unfinished> for io::Error {
    fn from(unfinished: Unfinished) -> Self {
        io::Error::new(io::ErrorKind::TimedOut, unfinished)
    }
}
