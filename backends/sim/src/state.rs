//! The state of a world and of its hosts. What they do stands in other files.

use std::fmt;
use std::net::IpAddr;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::SystemTime;

use loop_api::host::RuntimeContext;
use loop_api::time::Instant;
use loop_api::{Shared, context};
use loop_toolkit::Pool;
use loop_toolkit::task::{Runnable, TaskSet};

use crate::baton::{self, Baton};
use crate::checks::Checks;
use crate::config::Config;
use crate::core::{Core, lock};
use crate::disk::store::Store;
use crate::host_clock::HostClock;
use crate::net::network::Network;
use crate::plan::Plan;
use crate::ready::ReadyQueue;
use crate::signals::Signals;

/// Something that is ready.
pub(crate) enum Item {
    /// The main future of `block_on`.
    Main,
    Task(SimHandle, Runnable),
    Job(SimHandle, Arc<Baton>),
}

/// The thread of a blocking job.
#[derive(Debug)]
pub(crate) struct JobThread {
    pub(crate) thread: JoinHandle<()>,
    pub(crate) host: u32,
    pub(crate) baton: Arc<Baton>,
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Item::Main => "Main",
            Item::Task(..) => "Task",
            Item::Job(..) => "Job",
        })
    }
}

/// A world.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) core: Core,
    pub(crate) config: Config,
    /// How long a poll takes.
    pub(crate) poll_nanos: u64,
    /// What the clocks of hosts tell is so long after this.
    pub(crate) base: std::time::Instant,
    /// The thread that made it, and runs it.
    pub(crate) thread: u64,
    pub(crate) ready: Mutex<ReadyQueue<Item>>,
    /// Told of wakes, where real threads take part.
    pub(crate) wake: Condvar,
    /// As they are now: a restart puts another in the same place.
    pub(crate) hosts: Mutex<Vec<SimHandle>>,
    pub(crate) net: Mutex<Network>,
    pub(crate) jobs: Mutex<Vec<JobThread>>,
    /// Runs the jobs beside the world, where real threads take part.
    pub(crate) pool: Option<Pool>,
    /// How many jobs there are in it.
    pub(crate) busy: AtomicUsize,
    /// Tasks of closed hosts that were woken: dropped where no lock is held.
    pub(crate) graves: Mutex<Vec<Runnable>>,
    pub(crate) checks: Mutex<Checks>,
    /// The drawn plans.
    pub(crate) drawn: Mutex<Plan>,
    /// Whether `checks` has a failure.
    pub(crate) failed: AtomicBool,
    /// The context of a foreign runtime, for every thread of the world.
    pub(crate) foreign: OnceLock<Arc<dyn RuntimeContext>>,
}

/// What starts on a host.
pub(crate) type Start = Arc<dyn Fn(SimHandle) + Send + Sync>;

/// A host from its start to its crash.
pub(crate) struct Host {
    pub(crate) world: Arc<Inner>,
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) ip: IpAddr,
    /// How often it had started before.
    pub(crate) boot: u64,
    pub(crate) shared: Shared,
    pub(crate) tasks: TaskSet,
    pub(crate) clock: Arc<HostClock>,
    pub(crate) disk: Arc<Mutex<Store>>,
    pub(crate) paused: AtomicBool,
    /// How much longer it waits after each poll, and until when it does now, in nanoseconds.
    pub(crate) slow: AtomicU64,
    pub(crate) busy_until: AtomicU64,
    /// What became ready while it was paused or waited.
    pub(crate) parked: Mutex<Vec<(u64, Item)>>,
    pub(crate) starts: Arc<Mutex<Vec<Start>>>,
    pub(crate) signals: Mutex<Signals>,
}

/// One host of a world, as the handle of an event loop. The first host is the one of `block_on`,
/// named `main`.
///
/// ```
/// use loop_api::{EventLoop, Handle};
/// use loop_sim::{SimHandle, SimLoop};
///
/// let mut sim = SimLoop::builder().build();
/// let a = sim.world().host("a");
/// let name = a.spawn(async { SimHandle::current().name().to_owned() });
/// assert_eq!(sim.block_on(name).unwrap(), "a");
/// ```
#[derive(Clone)]
pub struct SimHandle(pub(crate) Arc<Host>);

impl Inner {
    /// Calls `f` with the network; what it wakes and drops, it does so when the lock is free.
    pub(crate) fn net<R>(&self, f: impl FnOnce(&mut Network, &Core) -> R) -> R {
        let mut net = lock(&self.net);
        let result = f(&mut net, &self.core);
        let wakes = (!net.wakes.is_empty()).then(|| std::mem::take(&mut net.wakes));
        let dropped = (!net.dropped.is_empty()).then(|| std::mem::take(&mut net.dropped));
        drop(net);
        if let Some(wakes) = wakes {
            wakes.wake();
        }
        if let Some(dropped) = dropped {
            dropped.discard();
        }
        result
    }

    /// Lets the time pass that a poll takes.
    pub(crate) fn pass_a_poll(&self) {
        self.core.advance(self.poll_nanos);
    }

    /// As [`net`](Self::net), for a call that takes time as a poll does: a task that never waits
    /// does not hold the time still.
    pub(crate) fn call<R>(&self, f: impl FnOnce(&mut Network, &Core) -> R) -> R {
        self.pass_a_poll();
        self.net(f)
    }

    /// Makes something ready. `spawned` is where its task was.
    pub(crate) fn push(&self, task: u64, item: Item, spawned: Option<&'static Location<'static>>) {
        self.expect_own_thread(spawned);
        lock(&self.ready).push(task, item);
        self.core.wake_foreign();
        if self.config.threads.is_some() {
            self.wake.notify_one();
        }
    }

    /// Makes something ready behind all that is: it was ready before.
    pub(crate) fn push_again(&self, task: u64, item: Item) {
        lock(&self.ready).push_last(task, item);
        self.core.wake_foreign();
    }

    /// In a strict world, a thread that is not of the world fails it.
    pub(crate) fn expect_own_thread(&self, spawned: Option<&'static Location<'static>>) {
        let own = context::thread_id().get() == self.thread || baton::is_job();
        if !own && self.config.threads.is_none() {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("without a name").to_owned();
            let what =
                spawned.map_or("its main future".to_owned(), |place| format!("the task spawned at {place}"));
            self.fail(format!(
                "a thread that is not of the world (`{name}`) woke or spawned {what}: when it does so is not decided by the seed. \
                 Run it as a blocking job (spawn_blocking), or build the world with Builder::real_threads, which cannot be repeated"
            ));
        }
    }

    /// The run has failed: it ends at the next step.
    pub(crate) fn fail(&self, message: String) {
        lock(&self.checks).fail(message);
        self.failed.store(true, Relaxed);
        if self.config.threads.is_some() {
            self.wake.notify_one();
        }
    }

    /// The host of a name, as it is now.
    pub(crate) fn host(&self, name: &str) -> Option<SimHandle> {
        lock(&self.hosts).iter().find(|host| host.0.name == name).cloned()
    }

    /// Drops what was woken on closed hosts.
    pub(crate) fn bury(&self) {
        loop {
            let graves = std::mem::take(&mut *lock(&self.graves));
            if graves.is_empty() {
                return;
            }
        }
    }
}

/// When a world begins, by its wall clocks: with the year 2025.
pub(crate) fn beginning() -> SystemTime {
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_735_689_600)
}

impl SimHandle {
    /// # Errors
    ///
    /// `Closed`, if the host's loop is.
    #[inline]
    pub(crate) fn check_open(&self) -> std::io::Result<()> {
        if self.0.shared.is_closed() { Err(loop_api::Closed.into()) } else { Ok(()) }
    }

    /// Its clock's time.
    pub(crate) fn nanos(&self) -> u64 {
        self.0.clock.tell(self.0.world.core.now())
    }

    pub(crate) fn instant(&self, nanos: u64) -> Instant {
        Instant::from_std(self.0.world.base + std::time::Duration::from_nanos(nanos))
    }

    /// The time of the world at which its clock shows a moment.
    pub(crate) fn when(&self, at: Instant) -> u64 {
        let told = at.into_std().saturating_duration_since(self.0.world.base).as_nanos();
        self.0.clock.when(u64::try_from(told).unwrap_or(u64::MAX))
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for SimHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimHandle")
            .field("host", &self.0.name)
            .field("ip", &self.0.ip)
            .field("shared", &self.0.shared)
            .finish()
    }
}
