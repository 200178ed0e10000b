//! Blocking jobs: each on a thread of its own, with the baton.

use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Release};
use std::task::{Context, Poll, Wake, Waker};

use loop_api::blocking::{Executor, Job};
use loop_api::shared::{Exception, ExceptionKind};
use loop_api::{Refused, RunError};
use loop_toolkit::Pool;

use crate::baton::{self, Baton};
use crate::core::lock;
use crate::current;
use crate::state::{Inner, Item, JobThread, SimHandle};

/// What `spawn_blocking` of a host runs its jobs on.
pub(crate) struct Jobs {
    pub(crate) host: SimHandle,
    pub(crate) spawned: &'static Location<'static>,
}

impl Executor for Jobs {
    fn execute(&self, job: Job) -> Result<(), Refused> {
        let host = &self.host;
        if host.0.shared.is_closed() {
            return Err(Refused::Closed);
        }
        let world = &host.0.world;
        if let Some(pool) = &world.pool {
            return beside(pool, host, job);
        }
        let (task, baton) = (world.core.number(), Arc::new(Baton::new(self.spawned)));
        let (inner, here) = (host.clone(), baton.clone());
        let thread = std::thread::Builder::new().name("anyloop-blocking".into()).spawn(move || {
            here.run(|| {
                current::follow(&inner.0.world);
                // A job that had no turn before its host closed does not run.
                let context = inner.0.world.foreign.get().cloned();
                let _entered = context.as_ref().map(|context| context.enter());
                if inner.0.shared.is_closed() {
                    drop(job)
                } else {
                    job.run()
                }
                current::unfollow(&inner.0.world);
                drop(inner);
            });
        });
        match thread {
            Ok(thread) => {
                keep(world, JobThread { thread, host: host.0.id, baton: baton.clone() });
                world.push(task, Item::Job(host.clone(), baton), Some(self.spawned));
                Ok(())
            }
            Err(error) => {
                let message = format!("no thread for a blocking job: {error}");
                host.0.shared.report(&Exception::new(ExceptionKind::Blocking, message, Some(self.spawned)));
                Err(Refused::NoThread(error.kind()))
            }
        }
    }
}

/// Keeps a thread, to be waited for when the world ends, and lets go of those that have ended: a thread
/// that is not joined keeps its stack.
fn keep(world: &Inner, job: JobThread) {
    let mut jobs = lock(&world.jobs);
    if jobs.len() == jobs.capacity() {
        jobs.retain(|job| !job.thread.is_finished());
    }
    jobs.push(job);
}

/// Runs a job beside the world, where real threads take part. Time does not jump meanwhile.
fn beside(pool: &Pool, host: &SimHandle, job: Job) -> Result<(), Refused> {
    struct Busy(SimHandle);
    impl Drop for Busy {
        fn drop(&mut self) {
            let world = &self.0.0.world;
            world.busy.fetch_sub(1, AcqRel);
            world.wake.notify_one();
        }
    }
    host.0.world.busy.fetch_add(1, AcqRel);
    let busy = Busy(host.clone());
    pool.execute(Job::new(move || {
        current::follow(&busy.0.0.world);
        job.run();
        current::unfollow(&busy.0.0.world);
    }))
}

/// Makes a job ready that waits in `block_on`.
struct Turn {
    host: SimHandle,
    baton: Arc<Baton>,
    task: u64,
    woken: AtomicBool,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        if !self.woken.swap(true, AcqRel) {
            let item = Item::Job(self.host.clone(), self.baton.clone());
            self.host.0.world.push(self.task, item, Some(self.baton.spawned));
        }
    }
}

/// Waits for a future in a job: the world goes on meanwhile. `None` outside of a job, which gives
/// the future back.
pub(crate) fn block_on<F: Future>(host: &SimHandle, future: F) -> Result<Result<F::Output, RunError>, F> {
    let Some(baton) = baton::current() else { return Err(future) };
    let task = host.0.world.core.number();
    let turn =
        Arc::new(Turn { host: host.clone(), baton: baton.clone(), task, woken: AtomicBool::new(false) });
    let waker = Waker::from(turn.clone());
    let mut future = pin!(host.0.shared.until_closed(future));
    loop {
        turn.woken.store(false, Release);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Ok(output);
        }
        baton.give_back();
    }
}
