//! What every backend's own builder can be told.

use std::sync::Arc;
use std::time::Duration;

use loop_api::budget::Budget;
use loop_api::host::Host;

/// What every backend's own builder can be told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) worker_threads: Option<usize>,
    pub(crate) thread_name: Option<String>,
    pub(crate) max_blocking_threads: Option<usize>,
    pub(crate) thread_keep_alive: Option<Duration>,
    pub(crate) spin: Option<Duration>,
    /// A foreign runtime as part of the loop.
    pub(crate) host: Option<Arc<dyn Host>>,
}

/// What loops that are not tokio's lend to those who run on them, so that tokio's channels and readers give way.
#[cfg(any(feature = "sync", feature = "io-util"))]
pub(crate) const BUDGET: Option<Budget> = Some(crate::budget::OF_TOKIO);
#[cfg(not(any(feature = "sync", feature = "io-util")))]
pub(crate) const BUDGET: Option<Budget> = None;
