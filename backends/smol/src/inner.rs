//! What a handle holds, and the handle as a value.

use std::fmt;
use std::sync::Arc;

use loop_api::Shared;
use loop_api::host::RuntimeContext;
use loop_toolkit::Pool;

use crate::one_thread::Tasks;

pub(crate) type TaskOutput<T> = loop_toolkit::TaskOutput<T, SmolHandle>;

/// A loop of smol's, seen from anywhere: see [`loop_api::Handle`].
#[derive(Clone)]
pub struct SmolHandle {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) shared: Shared,
    pub(crate) tasks: Executor,
    pub(crate) pool: Pool,
    /// The context of the foreign runtime, for every thread of the loop, if there is one.
    pub(crate) runtime_context: Option<Arc<dyn RuntimeContext>>,
}

/// Where tasks go.
pub(crate) enum Executor {
    Own {
        tasks: Tasks,
        /// Where tasks that stay on the loop's thread go, if the others do not.
        local: Option<Tasks>,
        /// How many threads run the others, if they do.
        workers: Option<usize>,
    },
    #[cfg(feature = "global")]
    Global,
}

impl SmolHandle {
    pub(crate) fn new(
        shared: Shared,
        tasks: Executor,
        pool: Pool,
        runtime_context: Option<Arc<dyn RuntimeContext>>,
    ) -> SmolHandle {
        SmolHandle { inner: Arc::new(Inner { shared, tasks, pool, runtime_context }) }
    }
}

impl fmt::Debug for SmolHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmolHandle").field("shared", &self.inner.shared).finish()
    }
}
