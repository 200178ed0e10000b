//! Tasks of async-task: smol's, async-executor's, async-global-executor's.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_task::{FallibleTask, Task};
use loop_api::promise::DeferredError;

use super::{IntoDeferred, Source};

impl<T, M> Source for FallibleTask<T, M>
where
    T: Send + 'static,
    M: Send + Sync + 'static,
{
    type Value = T;

    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, DeferredError>> {
        Pin::new(self).poll(cx).map(|output| output.ok_or(DeferredError::Cancelled))
    }
}

/// Cancelling the deferred cancels the task, as dropping the task would.
///
/// ```
/// use loop_compat::value::IntoDeferred;
///
/// let executor = async_executor::Executor::new();
/// let mut deferred = executor.spawn(async { 7 }).into_deferred();
/// executor.try_tick();
/// assert_eq!(deferred.try_result().unwrap(), 7);
/// ```
impl<T, M> IntoDeferred for Task<T, M>
where
    T: Send + 'static,
    M: Send + Sync + 'static,
{
    type Value = T;
    type Source = FallibleTask<T, M>;

    fn into_source(self) -> FallibleTask<T, M> {
        self.fallible()
    }
}

/// As a [`Task`].
impl<T, M> IntoDeferred for FallibleTask<T, M>
where
    T: Send + 'static,
    M: Send + Sync + 'static,
{
    type Value = T;
    type Source = Self;

    fn into_source(self) -> Self {
        self
    }
}
