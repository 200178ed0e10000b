//! Worker threads: they share the tasks that are `Send`, and one idle worker at a time waits in the
//! poller for all.
//!
//! # Who owns what
//!
//! Each worker has a [`Remote`] that the others see: a bounded queue, which only the worker's own
//! thread fills and every worker may take from, and a [`Parker`]. All share the injector, the list
//! of idle workers ([`Idle`]) and the [`Driver`]: the worker that holds its lock may wait in the
//! loop's poller and fire its timers.
//!
//! # A task is queued
//!
//! 1. On a worker's thread it goes to that worker's own queue; if that is full, or on any other
//!    thread, to the injector.
//! 2. Then `wake_one` asks `Idle::pick` which worker to wake, if any. While a worker dispatches
//!    events, what fits into its own queue wakes no other worker: it runs the first of these tasks
//!    itself.
//! 3. A task that gave way goes back without a wake if the queue is empty: its worker comes for it.
//!
//! # A worker looks for a task
//!
//! 1. Each `event_interval`th time it looks at I/O and timers without waiting, if no other worker
//!    does. Each `TURNS`th time it takes from the injector first.
//! 2. Its own queue.
//! 3. The injector: the first task, and its share of the rest into its own queue.
//! 4. Each other queue, its neighbour's first: the first task, and half of the rest into its own.
//! 5. Nothing found: `sleep`.
//!
//! # A worker sleeps
//!
//! 1. It enlists with `Idle`, then looks once more at all queues and at `stop`.
//! 2. If the driver is free it takes it, marks its `Remote` with `drives`, and waits in the poller;
//!    else it parks its thread. `Parker::prepare` comes right before the wait and refuses it if a
//!    wake came after the worker enlisted.
//! 3. The worker to be woken is the one that `pick` took off the list. Its `Parker` says whether it
//!    sleeps, `drives` whether to notify the poller or to unpark the thread. A mark that has just
//!    changed costs a wake too many, never one too few: it is set before `prepare`.
//!
//! # The driver passes on
//!
//! A worker that waited in the poller dispatches the events, fires the timers and lets go of the
//! driver; it leaves the list, and wakes another worker if it has more than one task. That worker
//! steals, or finds nothing and goes to sleep, and so takes the driver. With one task it wakes
//! none: it looks at I/O again after that task, when it finds no other or its `event_interval` is
//! over.
//!
//! # Why no wake-up is lost
//!
//! * One thread queues, then looks for a sleeper; the other enlists, then looks at the queues. With
//!   a fence between the two steps on each side, at least one sees the other (`idle.rs`).
//! * `pick` wakes none while a woken worker is on its way. That one, once it has found a task,
//!   calls `Idle::pass_on` and wakes the next if there are more tasks; if it finds none it enlists
//!   again, and looks again.
//! * Between the second look and the wait, `prepare` sees the wake (`parker.rs`).
//! * An earlier timer that is begun while a worker waits notifies the poller (`Interrupt`).
//!
//! The loom models try the orders of the first three, with up to three preemptions.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, TryLockError};
use std::task::Waker;
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use concurrent_queue::ConcurrentQueue;
use loop_api::context::{self, Scoped};
use loop_api::coop;
use loop_toolkit::Threads;
use loop_toolkit::task::Runnable;

use super::idle::Idle;
use super::injector::Injector;
use super::parker::Parker;
use crate::reactor::{Reactor, Waiting};
use crate::timers::{Expired, Interrupt, Timers};

/// Tasks that a worker's own queue holds; what is more goes to the injector.
const OWN: usize = 256;

/// One of this many tasks in a row that a worker runs is from the injector, if there is one.
const TURNS: u32 = 4;

thread_local! {
    static WORKER: Scoped<Worker> = const { Scoped::new() };
}

/// What the workers of a loop share.
pub(crate) struct Workers {
    /// Tasks that were woken by other threads, or that did not fit.
    injector: Injector<Runnable>,
    remotes: Box<[Remote]>,
    idle: Idle,
    /// Only the worker that holds the lock may wait in the loop's poller and fire its timers.
    driver: Mutex<Option<Driver>>,
    stop: AtomicBool,
    /// The loop has ended without waiting for busy workers: each clears the queues when it ends.
    abandoned: AtomicBool,
    alive: Threads,
    event_interval: u32,
    reactor: Arc<Reactor>,
    timers: Arc<Timers>,
}

/// One worker, as the others see it.
struct Remote {
    queue: ConcurrentQueue<Runnable>,
    parker: Parker,
    /// Whether it waits in the poller, or will if it parks.
    drives: AtomicBool,
    thread: OnceLock<Thread>,
}

pub(crate) struct Driver {
    waiting: Waiting,
    expired: Vec<Expired<Waker>>,
}

/// One worker, on its own thread.
struct Worker {
    workers: Arc<Workers>,
    index: usize,
    /// Whether it wakes tasks because of events: it will run the first of them itself.
    dispatches: Cell<bool>,
    ticks: Cell<u32>,
}

/// A thread counts as alive for as long as this is.
struct Alive(Threads);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.stopped();
    }
}

impl Workers {
    pub(crate) fn new(
        count: usize,
        waiting: Waiting,
        event_interval: u32,
        reactor: Arc<Reactor>,
        timers: Arc<Timers>,
    ) -> Self {
        let remote = |_| Remote {
            queue: ConcurrentQueue::bounded(OWN),
            parker: Parker::new(),
            drives: AtomicBool::new(false),
            thread: OnceLock::new(),
        };
        Workers {
            injector: Injector::new(),
            remotes: (0..count).map(remote).collect(),
            idle: Idle::new(count),
            driver: Mutex::new(Some(Driver { waiting, expired: Vec::new() })),
            stop: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            alive: Threads::default(),
            event_interval,
            reactor,
            timers,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.remotes.len()
    }

    /// Starts the threads. Each calls `on_thread` with what it does; each task is polled by `poll`.
    pub(crate) fn start<P>(
        self: &Arc<Self>,
        name: &str,
        on_thread: impl Fn(&mut dyn FnMut()) + Send + Clone + 'static,
        poll: P,
    ) -> io::Result<Vec<JoinHandle<()>>>
    where
        P: Fn(Runnable) -> Option<Runnable> + Send + Clone + 'static,
    {
        let mut threads = Vec::new();
        for index in 0..self.count() {
            let (workers, on_thread, poll) = (self.clone(), on_thread.clone(), poll.clone());
            let worker = move || {
                let worker = Worker { workers, index, dispatches: Cell::new(false), ticks: Cell::new(0) };
                let _alive = Alive(worker.workers.alive.clone());
                let _running = context::enter_nested();
                on_thread(&mut || {
                    WORKER.with(|slot| slot.set(&worker, || worker.run(&poll)));
                    if worker.workers.abandoned.load(Ordering::SeqCst) {
                        worker.workers.clear();
                    }
                });
            };
            self.alive.started();
            match thread::Builder::new().name(name.to_owned()).spawn(worker) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    self.alive.stopped();
                    self.stop(threads, None);
                    return Err(error);
                }
            }
        }
        Ok(threads)
    }

    /// Ends the threads, each after the task it runs, and drops what is left in the queues. Gives
    /// how many are still in a task at `end` (`None`: it waits as long as it takes): they are
    /// detached.
    pub(crate) fn stop(&self, threads: Vec<JoinHandle<()>>, end: Option<Instant>) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        for remote in &self.remotes {
            self.wake(remote);
        }
        let left = self.alive.wait_for_busy(end);
        if left == 0 {
            for thread in threads {
                // They have nothing left to do. One that panicked has said so already.
                let _ = thread.join();
            }
        }
        self.abandoned.store(left > 0, Ordering::SeqCst);
        self.clear();
        left
    }

    /// Drops what is left in the queues, and the poller with its descriptors.
    fn clear(&self) {
        drop(self.injector.close());
        for remote in &self.remotes {
            remote.queue.try_iter().for_each(drop);
        }
        let driver = match self.driver.try_lock() {
            Ok(mut driver) => driver.take(),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(),
            // It belongs to a worker that is still there, and comes here, too.
            Err(TryLockError::WouldBlock) => None,
        };
        drop(driver);
    }

    /// Queues a task of these workers, from any thread.
    pub(crate) fn schedule(&self, task: Runnable) {
        let left = WORKER.with(|slot| {
            slot.with(|worker| match worker {
                Some(worker) if std::ptr::eq(&*worker.workers, self) => {
                    worker.push(task);
                    None
                }
                _ => Some(task),
            })
        });
        if let Some(task) = left {
            self.injector.push(task);
            self.wake_one();
        }
    }

    fn wake_one(&self) {
        if let Some(worker) = self.idle.pick() {
            self.wake(&self.remotes[worker]);
        }
    }

    fn wake(&self, remote: &Remote) {
        if !remote.parker.unpark() {
            return;
        }
        if remote.drives.load(Ordering::Acquire) {
            self.reactor.notify();
        } else if let Some(thread) = remote.thread.get() {
            thread.unpark();
        }
    }

    fn has_tasks(&self) -> bool {
        !self.injector.is_empty() || self.remotes.iter().any(|remote| !remote.queue.is_empty())
    }
}

/// What queues a task of `workers`, if this thread is one of them.
pub(crate) fn local_schedule(workers: &Workers) -> Option<fn(Runnable)> {
    let runs = WORKER.with(|slot| {
        slot.with(|worker| worker.is_some_and(|worker| std::ptr::eq(&*worker.workers, workers)))
    });
    if runs { Some(push_here) } else { None }
}

fn push_here(task: Runnable) {
    WORKER.with(|slot| {
        slot.with(|worker| {
            // It was there a moment ago, on this thread.
            debug_assert!(worker.is_some(), "a task was woken here, where no worker is any more");
            if let Some(worker) = worker {
                worker.push(task);
            }
        })
    });
}

impl Worker {
    /// Queues a task that was woken on this thread.
    fn push(&self, task: Runnable) {
        let workers = self.workers();
        if let Err(full) = workers.remotes[self.index].queue.push(task) {
            workers.injector.push(full.into_inner());
        } else if self.dispatches.get() {
            return;
        }
        workers.wake_one();
    }

    /// Queues a task that gave way.
    fn push_again(&self, task: Runnable) {
        let workers = self.workers();
        let own = &workers.remotes[self.index].queue;
        if !own.is_empty() {
            return self.push(task);
        }
        // No worker has to be woken for it: this one comes for it next, unless another takes it
        // before.
        if let Err(full) = own.push(task) {
            // Not reached: only this worker fills its queue, and it was empty.
            workers.injector.push(full.into_inner());
        }
    }

    /// Runs tasks, each by `poll`, until the workers are stopped.
    fn run(&self, poll: &impl Fn(Runnable) -> Option<Runnable>) {
        let workers = self.workers();
        let remote = &workers.remotes[self.index];
        let _ = remote.thread.set(thread::current());
        let mut picked = false;
        while !workers.stop.load(Ordering::SeqCst) {
            if let Some(task) = self.next() {
                if std::mem::take(&mut picked) {
                    workers.idle.pass_on();
                    if workers.has_tasks() {
                        workers.wake_one();
                    }
                }
                coop::begin_poll();
                if let Some(again) = poll(task) {
                    self.push_again(again);
                }
            } else {
                picked = self.sleep();
            }
        }
    }

    fn workers(&self) -> &Workers {
        &self.workers
    }

    /// The next task to run: its own, one from the injector, or another worker's.
    fn next(&self) -> Option<Runnable> {
        let workers = self.workers();
        let ticks = self.ticks.get().wrapping_add(1);
        self.ticks.set(ticks);
        if ticks % workers.event_interval == 0 {
            self.drive(workers, false);
        }
        // Injected tasks do not wait long behind those that wake each other. The look is one load.
        if ticks % TURNS == 0 {
            if let Some(task) = workers.injector.pop() {
                return Some(task);
            }
        }
        let own = &workers.remotes[self.index].queue;
        own.pop().ok().or_else(|| self.take_injected(workers)).or_else(|| self.steal(workers))
    }

    /// A fair share of the injected tasks.
    fn take_injected(&self, workers: &Workers) -> Option<Runnable> {
        if workers.injector.is_empty() {
            return None;
        }
        let own = &workers.remotes[self.index].queue;
        workers
            .injector
            .share(workers.count(), OWN / 2, |task| own.push(task).map_err(|full| full.into_inner()))
    }

    /// Half of what another worker has.
    fn steal(&self, workers: &Workers) -> Option<Runnable> {
        let own = &workers.remotes[self.index].queue;
        // Each begins with its neighbour, so that not all steal from the same one.
        let others =
            (1..workers.count()).map(|step| &workers.remotes[(self.index + step) % workers.count()].queue);
        for other in others {
            let Ok(first) = other.pop() else { continue };
            for _ in 0..other.len().div_ceil(2) {
                // Only this worker fills its queue, so what was taken fits.
                let Some(task) = (own.len() < OWN).then(|| other.pop().ok()).flatten() else { break };
                if let Err(full) = own.push(task) {
                    workers.injector.push(full.into_inner());
                }
            }
            return Some(first);
        }
        None
    }

    /// Sleeps until there is something to do. True if this worker was woken for a task.
    fn sleep(&self) -> bool {
        let workers = self.workers();
        workers.idle.enlist(self.index);
        if !workers.has_tasks() && !workers.stop.load(Ordering::SeqCst) && !self.drive(workers, true) {
            let parker = &workers.remotes[self.index].parker;
            if parker.prepare() {
                // May end without a reason, which does no harm.
                thread::park();
                parker.finish();
            }
        }
        let picked = workers.idle.leave(self.index);
        if workers.remotes[self.index].queue.len() > 1 {
            workers.wake_one();
        }
        picked
    }

    /// Looks at I/O and timers, and waits for them if it `may_wait`. False if another worker does.
    fn drive(&self, workers: &Workers, may_wait: bool) -> bool {
        let mut driver = match workers.driver.try_lock() {
            Ok(driver) => driver,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        let Some(Driver { waiting, expired }) = &mut *driver else { return true };
        let (remote, timers) = (&workers.remotes[self.index], &workers.timers);
        if may_wait {
            remote.drives.store(true, Ordering::Release);
            let parked = remote.parker.prepare();
            if parked {
                waiting.wait(timers.begin_wait(None));
                remote.parker.finish();
            }
            remote.drives.store(false, Ordering::Release);
            if !parked {
                return true;
            }
        } else {
            waiting.wait(Some(Duration::ZERO));
        }
        self.dispatches.set(true);
        waiting.dispatch(&workers.reactor);
        timers.fire(expired);
        self.dispatches.set(false);
        true
    }
}

/// A worker that waits, waits in the poller.
impl Interrupt for Reactor {
    fn interrupt_wait(&self) {
        self.notify();
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("count", &self.count()).finish_non_exhaustive()
    }
}
