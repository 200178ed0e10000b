//! The loop that the caller runs in, borrowed for a call.

use std::future::Future;
use std::panic::Location;
use std::time::{Duration, SystemTime};

use loop_api::time::Instant;
use loop_api::{Handle as _, LocalError};

use super::handle::{Handle, or_panic};
use crate::any::dispatch::apart;
use crate::any::no_loop::NoLoop;
use crate::any::{self, HandleRef, each};
use crate::task::{JoinHandle, LocalJoinHandle};
use crate::time::Sleep;

impl Handle {
    /// The loop that the caller runs in: inside `block_on`, a task, a callback, a blocking job, or
    /// [`enter`](Self::enter). Where loops nest on a thread it is the innermost, of any backend.
    /// On a tokio runtime that was running already, that runtime, adopted: the same loop
    /// each time; also if it was entered inside a loop of anyloop's (but for one that is entered by
    /// tokio's guard inside a task or the `block_on` of a tokio loop of anyloop's: there the loop
    /// stays the current one). smol does not tell whether a thread is in its global executor:
    /// adopting that one is asked for, by `loop_smol::SmolHandle::global().enter(...)`. Where no
    /// loop runs at all, the feature `global` lends the process's own: smol's global executor if
    /// the feature `smol` is on, else a native loop on a thread of its own.
    ///
    /// # Errors
    ///
    /// [`NoLoop`], whose message names the remedy.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::runtime::Handle;
    ///
    /// let inside = Handle::try_current().unwrap();
    /// assert!(inside.backend().is_compiled());
    /// let outside = std::thread::spawn(|| Handle::try_current().is_err()).join();
    /// assert!(outside.unwrap() != cfg!(feature = "global")); // that feature lends one
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_current() -> Result<Handle, NoLoop> {
        current(|handle| handle.cloned())
    }

    /// [`try_current`](Self::try_current) for callers that know where they are.
    ///
    /// # Panics
    ///
    /// Without a loop; the message names the remedy.
    #[track_caller]
    pub fn current() -> Handle {
        or_panic(Handle::try_current())
    }
}

impl HandleRef<'_> {
    #[inline]
    pub(crate) fn cloned(&self) -> Handle {
        Handle(each!(HandleRef => Handle as wrap; self, h => wrap((*h).clone())))
    }

    #[inline]
    pub(crate) fn spawn<F>(&self, caller: &'static Location<'static>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        JoinHandle(
            each!(HandleRef => Task as wrap; self, h => apart(*h, future, |h, future| wrap(h.spawn_from(caller, future)))),
        )
    }

    #[inline]
    pub(crate) fn spawn_blocking<F, T>(&self, caller: &'static Location<'static>, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        JoinHandle(
            each!(HandleRef => Task as wrap; self, h => apart(*h, f, |h, f| wrap(h.spawn_blocking_from(caller, f)))),
        )
    }

    #[inline]
    pub(crate) fn try_spawn_local<F>(
        &self,
        caller: &'static Location<'static>,
        future: F,
    ) -> Result<LocalJoinHandle<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task: Result<any::LocalTask<_>, LocalError> = each!(HandleRef => LocalTask as wrap; self, h => apart(*h, future, |h, future| h.try_spawn_local_from(caller, future).map(wrap)));
        task.map(LocalJoinHandle::new)
    }

    // Made in the function that is called for it, and so in its place: no part of it is apart.
    #[inline]
    pub(crate) fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::new(each!(HandleRef => Sleep as wrap; self, h => wrap(h.sleep_until(deadline))))
    }

    pub(crate) fn wall_clock(&self) -> SystemTime {
        each!(HandleRef; self, h => h.wall_clock())
    }

    pub(crate) fn random_u64(&self) -> u64 {
        each!(HandleRef; self, h => h.random_u64())
    }

    /// A sleep for as long as that, from now.
    #[inline]
    pub(crate) fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(each!(HandleRef => Sleep as wrap; self, h => {
            wrap(h.sleep_until(h.now().saturating_add(duration)))
        }))
    }
}

/// Calls `f` with the loop that the caller runs in, or the one that is lent where there is none,
/// without touching its reference count.
#[inline]
pub(crate) fn current<R>(f: impl FnOnce(HandleRef<'_>) -> R) -> Result<R, NoLoop> {
    any::with_current(|current| match current {
        Some(handle) => Ok(f(handle)),
        None => any::lend(f),
    })
}

/// [`current`] for the short form of a call that has a `try_` form. Apart, so that what it gives is
/// made in its place, and not moved there out of a `Result`.
#[inline]
#[track_caller]
pub(crate) fn current_or_panic<R>(f: impl FnOnce(HandleRef<'_>) -> R) -> R {
    let caller = Location::caller();
    any::with_current(|current| match current {
        Some(handle) => f(handle),
        // The place of the panic is this closure: its text names the caller's.
        None => or_panic(any::lend(f).map_err(|error| format!("{error} (called at {caller})"))),
    })
}
