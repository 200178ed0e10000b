//! `tokio::task::spawn_local`, and runtimes that no thread drives.

#![forbid(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::io;
use std::thread;

use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::{Tokio, tokio};

/// [`tokio()`] for a future that calls `tokio::task::spawn_local`, with a `LocalSet` of its own.
///
/// The local tasks run whenever the future is polled or one of them is woken, on the thread that
/// polls. As in a `LocalSet`, those that are not done when the future is are dropped: await their
/// handles.
///
/// ```
/// use std::rc::Rc;
///
/// let shared = Rc::new(5);
/// let sum = futures_lite::future::block_on(loop_compat::tokio_local(async move {
///     let task = tokio::task::spawn_local({
///         let shared = shared.clone();
///         async move { *shared + 1 }
///     });
///     task.await.unwrap() + *shared
/// }));
/// assert_eq!(sum, 11);
/// ```
pub fn tokio_local<F: Future>(future: F) -> Tokio<impl Future<Output = F::Output>> {
    tokio(async move { LocalSet::new().run_until(future).await })
}

/// Drives a current-thread runtime on a thread of its own, until what this gives is dropped.
///
/// Such a runtime does nothing by itself: a `JoinHandle` of its task that is awaited on another
/// executor, or a socket of its, waits forever, unless some thread is in the runtime's `block_on`.
/// This is that thread. (A multi-thread runtime needs none.)
///
/// ```
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// let task = runtime.spawn(async {
///     tokio::time::sleep(std::time::Duration::from_millis(1)).await;
///     "done"
/// });
/// let driven = loop_compat::drive(runtime)?;
/// // On any executor; without `drive` it would never return.
/// assert_eq!(futures_lite::future::block_on(task).unwrap(), "done");
/// let _runtime = driven.into_runtime();
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
///
/// Any error of starting a thread (`pthread_create(3)`), such as `WouldBlock` at the limit of
/// threads. The runtime is shut down then.
pub fn drive(runtime: Runtime) -> io::Result<Driven> {
    let handle = runtime.handle().clone();
    let (stop, stopped) = oneshot::channel::<Ends>();
    let thread = thread::Builder::new().name("anyloop-driven".to_owned()).spawn(move || {
        match runtime.block_on(stopped) {
            Ok(Ends::GivesBack) => Some(runtime),
            // The sender's drop is a stop too.
            Ok(Ends::ShutsDown) | Err(_) => {
                runtime.shutdown_background();
                None
            }
        }
    })?;
    Ok(Driven { handle, ends: Some((stop, thread)) })
}

/// What the thread is to do with the runtime when it ends.
enum Ends {
    GivesBack,
    ShutsDown,
}

/// A runtime that is driven by a thread: see [`drive`]. Dropping it ends the thread and shuts the
/// runtime down, without waiting for blocking jobs; it waits for the thread, unless it is that
/// thread: a task of the runtime may drop it, and the runtime ends when that task has given way.
#[must_use = "the runtime is driven only while this lives"]
pub struct Driven {
    handle: Handle,
    ends: Option<(oneshot::Sender<Ends>, thread::JoinHandle<Option<Runtime>>)>,
}

impl Driven {
    /// The runtime's handle.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the thread and gives the runtime back, with its tasks as they are. None if the
    /// runtime's own code has panicked, and in a task of the runtime itself, which cannot have what
    /// it runs on: it is shut down then, as by dropping this.
    pub fn into_runtime(mut self) -> Option<Runtime> {
        self.end(Ends::GivesBack)
    }

    fn end(&mut self, how: Ends) -> Option<Runtime> {
        let (stop, thread) = self.ends.take()?;
        let is_inside = thread.thread().id() == thread::current().id();
        let _gone_already = stop.send(if is_inside { Ends::ShutsDown } else { how });
        if is_inside { None } else { thread.join().ok().flatten() }
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.end(Ends::ShutsDown);
    }
}

impl fmt::Debug for Driven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driven").finish_non_exhaustive()
    }
}
