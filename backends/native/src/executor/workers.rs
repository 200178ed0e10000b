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
//!
//! # A worker blocks
//!
//! A task that blocks in place has a new thread take the place of its worker, queue and parker
//! included, and the old one ends after that poll. Until then both may fill the queue.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::task::Waker;
use std::thread::{JoinHandle, Thread};
use std::time::Instant;

use concurrent_queue::ConcurrentQueue;
use loop_api::budget::Budget;
use loop_toolkit::task::Runnable;
use loop_toolkit::{ThreadHooks, Threads};

use super::idle::Idle;
use super::injector::Injector;
use super::parker::Parker;
use crate::reactor::{Reactor, Waiting};
use crate::timers::{Expired, Interrupt, Timers};

/// Tasks that a worker's own queue holds; what is more goes to the injector.
pub(super) const OWN: usize = 256;

/// What the workers of a loop share.
pub(crate) struct Workers {
    /// Tasks that were woken by other threads, or that did not fit.
    pub(super) injector: Injector<Runnable>,
    pub(super) remotes: Box<[Remote]>,
    pub(super) idle: Idle,
    /// Only the worker that holds the lock may wait in the loop's poller and fire its timers.
    pub(super) driver: Mutex<Option<Driver>>,
    pub(super) stop: AtomicBool,
    /// The loop has ended without waiting for busy workers: each clears the queues when it ends.
    pub(super) abandoned: AtomicBool,
    pub(super) alive: Threads,
    pub(crate) threads: WorkerThreads,
    pub(super) event_interval: u32,
    pub(super) reactor: Arc<Reactor>,
    pub(super) timers: Arc<Timers>,
}

/// One worker, as the others see it.
pub(super) struct Remote {
    pub(super) queue: ConcurrentQueue<Runnable>,
    pub(super) parker: Parker,
    /// Whether it waits in the poller, or will if it parks.
    pub(super) drives: AtomicBool,
    thread: Mutex<Option<Thread>>,
}

impl Remote {
    /// This thread is the worker from now on.
    pub(super) fn set_thread(&self, thread: Thread) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }
}

/// How the threads of the workers are made.
pub(crate) struct WorkerThreads {
    pub(crate) name: String,
    pub(crate) budget: Option<Budget>,
    pub(crate) hooks: ThreadHooks,
}

pub(super) struct Driver {
    pub(super) waiting: Waiting,
    pub(super) expired: Vec<Expired<Waker>>,
}

impl Workers {
    pub(crate) fn new(
        count: usize,
        threads: WorkerThreads,
        waiting: Waiting,
        event_interval: u32,
        reactor: Arc<Reactor>,
        timers: Arc<Timers>,
    ) -> Self {
        let remote = |_| Remote {
            queue: ConcurrentQueue::bounded(OWN),
            parker: Parker::new(),
            drives: AtomicBool::new(false),
            thread: Mutex::new(None),
        };
        Workers {
            injector: Injector::new(),
            remotes: (0..count).map(remote).collect(),
            idle: Idle::new(count),
            driver: Mutex::new(Some(Driver { waiting, expired: Vec::new() })),
            stop: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            alive: Threads::default(),
            threads,
            event_interval,
            reactor,
            timers,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.remotes.len()
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
    pub(super) fn clear(&self) {
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

    pub(super) fn wake_one(&self) {
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
        } else if let Some(thread) = &*remote.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            thread.unpark();
        }
    }

    pub(super) fn has_tasks(&self) -> bool {
        !self.injector.is_empty() || self.remotes.iter().any(|remote| !remote.queue.is_empty())
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
