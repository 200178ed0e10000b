//! The threads of a loop that runs on many.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use async_executor::Executor;
use event_listener::Event;
use loop_api::context;

use crate::handle::SmolHandle;
use crate::hosted;

/// Threads that run an executor until they are told to stop.
#[derive(Debug)]
pub(crate) struct Workers {
    stop: Arc<Stop>,
    threads: Vec<thread::JoinHandle<()>>,
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
    ) -> io::Result<Workers> {
        let mut workers = Workers { stop: Arc::default(), threads: Vec::with_capacity(n) };
        for i in 0..n {
            let (stop, executor, handle) = (workers.stop.clone(), executor.clone(), handle.clone());
            let thread = thread::Builder::new().name(format!("anyloop-smol-{i}")).spawn(move || {
                let _running = context::enter_nested();
                match handle.around() {
                    None => handle.run(executor.run(stop.wait())),
                    Some(around) => hosted::run_worker(around, &handle, &executor, stop.wait()),
                }
            });
            match thread {
                Ok(thread) => workers.threads.push(thread),
                Err(error) => {
                    workers.stop();
                    return Err(error);
                }
            }
        }
        Ok(workers)
    }

    /// Stops the threads, each after the poll it is in, and joins them.
    pub(crate) fn stop(&mut self) {
        self.stop.stopped.store(true, Ordering::Release);
        self.stop.event.notify(usize::MAX);
        for thread in self.threads.drain(..) {
            // A worker has no panic of its own: those of tasks are caught.
            let _ = thread.join();
        }
    }
}
