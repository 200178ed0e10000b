//! What a builder was given.

use std::sync::Arc;
use std::time::Duration;

use loop_api::budget::Budget;
use loop_api::host::Host;
use loop_toolkit::{Pool, PoolBuilder, ThreadHooks};

/// How many tasks run, where there are that many, before I/O and timers are looked at.
const EVENT_INTERVAL: u32 = 61;

/// How a loop is made.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) worker_threads: usize,
    pub(crate) thread_name: String,
    pub(crate) event_interval: u32,
    pub(crate) pool: PoolBuilder,
    pub(crate) spin: Duration,
    pub(crate) host: Option<Arc<dyn Host>>,
    pub(crate) budget: Option<Budget>,
    pub(crate) hooks: ThreadHooks,
    #[cfg(feature = "test-util")]
    pub(crate) start_paused: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            worker_threads: 0,
            thread_name: "anyloop-worker".to_owned(),
            event_interval: EVENT_INTERVAL,
            pool: Pool::builder(),
            spin: Duration::ZERO,
            host: None,
            budget: None,
            hooks: ThreadHooks::default(),
            #[cfg(feature = "test-util")]
            start_paused: false,
        }
    }
}
