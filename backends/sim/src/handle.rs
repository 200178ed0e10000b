//! A host as the handle of an event loop.

use std::future::Future;
use std::net::IpAddr;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

use loop_api::blocking::Executor;
use loop_api::context::{Entered, Scoped};
use loop_api::time::Instant;
use loop_api::{Handle, LocalError, RunError, Shared, context};
use loop_toolkit::run_in;
use loop_toolkit::task::JoinHandle;

use crate::current::CURRENT;
use crate::jobs::{self, Jobs};
use crate::local::{self, SimLocalTask};
use crate::sleep::SimSleep;
use crate::state::{SimHandle, beginning};
use crate::tasks;

impl SimHandle {
    /// The host that the caller runs on.
    ///
    /// # Panics
    ///
    /// Outside of every world.
    #[track_caller]
    pub fn current() -> SimHandle {
        match SimHandle::try_current() {
            Some(host) => host,
            None => panic!(
                "no simulated host is here: call it inside block_on of a SimLoop, or in a task of a host"
            ),
        }
    }

    /// The name of the host.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its address.
    pub fn ip(&self) -> IpAddr {
        self.0.ip
    }

    /// How often the host had started before: zero until its first restart.
    pub fn boot(&self) -> u64 {
        self.0.boot
    }

    /// Whether it is paused by a fault.
    pub fn is_paused(&self) -> bool {
        self.0.paused.load(Relaxed)
    }
}

impl Handle for SimHandle {
    type Task<T: Send> = JoinHandle<T>;
    type LocalTask<T> = SimLocalTask<T>;
    type Sleep = SimSleep;

    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        CURRENT.with(|slot| slot.with_current(f))
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        CURRENT.with(|slot| slot.enter(self, f))
    }

    fn enter_guard(&self) -> Entered<'_> {
        Entered::new(self.shared()).holding(Scoped::hold(&CURRENT, Some(self.clone())))
    }

    fn shared(&self) -> &Shared {
        &self.0.shared
    }

    fn now(&self) -> Instant {
        self.instant(self.nanos())
    }

    /// The world begins with the year 2025. Set back by a fault, it goes back.
    fn wall_clock(&self) -> SystemTime {
        let told = self.0.clock.tell_wall(self.0.world.core.now());
        beginning() + Duration::from_nanos(told)
    }

    /// What it gives where a choice is quiet is small, and not zero, in both its halves: those who draw
    /// below a limit, and draw anew what would make some numbers more likely, would never end.
    fn random_u64(&self) -> u64 {
        self.0.world.core.random()
    }

    fn spawn_from<F>(&self, caller: &'static Location<'static>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tasks::spawn(self, caller, future)
    }

    fn try_spawn_local_from<F>(
        &self,
        caller: &'static Location<'static>,
        future: F,
    ) -> Result<SimLocalTask<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let refuse = |future, error| {
            self.enter(|| self.0.shared.end_step(|| drop::<F>(future)));
            Err(error)
        };
        if self.0.shared.is_closed() {
            return refuse(future, LocalError::Closed);
        }
        if self.0.world.thread != context::thread_id().get() || !self.0.shared.is_loop_thread() {
            return refuse(future, LocalError::NotLoopThread);
        }
        Ok(local::spawn(self, caller, future))
    }

    fn spawn_blocking_from<F, T>(&self, caller: &'static Location<'static>, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        match self.0.shared.default_executor() {
            Some(executor) if !self.0.shared.is_closed() => run_in(&*executor, self, caller, f),
            _ => run_in(&Jobs { host: self.clone(), spawned: caller }, self, caller, f),
        }
    }

    #[track_caller]
    fn run_in_executor<F, T>(&self, executor: &dyn Executor, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        run_in(executor, self, Location::caller(), f)
    }

    fn sleep_until(&self, deadline: Instant) -> SimSleep {
        SimSleep::new(self.clone(), deadline)
    }

    /// In a blocking job of the world, the world goes on while the future waits.
    fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        if self.0.shared.is_closed() {
            return Err(RunError::Closed);
        }
        let _running = context::enter()?;
        self.enter(|| match jobs::block_on(self, future) {
            Ok(result) => result,
            Err(future) => self.0.shared.wait_here(future),
        })
    }
}
