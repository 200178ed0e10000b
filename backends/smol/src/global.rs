//! smol's own global executor, adopted.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use loop_api::{Handle, Shared, callback, context};
use loop_toolkit::Pool;
use pin_project_lite::pin_project;

use crate::inner::{Executor, SmolHandle};

fn global() -> &'static SmolHandle {
    static GLOBAL: OnceLock<SmolHandle> = OnceLock::new();
    GLOBAL.get_or_init(|| {
        let handle = SmolHandle::new(Shared::adopted("smol"), Executor::Global, Pool::new(), None);
        // A thread of smol's that polls it meanwhile waits for this function to return.
        spawn(callback::run_adopted(handle.clone())).detach();
        handle
    })
}

impl SmolHandle {
    /// smol's own global executor as a loop: what is spawned on it goes where [`smol::spawn`] puts
    /// things. It is the same loop each time, it has run before it was asked for, and it never
    /// ends.
    ///
    /// smol does not tell whether a thread is in its executor, so nothing is adopted unless it is
    /// asked for: enter the handle around `smol::block_on`, and the loop is the current one in
    /// there and in every task that is spawned through it. Tasks given to `smol::spawn` itself do
    /// not have it, and may enter it too.
    ///
    /// ```
    /// use loop_api::Handle;
    /// use loop_smol::SmolHandle;
    ///
    /// let sum = SmolHandle::global().enter(|| {
    ///     smol::block_on(async {
    ///         let handle = SmolHandle::try_current().unwrap();
    ///         handle.spawn(async { 1 + 2 }).await
    ///     })
    /// });
    /// assert_eq!(sum.unwrap(), 3);
    /// ```
    pub fn global() -> SmolHandle {
        global().clone()
    }
}

/// Spawns on smol's global executor.
pub(crate) fn spawn<F>(future: F) -> async_task::Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    smol::spawn(Entered { future })
}

pin_project! {
    /// A future that finds the global loop as the current one: smol's threads do not know of it.
    struct Entered<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Entered<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _running = context::enter_nested();
        global().enter(|| self.project().future.poll(cx))
    }
}
