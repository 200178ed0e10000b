//! The loop that is lent where none runs, for a library in a program that never heard of it: feature `global`.

use super::HandleRef;
use super::no_loop::NoLoop;

/// Calls `f` with the process's own loop.
#[cfg(not(feature = "global"))]
#[inline]
pub(crate) fn lend<R>(_f: impl FnOnce(HandleRef<'_>) -> R) -> Result<R, NoLoop> {
    Err(NoLoop::default())
}

/// Calls `f` with the process's own loop: smol's global executor.
#[cfg(all(feature = "global", feature = "smol"))]
#[cold]
pub(crate) fn lend<R>(f: impl FnOnce(HandleRef<'_>) -> R) -> Result<R, NoLoop> {
    super::event_loop::watch();
    Ok(f(HandleRef::Smol(&loop_smol::SmolHandle::global())))
}

/// Calls `f` with the process's own loop: a native one on a thread of its own, which starts with
/// the first call and never ends.
#[cfg(all(feature = "global", not(feature = "smol")))]
#[cold]
pub(crate) fn lend<R>(f: impl FnOnce(HandleRef<'_>) -> R) -> Result<R, NoLoop> {
    let handle = native::handle().map_err(|error| NoLoop { failed: Some(error.kind()) })?;
    Ok(f(HandleRef::Native(handle)))
}

#[cfg(all(feature = "global", not(feature = "smol")))]
mod native {
    use std::io;
    use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
    use std::thread;

    use loop_api::EventLoop;
    use loop_native::{NativeHandle, NativeLoop};

    pub(super) fn handle() -> io::Result<&'static NativeHandle> {
        static GLOBAL: OnceLock<NativeHandle> = OnceLock::new();
        static STARTING: Mutex<()> = Mutex::new(());
        if let Some(handle) = GLOBAL.get() {
            return Ok(handle);
        }
        let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = GLOBAL.get() {
            return Ok(handle);
        }
        // What went wrong is tried again next time.
        let handle = start()?;
        Ok(GLOBAL.get_or_init(|| handle))
    }

    fn start() -> io::Result<NativeHandle> {
        crate::any::event_loop::watch();
        let (tell, told) = mpsc::sync_channel(1);
        thread::Builder::new().name("anyloop-global".to_owned()).spawn(move || {
            let made = NativeLoop::new();
            let (made, handle) = match made {
                Ok(made) => {
                    let handle = made.handle().clone();
                    (Some(made), Ok(handle))
                }
                Err(error) => (None, Err(error)),
            };
            // The other side waits for it.
            let _told = tell.send(handle);
            if let Some(mut made) = made {
                // Somebody's stop() ends a run, and not the loop.
                while made.run_forever().is_ok() {}
            }
        })?;
        told.recv().unwrap_or_else(|_| Err(io::Error::other("the thread of the global loop ended at once")))
    }
}
