//! Promises: the four ways in which one can end.

use std::io;

use anyloop::promise::{DeferredError, promise};

pub(crate) async fn run() -> io::Result<String> {
    let (settled, waits) = promise::<u32>();
    anyloop::spawn(async move { settled.settle(42) });
    let value = told(waits.await);

    let (failed, waits) = promise::<u32>();
    failed.fail(io::Error::other("no coffee")).map_err(io::Error::other)?;
    let error = told(waits.await);

    let (abandoned, waits) = promise::<u32>();
    drop(abandoned);
    let abandonment = told(waits.await);

    let (cancelled, waits) = promise::<u32>();
    waits.cancel();
    let seen = if cancelled.is_cancelled() { "seen by the promise" } else { "NOT SEEN" };
    let taken_back = told(waits.await);

    Ok(format!("settled {value}; {error}; {abandonment}; {taken_back}, {seen}"))
}

fn told(result: Result<u32, DeferredError>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(DeferredError::Failed(error)) => format!("failed: {error}"),
        Err(DeferredError::Abandoned) => "abandoned".to_owned(),
        Err(DeferredError::Cancelled) => "cancelled".to_owned(),
        Err(other) => other.to_string(),
    }
}
