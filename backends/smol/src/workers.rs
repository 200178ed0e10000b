//! The threads of a loop that runs on many.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use async_executor::Executor;
use event_listener::Event;
use loop_api::Handle;
use loop_api::budget::{self, Budget};
use loop_api::context::{self, Scoped};
use loop_toolkit::{ThreadHooks, Threads};

use crate::foreign;
use crate::inner::SmolHandle;

/// Threads that run an executor until they are told to stop.
#[derive(Debug)]
pub(crate) struct Workers {
    stop: Arc<Stop>,
    threads: Vec<thread::JoinHandle<()>>,
    alive: Threads,
}

#[derive(Debug, Default)]
struct Stop {
    stopped: AtomicBool,
    event: Event,
}

/// What a worker's thread needs.
#[derive(Clone)]
struct Worker {
    number: usize,
    stop: Arc<Stop>,
    executor: Arc<Executor<'static>>,
    handle: SmolHandle,
    budget: Option<Budget>,
    hooks: ThreadHooks,
    alive: Threads,
    /// Whether another thread has taken its place.
    left: Cell<bool>,
}

thread_local! {
    static WORKER: Scoped<Worker> = const { Scoped::new() };
}

impl Worker {
    /// Starts its thread.
    fn start(self) -> io::Result<thread::JoinHandle<()>> {
        let thread = self.hooks.thread(|| format!("anyloop-smol-{}", self.number));
        self.alive.started();
        // Dropped with what the thread would do, if it does not start.
        let alive = Alive(self.alive.clone());
        thread.spawn(move || {
            let _alive = alive;
            let _hooks = self.hooks.started();
            let _running = context::enter_nested();
            WORKER.with(|slot| slot.set(&self, || self.run()));
            let Worker { executor, handle, .. } = self;
            // The last one, if the loop did not wait for it: then the tasks go here.
            handle.enter(|| drop(executor));
        })
    }

    fn run(&self) {
        match self.handle.runtime_context() {
            None => budget::lend(self.budget, || self.handle.run(self.executor.run(self.end()))),
            Some(runtime_context) => {
                foreign::run_worker(runtime_context, &self.handle, &self.executor, self.end());
            }
        }
    }

    /// Waits until it is to end.
    async fn end(&self) {
        let ends = || self.left.get() || self.stop.stopped.load(Ordering::Acquire);
        while !ends() {
            let listener = self.stop.event.listen();
            // Once more, now that it would be heard.
            if ends() {
                return;
            }
            listener.await;
        }
    }

    /// Has another thread take its place.
    fn leave(&self) -> bool {
        if !self.left.get() && self.clone().start().is_ok() {
            self.left.set(true);
            // Heard by this one, after the poll that it is in.
            self.stop.event.notify(usize::MAX);
        }
        self.left.get()
    }
}

impl SmolHandle {
    /// Has a new thread take the place of this one, if it is one of the loop's workers: for a task
    /// that is about to block it. The old one ends soon after the poll that it is in. False on any
    /// other thread, and where none could be started: then the worker's place stays empty meanwhile.
    pub fn leave_worker(&self) -> bool {
        let own = |worker: &&Worker| Arc::ptr_eq(&worker.handle.inner, &self.inner);
        WORKER.with(|slot| slot.with(|worker| worker.filter(own).is_some_and(Worker::leave)))
    }
}

impl Workers {
    pub(crate) fn start(
        n: usize,
        executor: &Arc<Executor<'static>>,
        handle: &SmolHandle,
        budget: Option<Budget>,
        hooks: &ThreadHooks,
    ) -> io::Result<Workers> {
        let mut workers =
            Workers { stop: Arc::default(), threads: Vec::with_capacity(n), alive: Threads::default() };
        for number in 0..n {
            let worker = Worker {
                number,
                stop: workers.stop.clone(),
                executor: executor.clone(),
                handle: handle.clone(),
                budget,
                hooks: hooks.clone(),
                alive: workers.alive.clone(),
                left: Cell::new(false),
            };
            match worker.start() {
                Ok(thread) => workers.threads.push(thread),
                Err(error) => {
                    workers.stop(None);
                    return Err(error);
                }
            }
        }
        Ok(workers)
    }

    /// Stops the threads, each after the poll it is in, and joins them. Gives how many are still in
    /// a poll at `end` (`None`: it waits as long as it takes): they are left to themselves.
    pub(crate) fn stop(self, end: Option<Instant>) -> usize {
        self.stop.stopped.store(true, Ordering::Release);
        self.stop.event.notify(usize::MAX);
        let left = self.alive.wait_for_busy(end);
        if left == 0 {
            for thread in self.threads {
                // A worker has no panic of its own: those of tasks are caught.
                let _ = thread.join();
            }
        }
        left
    }
}

/// A thread counts as alive for as long as this is.
struct Alive(Threads);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.stopped();
    }
}
