//! Where the tasks of a host go when they can run.

use std::future::Future;
use std::panic::Location;

use loop_toolkit::CatchUnwind;
use loop_toolkit::task::{JoinHandle, Runnable, Schedule, TaskSet};

use crate::core::lock;
use crate::state::{Item, SimHandle};

struct Queue {
    host: SimHandle,
    task: u64,
    spawned: &'static Location<'static>,
}

impl Queue {
    fn schedule(host: &SimHandle, task: u64, runnable: Runnable, spawned: &'static Location<'static>) {
        if host.0.shared.is_closed() {
            // Not dropped here: the one that wakes may hold a lock that the future's own drop takes.
            lock(&host.0.world.graves).push(runnable);
        } else {
            host.0.world.push(task, Item::Task(host.clone(), runnable), Some(spawned));
        }
    }
}

impl Schedule for Queue {
    fn schedule(&self, task: Runnable) {
        Queue::schedule(&self.host, self.task, task, self.spawned);
    }

    fn within(&self, f: &mut dyn FnMut()) {
        loop_api::Handle::enter(&self.host, f);
    }

    fn tasks(&self) -> Option<&TaskSet> {
        Some(&self.host.0.tasks)
    }
}

/// Starts a task on a host.
pub(crate) fn spawn<F>(
    host: &SimHandle,
    caller: &'static Location<'static>,
    future: F,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let task = host.0.world.core.number();
    let queue = Queue { host: host.clone(), task, spawned: caller };
    let (runnable, join) = host.0.tasks.spawn(CatchUnwind::<F, SimHandle>::new(caller, future), queue);
    if let Some(runnable) = runnable {
        Queue::schedule(host, task, runnable, caller);
    }
    join
}
