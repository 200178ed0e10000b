//! Blocking where one is.

#[cfg(feature = "tokio")]
use crate::any;
#[cfg(feature = "tokio")]
use crate::runtime::{RuntimeFlavor, current};

/// Runs `f`, which blocks, on this thread.
///
/// On tokio with worker threads the worker's other tasks go to another thread meanwhile, and
/// [`Handle::block_on`](crate::runtime::Handle::block_on) works in `f`: it is tokio's own. Everywhere
/// else `f` just runs: on native and smol with worker threads the other workers go on with their
/// tasks; a loop on one thread stands still until `f` is done, where tokio would panic.
/// [`spawn_blocking`](super::spawn_blocking) keeps no loop waiting.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// let mut runtime = anyloop::runtime::Builder::new().worker_threads(2).build()?;
/// let size = runtime.block_on(async {
///     let mut text = vec![0; 3];
///     // What it borrows need not be sent.
///     anyloop::task::block_in_place(|| text.extend([1; 4]));
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
    #[cfg(feature = "tokio")]
    {
        let on_workers_of_tokio = current(|handle| {
            let is_tokio = matches!(handle, any::HandleRef::Tokio(_));
            is_tokio && handle.cloned().runtime_flavor() == RuntimeFlavor::MultiThread
        });
        if on_workers_of_tokio.unwrap_or(false) {
            return loop_tokio::block_in_place(f);
        }
    }
    // An executor that waits in `f` would poll what is out of budget, and never fill it.
    #[cfg(any(feature = "sync", feature = "io-util"))]
    return crate::budget::without(f);
    #[cfg(not(any(feature = "sync", feature = "io-util")))]
    f()
}
