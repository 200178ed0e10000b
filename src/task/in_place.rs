//! Blocking where one is.

use loop_api::Handle as _;
use loop_api::context;

use crate::any;
use crate::runtime::{Handle, RuntimeFlavor};

/// Runs `f`, which blocks, on this thread.
///
/// On a loop with worker threads another thread takes the worker's place meanwhile, so that other
/// tasks go on, and [`Handle::block_on`](crate::runtime::Handle::block_on) works in `f`. On tokio it
/// is tokio's own; on native and smol each poll that blocks costs the start of a thread, and where
/// none can be started the worker's place stays empty. A loop on one thread stands still until `f`
/// is done, where tokio would panic. [`spawn_blocking`](super::spawn_blocking) keeps no loop waiting.
///
/// Another [`Runtime`](crate::runtime::Runtime) may be run in `f`, and the handle of one be waited
/// for; in the main future of a loop with worker threads, which go on without it, also its own.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// use anyloop::runtime::{Builder, Handle};
/// use anyloop::task::{block_in_place, spawn};
///
/// let mut runtime = Builder::new().worker_threads(2).build()?;
/// let size = runtime.block_on(async {
///     let mut text = vec![0; 3];
///     // What it borrows need not be sent.
///     block_in_place(|| text.extend(Handle::current().block_on(spawn(async { [1; 4] })).unwrap()));
///     text.len()
/// });
/// assert_eq!(size, 7);
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn block_in_place<F, T>(f: F) -> T
where
    F: FnOnce() -> T,
{
    let handle = any::with_current(|current| current.map(|handle| handle.cloned()));
    let on_workers = handle.filter(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    #[cfg(feature = "tokio")]
    if on_workers.as_ref().is_some_and(|handle| matches!(handle.0, any::Handle::Tokio(_))) {
        return loop_tokio::block_in_place(|| {
            let _aside = context::step_aside();
            f()
        });
    }
    let goes_on = on_workers.is_some_and(|handle| handle.shared().is_loop_thread() || is_replaced(&handle));
    let _blocks = if goes_on { context::step_aside() } else { context::block_in_place() };
    // An executor that waits in `f` would poll what is out of budget, and never fill it.
    #[cfg(any(feature = "sync", feature = "io-util"))]
    return crate::budget::without(f);
    #[cfg(not(any(feature = "sync", feature = "io-util")))]
    f()
}

/// Whether this thread is a worker, and another takes its place.
fn is_replaced(handle: &Handle) -> bool {
    match &handle.0 {
        #[cfg(feature = "native")]
        any::Handle::Native(handle) => handle.leave_worker(),
        #[cfg(feature = "smol")]
        any::Handle::Smol(handle) => handle.leave_worker(),
        _ => false,
    }
}
