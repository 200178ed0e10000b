//! The loop: one world, on the thread that made it.

use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use loop_api::budget;
use loop_api::callback::Pump;
use loop_api::host::{self as foreign, Driver};
use loop_api::shared::{Exception, ExceptionKind};
use loop_api::time::Instant;
use loop_api::turn::Turn;
use loop_api::{EventLoop, Handle, RunError, context};

use crate::builder::Builder;
use crate::core::lock;
use crate::current;
use crate::hosts;
use crate::interpose;
use crate::scheduler::Run;
use crate::state::{Inner, Item, JobThread, SimHandle};
use crate::stuck;
use crate::watch::Watched;
use crate::world::World;

/// An event loop that runs a simulated world.
///
/// ```
/// use loop_api::{EventLoop, Handle};
/// use loop_sim::SimLoop;
/// use std::time::Duration;
///
/// let mut sim = SimLoop::builder().seed(1).build();
/// let real = std::time::Instant::now();
/// let year = Duration::from_secs(365 * 24 * 60 * 60);
/// sim.block_on(sim.handle().sleep(year));
/// assert!(sim.world().elapsed() >= year && real.elapsed() < Duration::from_secs(60));
/// ```
pub struct SimLoop {
    host: SimHandle,
    /// Runs the callbacks where the world is run turn by turn.
    pump: Option<Pump<SimHandle>>,
    ended: bool,
    /// A foreign runtime as part of the world.
    foreign: Option<Box<dyn Driver>>,
    /// None once it was shut down.
    watched: Option<Watched>,
    /// Tasks that are not `Send` are dropped with it, so it stays on its thread.
    thread: PhantomData<*const ()>,
}

/// Wakes the main future, or the pump.
struct MainWaker {
    world: Arc<Inner>,
    state: AtomicU8,
}

/// It waits for a wake.
const WAITS: u8 = 0;
/// It is among the ready ones, or was for the last time.
const READY: u8 = 1;
const POLLED: u8 = 2;
/// It was woken while it was polled: it gave way.
const GAVE_WAY: u8 = 3;

impl Wake for MainWaker {
    fn wake(self: Arc<Self>) {
        let woken = |state| match state {
            WAITS => Some(READY),
            POLLED => Some(GAVE_WAY),
            _ => None,
        };
        match self.state.fetch_update(AcqRel, Acquire, woken) {
            Ok(WAITS) => self.world.push(0, Item::Main, None),
            Ok(_) => self.world.expect_own_thread(None),
            Err(_) => {}
        }
    }
}

impl MainWaker {
    /// Polls what it wakes. If that gives way, all that is ready goes before it.
    fn poll<T>(&self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        self.state.swap(POLLED, AcqRel);
        let polled = poll();
        if polled.is_pending() && self.state.compare_exchange(POLLED, WAITS, AcqRel, Acquire).is_err() {
            self.state.store(READY, Release);
            lock(&self.world.ready).push_last(0, Item::Main);
        }
        polled
    }
}

impl Builder {
    /// Makes the world, whose thread this one is from now on; until the loop is dropped, the
    /// thread's [`Instant::now`](loop_api::time::Instant::now) is the world's.
    ///
    /// # Panics
    ///
    /// If the runtime of [`host`](Self::host) cannot be started, or goes by a clock of its own.
    pub fn build(self) -> SimLoop {
        SimLoop::of(&self.into_world())
    }
}

impl SimLoop {
    /// Of a world that has no host yet.
    fn of(world: &Arc<Inner>) -> SimLoop {
        current::follow(world);
        let foreign = world.config.host.as_ref().map(|host| match host.open() {
            Ok(driver) if driver.stepped().is_some() => driver,
            Ok(_) => panic!(
                "the clock of `{}` goes on by itself: give the world a host such as PausedTokio",
                host.name()
            ),
            Err(error) => panic!("`{}` could not be made part of the world: {error}", host.name()),
        });
        if let Some(driver) = &foreign {
            let _new = world.foreign.set(driver.runtime_context());
        }
        let host = hosts::add(world, "main");
        // Where real threads take part, a world waits for them.
        let watched = world.config.threads.is_none().then(|| Watched::new(world));
        SimLoop { host, pump: None, ended: false, foreign, watched, thread: PhantomData }
    }

    /// How a world is made that differs from the default.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The world, seen from above.
    pub fn world(&self) -> World {
        World::new(self.host.0.world.clone())
    }

    fn waker(&self) -> Arc<MainWaker> {
        MainWaker { world: self.host.0.world.clone(), state: AtomicU8::new(WAITS) }.into()
    }

    /// Waits for the threads of blocking jobs; how many are left.
    fn join_jobs(&self, timeout: Option<Duration>) -> usize {
        interpose::real(|| self.join_jobs_within(timeout))
    }

    fn join_jobs_within(&self, timeout: Option<Duration>) -> usize {
        let start = std::time::Instant::now();
        let mut left = 0;
        for JobThread { thread: job, .. } in std::mem::take(&mut *lock(&self.host.0.world.jobs)) {
            while timeout.is_some_and(|timeout| start.elapsed() < timeout) && !job.is_finished() {
                std::thread::sleep(Duration::from_micros(100));
            }
            if timeout.is_none() || job.is_finished() {
                // Its panic was the job's output.
                let _ended = job.join();
            } else {
                left += 1;
            }
        }
        left
    }
}

impl EventLoop for SimLoop {
    type Handle = SimHandle;

    /// As [`Builder::from_env`].
    ///
    /// # Errors
    ///
    /// `InvalidInput`, if `ANYLOOP_SIM_SEED` is not a number.
    fn new() -> io::Result<Self> {
        Ok(Builder::from_env()?.build())
    }

    fn handle(&self) -> &SimHandle {
        &self.host
    }

    /// Panics, too, where a check of the world has failed.
    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        self.pump = None;
        let mut future = pin!(future);
        let main = self.waker();
        let waker = Waker::from(main.clone());
        waker.wake_by_ref();
        let mut output = None;
        let mut poll = || {
            match main.poll(|| future.as_mut().poll(&mut Context::from_waker(&waker))) {
                Poll::Ready(value) => output = Some(value),
                Poll::Pending => return false,
            }
            true
        };
        let host = self.host.clone();
        let world = &host.0.world;
        let stepped = self.foreign.as_ref().and_then(|driver| driver.stepped());
        let run = || host.enter(|| Run::new(world, &host, &mut poll, stepped).until_done());
        let run = || budget::lend(world.config.budget, run);
        let result = match world.foreign.get() {
            None => run(),
            Some(context) => foreign::within(&**context, run),
        };
        // A late wake is of no use any more.
        main.state.store(READY, Relaxed);
        match (result, output) {
            (_, Some(output)) => Ok(output),
            (Err(error), None) => Err(error),
            (Ok(()), None) => unreachable!("a run ends with an output or an error"),
        }
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.pump = None;
        let host = self.host.clone();
        let world = &host.0.world;
        let failed = world.failed.load(Relaxed) || std::thread::panicking();
        // A thread that runs another loop must not wait; nor is a job waited for that has kept the world.
        let timeout = match timeout {
            _ if context::is_running() => Some(Duration::ZERO),
            None if failed => Some(Duration::from_secs(1)),
            timeout => timeout,
        };
        let all = lock(&world.hosts).clone();
        for host in all.iter().rev() {
            hosts::crash(host);
        }
        // Empty shells of tasks, and jobs, which go on without the world.
        let items = lock(&world.ready).drain();
        for item in items {
            if let Item::Job(_, baton) = &item {
                baton.release();
            }
            drop(item);
        }
        host.enter(|| host.0.shared.end_step(|| world.core.close()));
        world.bury();
        let beside = world.pool.as_ref().map_or(0, |pool| pool.shutdown(timeout).err().unwrap_or(0));
        let left = self.join_jobs(timeout) + beside;
        if left > 0 && !context::is_running() {
            let message = format!("{left} blocking job(s) outlive the loop");
            host.enter(|| host.0.shared.report(&Exception::new(ExceptionKind::Blocking, message, None)));
        }
        lock(&world.hosts).clear();
        if let Some(driver) = self.foreign.take() {
            driver.shutdown(timeout);
        }
        current::unfollow(world);
        self.watched = None;
    }

    /// A world in which nothing can ever happen again is a deadlock, also where the process has
    /// other threads: they are not of the world. Which hosts and tasks wait is told.
    fn deadlock_report(&self) -> Option<String> {
        Some(stuck::tell(&self.host.0.world))
    }
}

impl Turn for SimLoop {
    fn turn(&mut self, limit: Option<Duration>) -> io::Result<()> {
        let host = self.host.clone();
        let shared = &host.0.shared;
        if shared.is_closed() {
            return Err(io::Error::other(RunError::Closed));
        }
        if shared.is_loop_thread() {
            return Err(io::Error::other(RunError::Nested));
        }
        let (_nested, _running) = (context::enter_nested(), shared.turning());
        let main = self.waker();
        let waker = Waker::from(main.clone());
        if self.pump.is_none() {
            waker.wake_by_ref();
        }
        let pump = self.pump.get_or_insert_with(|| Pump::new(host.clone()));
        let mut poll = || {
            // There is no run that stop() could end.
            let _ready_again = main.poll(|| {
                let _stopped = pump.poll_turn(&mut Context::from_waker(&waker));
                Poll::<()>::Pending
            });
            false
        };
        let result = host.enter(|| Run::new(&host.0.world, &host, &mut poll, None).turn(limit));
        // That nothing is left is no error of a turn.
        result
            .or_else(|error| if error == RunError::Deadlock { Ok(()) } else { Err(io::Error::other(error)) })
    }

    fn next_deadline(&self) -> Option<Instant> {
        let world = &self.host.0.world;
        if !lock(&world.ready).is_empty() {
            return Some(self.host.now());
        }
        world.core.first().map(|time| self.host.instant(self.host.0.clock.tell(time)))
    }
}

impl Drop for SimLoop {
    fn drop(&mut self) {
        self.shutdown(None);
    }
}

impl fmt::Debug for SimLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimLoop").field("handle", &self.host).finish_non_exhaustive()
    }
}
