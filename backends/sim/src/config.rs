//! How a world is made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use loop_api::budget::Budget;
use loop_api::host::Host;

use crate::disk::config::DiskConfig;
use crate::net::link::NetConfig;
use crate::oracle::Recording;
use crate::order::Order;
use crate::plan::Plan;

#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) seed: u64,
    /// FIFO, unless set.
    pub(crate) order: Option<Order>,
    pub(crate) poll_cost: Duration,
    pub(crate) net: NetConfig,
    pub(crate) disk: DiskConfig,
    /// Real threads take part: how many times faster than real time the world's goes at most.
    pub(crate) threads: Option<u32>,
    /// How long a blocking job may keep the world waiting, in real time.
    pub(crate) job_patience: Duration,
    /// When the world has run for too long.
    pub(crate) time_limit: Option<Duration>,
    /// When it has to end, by the system's clock.
    pub(crate) until: Option<Instant>,
    /// How many picks a task may be ready without being polled.
    pub(crate) starvation: Option<u64>,
    /// A foreign runtime as part of the world.
    pub(crate) host: Option<Arc<dyn Host>>,
    /// Lent to what runs in the world.
    pub(crate) budget: Option<Budget>,
    /// Whether `buggify` is ever true.
    pub(crate) buggify: bool,
    pub(crate) trace: bool,
    pub(crate) record: bool,
    pub(crate) script: Option<Recording>,
    /// In place of every plan that would be drawn.
    pub(crate) plan: Option<Plan>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            seed: 0,
            order: None,
            poll_cost: Duration::from_micros(1),
            net: NetConfig::default(),
            disk: DiskConfig::default(),
            threads: None,
            job_patience: Duration::from_secs(5),
            time_limit: None,
            until: None,
            starvation: None,
            host: None,
            budget: None,
            buggify: true,
            trace: false,
            record: false,
            script: None,
            plan: None,
        }
    }
}
