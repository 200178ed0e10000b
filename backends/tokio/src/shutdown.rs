//! Ending a runtime: tasks first, then the threads, for as long as there is time and blocking is allowed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use loop_api::context;
use loop_api::shared::{Exception, ExceptionKind};
use loop_api::{Handle, Shared};
use tokio::runtime;

use crate::current;
use crate::handle::TokioHandle;
use crate::owner::Runtime;

/// How many threads of a runtime live: tokio tells only its own waits, which panic inside another runtime.
#[derive(Debug, Clone)]
pub(crate) struct Threads(Arc<(Mutex<usize>, Condvar)>);

impl Threads {
    pub(crate) fn new() -> Self {
        Threads(Arc::new((Mutex::new(0), Condvar::new())))
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.0.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(crate) fn started(&self) {
        *self.lock() += 1;
    }

    pub(crate) fn stopped(&self) {
        *self.lock() -= 1;
        self.0.1.notify_all();
    }

    /// Waits until no thread is left, and gives how many are when the time is up.
    fn wait(&self, timeout: Option<Duration>) -> usize {
        let deadline = timeout.map(|timeout| (Instant::now(), timeout));
        let mut left = self.lock();
        while *left != 0 {
            left = match deadline {
                None => self.0.1.wait(left).unwrap_or_else(|poisoned| poisoned.into_inner()),
                Some((start, timeout)) => {
                    let rest = timeout.saturating_sub(start.elapsed());
                    if rest.is_zero() {
                        break;
                    }
                    self.0.1.wait_timeout(left, rest).unwrap_or_else(|poisoned| poisoned.into_inner()).0
                }
            };
        }
        *left
    }
}

/// Drops the tasks, then waits for the threads.
pub(crate) fn end(runtime: Runtime, handle: &TokioHandle, threads: &Threads, timeout: Option<Duration>) {
    // A thread that runs a loop must not wait, and inside any runtime tokio panics rather than wait.
    let may_wait = !context::is_running();
    let tokio_may_wait = may_wait && runtime::Handle::try_current().is_err();
    current::set(handle, || match (timeout, runtime) {
        // The only way by which the threads are joined, and tasks are dropped before that on one thread, too.
        (None, runtime) if tokio_may_wait => drop(runtime),
        (_, Runtime::Local(runtime)) => runtime.shutdown_background(),
        (_, Runtime::Multi(runtime)) => runtime.shutdown_background(),
    });
    let timeout = if may_wait { timeout } else { Some(Duration::ZERO) };
    let left = threads.wait(timeout);
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
