//! What every backend's own builder can be told.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use loop_api::budget::Budget;
use loop_api::host::Host;
use loop_toolkit::{ThreadHook, ThreadHooks, ThreadName};

/// What every backend's own builder can be told.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) worker_threads: Option<usize>,
    pub(crate) thread_name: Option<String>,
    pub(crate) thread_name_fn: Option<ThreadName>,
    pub(crate) thread_stack_size: Option<usize>,
    pub(crate) event_interval: Option<u32>,
    pub(crate) global_queue_interval: Option<u32>,
    pub(crate) max_io_events_per_tick: Option<usize>,
    pub(crate) max_io_events_per_busy_tick: Option<usize>,
    /// Of the loop, for those who ask its handles.
    pub(crate) name: Option<String>,
    pub(crate) max_blocking_threads: Option<usize>,
    pub(crate) thread_keep_alive: Option<Duration>,
    pub(crate) spin: Option<Duration>,
    #[cfg(feature = "test-util")]
    pub(crate) start_paused: bool,
    pub(crate) on_thread_start: Option<ThreadHook>,
    pub(crate) on_thread_stop: Option<ThreadHook>,
    pub(crate) on_thread_park: Option<ThreadHook>,
    pub(crate) on_thread_unpark: Option<ThreadHook>,
    /// A foreign runtime as part of the loop.
    pub(crate) host: Option<Arc<dyn Host>>,
}

impl Options {
    /// What the toolkit calls, for backends on it.
    #[allow(dead_code)]
    pub(crate) fn hooks(&self) -> ThreadHooks {
        let mut hooks = ThreadHooks::default();
        if let Some(hook) = &self.on_thread_start {
            hooks = hooks.on_start(hook.clone());
        }
        if let Some(hook) = &self.on_thread_stop {
            hooks = hooks.on_stop(hook.clone());
        }
        if let Some(name) = &self.thread_name_fn {
            hooks = hooks.names(name.clone());
        }
        if let Some(bytes) = self.thread_stack_size {
            hooks = hooks.stack_size(bytes);
        }
        hooks
    }
}

// Its hooks are as any closure: what they share they have to keep right themselves.
impl UnwindSafe for Options {}
impl RefUnwindSafe for Options {}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("worker_threads", &self.worker_threads)
            .field("thread_name", &self.thread_name)
            .field("max_blocking_threads", &self.max_blocking_threads)
            .field("thread_keep_alive", &self.thread_keep_alive)
            .field("spin", &self.spin)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// What loops that are not tokio's lend to those who run on them, so that tokio's channels and readers give way.
#[allow(dead_code)]
#[cfg(any(feature = "sync", feature = "io-util"))]
pub(crate) const BUDGET: Option<Budget> = Some(crate::budget::OF_TOKIO);
#[allow(dead_code)]
#[cfg(not(any(feature = "sync", feature = "io-util")))]
pub(crate) const BUDGET: Option<Budget> = None;

/// The same for a single poll.
#[cfg(any(feature = "sync", feature = "io-util"))]
pub(crate) const BUDGET_OF_ONE_POLL: Option<Budget> = Some(crate::budget::OF_ONE_POLL);
#[cfg(not(any(feature = "sync", feature = "io-util")))]
pub(crate) const BUDGET_OF_ONE_POLL: Option<Budget> = None;
