//! OpenDAL: the tasks of concurrent reads, writes and copies, and a limit to how long each may take.
//!
//! ```
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::Plug;
//! use opendal_core::{Executor, OperationContext, Operator, services};
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     let context = OperationContext::new().with_executor(Executor::with(plug));
//!     let storage = Operator::new(services::Memory::default())?.with_context(context);
//!     storage.write("cup", "coffee").await?;
//!     let read = storage.read_with("cup").chunk(2).concurrent(3).await?;
//!     assert_eq!(read.to_vec(), b"coffee");
//!     Ok::<_, opendal_core::Error>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

use loop_api::Handle;
use opendal_core::Execute;
use opendal_core::raw::BoxedStaticFuture;

use crate::Plug;

impl<H: Handle> Execute for Plug<H> {
    /// On a closed loop the task is dropped, of which OpenDAL makes a panic in what waits for it.
    fn execute(&self, future: BoxedStaticFuture<()>) {
        drop(self.handle.spawn(future)); // it runs on
    }
}

/// [`Plug`] with a time limit for each part of a concurrent write or copy. A part that takes longer
/// fails with an error that OpenDAL calls temporary, and is tried again.
///
/// ```
/// use std::time::Duration;
///
/// use anyloop::runtime::Runtime;
/// use anyloop_plugs::{Plug, opendal::TimeLimited};
/// use opendal_core::Execute;
///
/// let mut runtime = Runtime::new()?;
/// let limited = TimeLimited::new(Plug::new(runtime.handle().clone()), Duration::from_millis(2));
/// let begun = std::time::Instant::now();
/// runtime.block_on(limited.timeout().expect("it has a limit"));
/// assert!(begun.elapsed() >= Duration::from_millis(2));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TimeLimited<H> {
    plug: Plug<H>,
    limit: Duration,
}

impl<H: Handle> TimeLimited<H> {
    /// The tasks run on the loop of `plug`, and a part may take as long as `limit`, from when it is
    /// first polled.
    pub fn new(plug: Plug<H>, limit: Duration) -> TimeLimited<H> {
        TimeLimited { plug, limit }
    }
}

impl<H: Handle> Execute for TimeLimited<H> {
    fn execute(&self, future: BoxedStaticFuture<()>) {
        self.plug.execute(future);
    }

    fn timeout(&self) -> Option<BoxedStaticFuture<()>> {
        Some(Box::pin(self.plug.handle.sleep(self.limit)))
    }
}
