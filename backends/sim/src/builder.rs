//! How a world is made that differs from the default.

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use loop_api::budget::Budget;
use loop_api::context;
use loop_api::host::Host;

use crate::config::Config;
use crate::core::Core;
use crate::disk::config::DiskConfig;
use crate::interpose;
use crate::net::link::{NetConfig, nanos};
use crate::net::network::Network;
use crate::oracle::{Oracle, Recording};
use crate::order::Order;
use crate::plan::Plan;
use crate::ready::ReadyQueue;
use crate::state::Inner;
use crate::trace::Trace;

/// Makes a [`SimLoop`](crate::SimLoop).
///
/// ```
/// use loop_api::EventLoop;
/// use loop_sim::{NetConfig, Order, SimLoop};
///
/// let mut sim = SimLoop::builder().seed(7).order(Order::Random).net(NetConfig::rough()).build();
/// assert_eq!(sim.block_on(async { 6 * 7 }), 42);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "call `build()` to get the loop"]
pub struct Builder {
    config: Config,
}

impl Builder {
    /// With seed 0, in the order of the other loops, with a network and disks without faults.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// From the environment: `ANYLOOP_SIM_SEED` is the seed, and where it is set, the order is
    /// drawn from it. Without it the program does nothing [unusual](Self::buggify).
    ///
    /// # Errors
    ///
    /// `InvalidInput`, if it is not a number.
    pub fn from_env() -> std::io::Result<Builder> {
        let Some(seed) = crate::env::seed()? else { return Ok(Builder::new().buggify(false)) };
        Ok(Builder::new().seed(seed).order(Order::Random))
    }

    /// All that is drawn is drawn from this.
    pub fn seed(mut self, seed: u64) -> Builder {
        self.config.seed = seed;
        self
    }

    /// Which of the ready tasks runs next; [`Order::Fifo`] by default.
    pub fn order(mut self, order: Order) -> Builder {
        self.config.order = Some(order);
        self
    }

    /// [`order`](Self::order), unless it was called.
    pub fn order_unless_set(mut self, order: Order) -> Builder {
        self.config.order.get_or_insert(order);
        self
    }

    /// The network; one without faults by default. What is wrong in it fails the world, as in
    /// [`World::net`](crate::World::net).
    pub fn net(mut self, net: NetConfig) -> Builder {
        self.config.net = net;
        self
    }

    /// The disk of each host; one without faults by default.
    pub fn disk(mut self, disk: DiskConfig) -> Builder {
        self.config.disk = disk;
        self
    }

    /// How long a poll takes, in the world's time; a microsecond by default. At zero an endless
    /// chain of ready tasks lets no time pass, and no timer fires.
    pub fn poll_cost(mut self, cost: Duration) -> Builder {
        self.config.poll_cost = cost;
        self
    }

    /// Real threads take part, and blocking jobs run beside the world. Its time does not jump then:
    /// it goes `faster` times as fast as real time, and while a job runs, as fast as real time. Such
    /// a world does not repeat itself.
    ///
    /// Without this, a thread that is not of the world and touches it fails the run, with the place
    /// where the task was spawned that it woke.
    pub fn real_threads(mut self, faster: u32) -> Builder {
        self.config.threads = Some(faster);
        self
    }

    /// How long a blocking job may keep the world waiting, in real time, before the run fails; five
    /// seconds by default.
    /// A poll that takes as long, which no other thread can end, is told of on standard error.
    pub fn job_patience(mut self, patience: Duration) -> Builder {
        self.config.job_patience = patience;
        self
    }

    /// The run fails when the world has run for so much of its own time. None by default.
    pub fn time_limit(mut self, limit: Duration) -> Builder {
        self.config.time_limit = Some(limit);
        self
    }

    /// The run fails when a task was ready for `steps` steps without being polled: with an order
    /// that is fair, such as [`Order::Random`], a sign that others never wait. None by default.
    pub fn starvation(mut self, steps: u64) -> Builder {
        self.config.starvation = Some(steps);
        self
    }

    /// A foreign runtime as part of the world, whose timers go by the world's clock:
    /// `loop_compat::host::PausedTokio`, for crates that need tokio.
    pub fn host(mut self, host: Arc<dyn Host>) -> Builder {
        self.config.host = Some(host);
        self
    }

    /// A counter that libraries ask how much they may do in one poll, lent to what runs in the
    /// world: see [`loop_api::budget`].
    pub fn budget(mut self, budget: Budget) -> Builder {
        self.config.budget = Some(budget);
        self
    }

    /// Whether [`World::buggify`](crate::World::buggify) is ever true; it is, by default.
    pub fn buggify(mut self, on: bool) -> Builder {
        self.config.buggify = on;
        self
    }

    /// Whether the trace is kept as a list, for [`World::trace`](crate::World::trace), beside its
    /// hash.
    pub fn trace(mut self, trace: bool) -> Builder {
        self.config.trace = trace;
        self
    }

    /// Whether choices are kept, for [`World::recording`](crate::World::recording).
    pub fn record(mut self, record: bool) -> Builder {
        self.config.record = record;
        self
    }

    /// Repeats the choices of a recording instead of drawing them from the seed. Past its end, and
    /// where the run goes another way, the choice is the quiet one: the first task, the shortest
    /// latency, no loss.
    pub fn replay(mut self, recording: Recording) -> Builder {
        self.config.script = Some(recording);
        self
    }

    /// Faults in place of those that [`World::chaos`](crate::World::chaos) would draw: a plan that
    /// found something, as a regression test. A test that does not call `chaos` fails.
    pub fn plan(mut self, plan: Plan) -> Builder {
        self.config.plan = Some(plan);
        self
    }

    /// The run fails when the system's clock has come to this.
    pub(crate) fn until(mut self, until: Option<Instant>) -> Builder {
        self.config.until = until;
        self
    }

    /// The world, without a host.
    pub(crate) fn into_world(self) -> Arc<Inner> {
        let config = self.config;
        let mut oracle = Oracle::new(config.seed, config.script.clone(), config.record);
        let order = config.order.clone().unwrap_or_default();
        let mixes_ties = order.mixes_ties();
        let ready = ReadyQueue::new(order, &mut oracle);
        let wrong = config.net.wrong();
        let world = Arc::new(Inner {
            core: Core::new(oracle, Trace::new(config.trace), mixes_ties, config.host.is_some()),
            base: interpose::base(),
            thread: context::thread_id().get(),
            ready: Mutex::new(ready),
            wake: Condvar::new(),
            hosts: Mutex::default(),
            net: Mutex::new(Network::new(config.net.clone())),
            jobs: Mutex::default(),
            pool: config.threads.map(|_| loop_toolkit::Pool::new()),
            busy: AtomicUsize::new(0),
            graves: Mutex::default(),
            checks: Mutex::default(),
            drawn: Mutex::default(),
            failed: AtomicBool::new(false),
            poll_nanos: nanos(config.poll_cost),
            foreign: OnceLock::new(),
            config,
        });
        if let Some(wrong) = wrong {
            world.fail(wrong);
        }
        world
    }
}
