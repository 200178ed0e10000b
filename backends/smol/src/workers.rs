//! The threads of a loop that runs on many.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use async_executor::Executor;
use event_listener::Event;
use loop_api::budget::{self, Budget};
use loop_api::{Handle, context};
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

impl Stop {
    async fn wait(&self) {
        while !self.stopped.load(Ordering::Acquire) {
            let listener = self.event.listen();
            // Once more, now that it would be heard.
            if self.stopped.load(Ordering::Acquire) {
                return;
            }
            listener.await;
        }
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
        for i in 0..n {
            let (stop, executor, handle) = (workers.stop.clone(), executor.clone(), handle.clone());
            let (alive, hooks) = (Alive(workers.alive.clone()), hooks.clone());
            let threads = hooks.clone();
            workers.alive.started();
            let thread = threads.thread(|| format!("anyloop-smol-{i}")).spawn(move || {
                let _alive = alive;
                let _hooks = hooks.started();
                let _running = context::enter_nested();
                match handle.runtime_context() {
                    None => budget::lend(budget, || handle.run(executor.run(stop.wait()))),
                    Some(runtime_context) => {
                        foreign::run_worker(runtime_context, &handle, &executor, stop.wait())
                    }
                }
                // The last one, if the loop did not wait for it: then the tasks go here.
                handle.enter(|| drop(executor));
            });
            match thread {
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
