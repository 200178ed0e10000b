//! Ending a runtime: tasks first, then the threads, for as long as there is time and blocking is
//! allowed.

use std::time::{Duration, Instant};

use loop_api::context;
use loop_api::shared::{Exception, ExceptionKind};
use loop_api::{Handle, Shared};
use loop_toolkit::Threads;
use tokio::runtime;

use crate::config::Runtime;
use crate::current;
use crate::inner::TokioHandle;

/// Drops the tasks, then waits for the threads.
pub(crate) fn end(runtime: Runtime, handle: &TokioHandle, threads: &Threads, timeout: Option<Duration>) {
    let start = Instant::now();
    // A thread that runs a loop must not wait, and inside any runtime tokio panics rather than
    // wait.
    let may_wait = !context::is_running();
    let tokio_may_wait = may_wait && runtime::Handle::try_current().is_err();
    current::set(handle, || match (timeout, runtime) {
        // The only way by which the threads are joined, and tasks are dropped before that on one
        // thread, too.
        (None, runtime) if tokio_may_wait => drop(runtime),
        (_, Runtime::Local(runtime)) => runtime.shutdown_background(),
        (_, Runtime::Multi(runtime)) => runtime.shutdown_background(),
    });
    let timeout = if may_wait { timeout } else { Some(Duration::ZERO) };
    let left = threads.wait(timeout.and_then(|timeout| start.checked_add(timeout)));
    if left > 0 && may_wait {
        report_left(handle.shared(), left);
    }
}

fn report_left(shared: &Shared, left: usize) {
    let message = format!(
        "{left} blocking job(s) still run after the time that shutdown was given: they are left to themselves; \
         give it more time, or have them look for a sign to end"
    );
    shared.report(&Exception::new(ExceptionKind::Blocking, message, None));
}
