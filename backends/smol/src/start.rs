//! Starting async-io, which is one for the process, where a failure can still be told.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use async_io::Timer;
use loop_api::error::Panic;

/// Starts async-io's reactor and its thread, if this has not been done. At its first use it would
/// panic where the system gives no thread or descriptor, on whichever thread that is.
pub(crate) fn start_async_io() -> io::Result<()> {
    static STARTED: AtomicBool = AtomicBool::new(false);
    if STARTED.load(Ordering::Acquire) {
        return Ok(());
    }
    // First something of the kind that can be refused without a panic.
    let needs = |what: &str, error: io::Error| {
        io::Error::new(error.kind(), format!("async-io needs {what}: {error}; raise the limit, or use fewer"))
    };
    // As many as a poller has. A reactor that fails for want of them leaves a dead thread.
    #[cfg(unix)]
    let descriptors = {
        let pair = || std::os::unix::net::UnixDatagram::pair().map_err(|error| needs("descriptors", error));
        [pair()?, pair()?]
    };
    let thread = thread::Builder::new().spawn(|| ()).map_err(|error| needs("a thread", error))?;
    _ = thread.join();
    #[cfg(unix)]
    drop(descriptors);

    // Another part of the program may still have taken what was there.
    catch_unwind(AssertUnwindSafe(|| {
        let timer = pin!(Timer::after(Duration::MAX / 4));
        _ = timer.poll(&mut Context::from_waker(Waker::noop()));
    }))
    .map_err(|payload| {
        io::Error::other(format!("async-io cannot start: {}", Panic::new(payload).message()))
    })?;
    STARTED.store(true, Ordering::Release);
    Ok(())
}
