//! A loop with a foreign runtime inside: its thread runs the tasks inside the foreign runtime, and
//! waits there.
//!
//! async-io gives out neither its poller nor what it waits for, so the foreign runtime cannot wait
//! for it: async-io's own thread, or the loop's workers, serve its sockets and timers.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_executor::Executor;
use futures_lite::future::{or, yield_now};
use loop_api::host::{Driver, RuntimeContext};
use loop_api::{Handle, RunError, context};
use loop_toolkit::Pool;

use crate::coop::TASKS_PER_TURN;
use crate::coop::take_used_up;
use crate::inner::SmolHandle;
use crate::turns;

/// Runs the loop until `future` is done.
pub(crate) fn drive<F: Future>(
    driver: &dyn Driver,
    handle: &SmolHandle,
    executor: &Executor<'static>,
    future: F,
) -> Result<F::Output, RunError> {
    let mut output = None;
    let mut future = pin!(future);
    let whole = turns::run(
        executor,
        || budgeted(handle, executor.tick()),
        |cx| poll_budgeted(handle, cx, |cx| future.as_mut().poll(cx)),
    );
    let root = async { output = Some(whole.await) };
    handle.enter(|| handle.drive(|| driver.block_on(pin!(root))));
    output.ok_or(RunError::Stopped)
}

/// What a worker thread does. `Executor::run` polls many tasks in one poll, for each of which the
/// limit of the foreign runtime must begin anew.
pub(crate) fn run_worker(
    runtime_context: &dyn RuntimeContext,
    handle: &SmolHandle,
    executor: &Executor<'static>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    runtime_context.as_worker(&mut || {
        let work = or(stop.as_mut(), tasks(handle, executor));
        handle.enter_loop(|| handle.drive(|| async_io::block_on(work)));
    });
}

/// Each poll of `future` is that of one task.
async fn budgeted<F: Future>(handle: &SmolHandle, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| poll_budgeted(handle, cx, |cx| future.as_mut().poll(cx))).await
}

fn poll_budgeted<T>(
    handle: &SmolHandle,
    cx: &mut Context<'_>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    let mut polled = Poll::Pending;
    let mut poll = || polled = poll(cx);
    match handle.runtime_context() {
        Some(runtime_context) => runtime_context.poll(&mut poll),
        None => poll(),
    }
    polled
}

async fn tasks<T>(handle: &SmolHandle, executor: &Executor<'static>) -> T {
    loop {
        for _ in 0..TASKS_PER_TURN {
            budgeted(handle, executor.tick()).await;
            if take_used_up() {
                break;
            }
        }
        yield_now().await;
    }
}

/// Waits for the blocking jobs that have begun. Those may wait for the foreign runtime's I/O and
/// timers, which are served meanwhile.
pub(crate) fn join_jobs(driver: &dyn Driver, pool: &Pool, end: Option<Instant>) -> Result<(), usize> {
    /// How long the end of a job may go unnoticed.
    const POLL_INTERVAL: Duration = Duration::from_millis(2);
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let interval = left.map_or(POLL_INTERVAL, |left| left.min(POLL_INTERVAL));
        match pool.shutdown(Some(interval)) {
            // Not where this thread is inside another loop already.
            Err(_) if !interval.is_zero() && context::is_running() => {}
            Err(_) if !interval.is_zero() => driver.block_on(pin!(yield_now())),
            done => return done,
        }
    }
}
