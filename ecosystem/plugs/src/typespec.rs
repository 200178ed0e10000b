//! The Azure SDK: tasks, pauses and yields. `typespec_client_core`'s `async_runtime` is what
//! `azure_core` gives its users under the same name.
//!
//! ```
//! use std::sync::Arc;
//!
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use typespec_client_core::async_runtime::{get_async_runtime, set_async_runtime};
//!
//! let mut runtime = Runtime::new()?;
//! // Once in a program, before the SDK is used.
//! set_async_runtime(Arc::new(Plug::new(runtime.handle().clone())))?;
//! runtime.block_on(async {
//!     let task = get_async_runtime().spawn(Box::pin(async {
//!         assert!(Handle::try_current().is_ok(), "the SDK's tasks run on the loop");
//!     }));
//!     assert!(task.await.is_ok());
//! });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::Handle;
use loop_api::task::Task as _;
use typespec_client_core::async_runtime::{AbortableTask, AsyncRuntime, SpawnedTask, TaskFuture};
use typespec_client_core::time::Duration;

use crate::Plug;

impl<H: Handle> AsyncRuntime for Plug<H> {
    fn spawn(&self, future: TaskFuture) -> SpawnedTask {
        Box::pin(Task::<H>(self.handle.spawn(future)))
    }

    /// A negative duration is none.
    fn sleep(&self, duration: Duration) -> TaskFuture {
        Box::pin(self.handle.sleep(duration.try_into().unwrap_or_default()))
    }

    fn yield_now(&self) -> TaskFuture {
        Box::pin(futures_lite::future::yield_now())
    }
}

/// A task that runs on when this is dropped.
struct Task<H: Handle>(H::Task<()>);

impl<H: Handle> fmt::Debug for Task<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.0).finish()
    }
}

impl<H: Handle> Future for Task<H> {
    type Output = Result<(), Box<dyn Error + Send>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(|error| Box::new(error) as Box<dyn Error + Send>)
    }
}

impl<H: Handle> AbortableTask for Task<H> {
    fn abort(&self) {
        self.0.abort();
    }
}
