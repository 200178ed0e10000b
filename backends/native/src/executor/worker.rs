//! One worker thread: it looks for a task, runs it, and sleeps when there is none. The head of
//! `workers.rs` tells the protocol step by step.

use std::cell::Cell;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use loop_api::budget;
use loop_api::context::{self, Scoped};
use loop_toolkit::Threads;
use loop_toolkit::task::Runnable;

use super::workers::{Driver, OWN, Workers};

/// One of this many tasks in a row that a worker runs is from the injector, if there is one.
const TURNS: u32 = 4;

thread_local! {
    static WORKER: Scoped<Worker> = const { Scoped::new() };
}

/// One worker, on its own thread.
struct Worker {
    workers: Arc<Workers>,
    index: usize,
    /// Whether it wakes tasks because of events: it will run the first of them itself.
    dispatches: Cell<bool>,
    ticks: Cell<u32>,
    /// Whether another thread has taken its place.
    left: Cell<bool>,
}

/// A thread counts as alive for as long as this is.
struct Alive(Threads);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.stopped();
    }
}

/// Starts the thread of the worker `index` by `thread`. It calls `on_thread` with what it does; each
/// task is polled by `poll`.
pub(crate) fn start(
    workers: &Arc<Workers>,
    index: usize,
    thread: thread::Builder,
    on_thread: impl FnOnce(&mut dyn FnMut()) + Send + 'static,
    poll: impl Fn(Runnable) -> Option<Runnable> + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let own = workers.clone();
    workers.alive.started();
    // Dropped with what the thread would do, if it does not start.
    let alive = Alive(workers.alive.clone());
    thread.spawn(move || {
        let worker = Worker {
            workers: own,
            index,
            dispatches: Cell::new(false),
            ticks: Cell::new(0),
            left: Cell::new(false),
        };
        let _alive = alive;
        let _running = context::enter_nested();
        on_thread(&mut || {
            WORKER.with(|slot| slot.set(&worker, || worker.run(&poll)));
            if worker.workers.abandoned.load(Ordering::SeqCst) {
                worker.workers.clear();
            }
        });
    })
}

/// Has the thread that `start` starts take the place of this one, if it is one of `workers`: it ends
/// after the poll that it is in. Whether it did, now or before in the same poll.
pub(crate) fn leave(workers: &Workers, start: impl FnOnce(usize) -> io::Result<JoinHandle<()>>) -> bool {
    WORKER.with(|slot| {
        slot.with(|worker| match worker {
            Some(worker) if std::ptr::eq(&*worker.workers, workers) => {
                let left = worker.left.get() || start(worker.index).is_ok();
                worker.left.set(left);
                left
            }
            _ => false,
        })
    })
}

/// Queues a task of `workers`, from any thread.
pub(crate) fn schedule(workers: &Workers, task: Runnable) {
    let left = WORKER.with(|slot| {
        slot.with(|worker| match worker {
            Some(worker) if std::ptr::eq(&*worker.workers, workers) => {
                worker.push(task);
                None
            }
            _ => Some(task),
        })
    });
    if let Some(task) = left {
        workers.injector.push(task);
        workers.wake_one();
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
        remote.set_thread(thread::current());
        let mut picked = false;
        while !workers.stop.load(Ordering::SeqCst) && !self.left.get() {
            if let Some(task) = self.next() {
                if std::mem::take(&mut picked) {
                    workers.idle.pass_on();
                    if workers.has_tasks() {
                        workers.wake_one();
                    }
                }
                task.begin_poll();
                if let Some(again) = poll(task) {
                    // It gave way, perhaps because the budget lent to this thread is used up.
                    budget::begin_poll();
                    self.push_again(again);
                }
            } else {
                picked = self.sleep();
            }
        }
        if self.left.get() {
            // The task that it polled last may have given way.
            workers.wake_one();
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
        // Once a turn, in case a budget was used up in a poll that woke another task than its own.
        budget::begin_poll();
        self.dispatches.set(true);
        waiting.dispatch(&workers.reactor);
        timers.fire(expired);
        self.dispatches.set(false);
        true
    }
}
