//! One blocking job, once it is polled.

use std::future::Future;
use std::io;

use loop_api::{Closed, Handle, JoinError};

/// Runs `f` as a blocking job of the loop. Nothing happens until it is polled; dropped after that,
/// the job goes on.
pub(super) fn job<H: Handle, T: Send + 'static>(
    handle: &H,
    f: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> impl Future<Output = io::Result<T>> + Send + 'static {
    let handle = handle.clone();
    async move {
        let job = handle.spawn_blocking(f);
        ended(job.await)
    }
}

/// What a job gave; where the loop was closed, [`Closed`] itself.
pub(super) fn ended<T>(job: Result<io::Result<T>, JoinError>) -> io::Result<T> {
    job.unwrap_or_else(|error| Err(if error.is_closed() { Closed.into() } else { error.into() }))
}
