//! The threads of a loop's workers: how they start, and how another takes the place of one that a
//! task blocks.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use loop_api::budget;
use loop_toolkit::task::Runnable;

use crate::executor::{WorkerThreads, Workers, worker};
use crate::foreign::poll_task;
use crate::handle::NativeHandle;

/// Starts the worker threads of a loop.
pub(crate) fn start_workers(
    workers: &Arc<Workers>,
    handle: &NativeHandle,
) -> io::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    for index in 0..workers.count() {
        match start_worker(workers, handle, index) {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                workers.stop(threads, None);
                return Err(error);
            }
        }
    }
    Ok(threads)
}

/// Starts the thread of one worker, inside the foreign runtime if there is one.
pub(crate) fn start_worker(
    workers: &Arc<Workers>,
    handle: &NativeHandle,
    index: usize,
) -> io::Result<JoinHandle<()>> {
    let WorkerThreads { name, budget, hooks } = &workers.threads;
    let thread = hooks.thread(|| name.clone());
    let (own, budget, hooks) = (handle.clone(), *budget, hooks.clone());
    if handle.runtime_context().is_none() {
        let on_thread = move |run: &mut dyn FnMut()| {
            let _hooks = hooks.started();
            budget::lend(budget, || own.enter_loop(run));
        };
        return worker::start(workers, index, thread, on_thread, Runnable::poll);
    }
    let on_thread = move |run: &mut dyn FnMut()| {
        let _hooks = hooks.started();
        match own.runtime_context() {
            Some(runtime_context) => runtime_context.as_worker(&mut || own.enter_loop(&mut *run)),
            None => own.enter_loop(run),
        }
    };
    let of_tasks = handle.clone();
    worker::start(workers, index, thread, on_thread, move |task| poll_task(&of_tasks, task))
}

impl NativeHandle {
    /// Has a new thread take the place of this one, if it is one of the loop's workers: for a task
    /// that is about to block it. The old one ends after the poll that it is in. False on any other
    /// thread, and where none could be started: then the worker's place stays empty meanwhile.
    pub fn leave_worker(&self) -> bool {
        self.workers()
            .is_some_and(|workers| worker::leave(workers, |index| start_worker(workers, self, index)))
    }
}
