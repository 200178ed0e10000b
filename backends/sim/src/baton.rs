//! Blocking jobs run on threads of their own, but one at a time with the world: the one that has
//! the baton runs, the others wait.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::core::lock;
use crate::interpose;

thread_local! {
    /// The baton of the job that this thread runs.
    static MINE: RefCell<Option<Arc<Baton>>> = const { RefCell::new(None) };
}

/// The baton of the job that the calling thread runs, if it runs one.
pub(crate) fn current() -> Option<Arc<Baton>> {
    MINE.try_with(|mine| mine.borrow().clone()).ok().flatten()
}

/// Whether the calling thread runs a job.
pub(crate) fn is_job() -> bool {
    MINE.try_with(|mine| mine.borrow().is_some()).unwrap_or(false)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Has {
    World,
    Job,
    /// The job has ended, and gave it back for good.
    Done,
}

/// The baton between the world and one job.
#[derive(Debug)]
pub(crate) struct Baton {
    has: Mutex<Has>,
    changed: Condvar,
    /// Where the job was spawned.
    pub(crate) spawned: &'static Location<'static>,
}

/// How the baton came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Back {
    /// The job waits for the world, or is done.
    Given,
    /// It did not: the job waits for something outside of the world.
    Kept,
}

impl Baton {
    pub(crate) fn new(spawned: &'static Location<'static>) -> Baton {
        Baton { has: Mutex::new(Has::World), changed: Condvar::new(), spawned }
    }

    /// Whether the job has ended.
    pub(crate) fn is_done(&self) -> bool {
        *lock(&self.has) == Has::Done
    }

    /// The world hands it to the job, and waits until it comes back; for at most `patience`.
    pub(crate) fn lend(&self, patience: Duration) -> Back {
        interpose::real(|| self.lend_for(patience))
    }

    fn lend_for(&self, patience: Duration) -> Back {
        let mut has = lock(&self.has);
        if *has == Has::Done {
            return Back::Given;
        }
        *has = Has::Job;
        self.changed.notify_all();
        let start = Instant::now();
        while *has == Has::Job {
            let Some(left) = patience.checked_sub(start.elapsed()) else { return Back::Kept };
            has = match self.changed.wait_timeout(has, left) {
                Ok((has, _)) => has,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        Back::Given
    }

    fn wait(&self, mut has: std::sync::MutexGuard<'_, Has>) {
        while *has == Has::World {
            has = self.changed.wait(has).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    /// The job gives it back, and waits to have it again.
    pub(crate) fn give_back(&self) {
        let mut has = lock(&self.has);
        *has = Has::World;
        self.changed.notify_all();
        self.wait(has);
    }

    /// The world has ended: the job goes on without it.
    pub(crate) fn release(&self) {
        let mut has = lock(&self.has);
        if *has == Has::World {
            *has = Has::Job;
        }
        self.changed.notify_all();
    }

    /// What a job's thread does: waits for its first turn, runs, and gives the baton back.
    pub(crate) fn run(self: &Arc<Self>, job: impl FnOnce()) {
        /// Also when the job unwinds.
        struct Ends<'a>(&'a Arc<Baton>);
        impl Drop for Ends<'_> {
            fn drop(&mut self) {
                MINE.set(None);
                *lock(&self.0.has) = Has::Done;
                self.0.changed.notify_all();
            }
        }
        self.wait(lock(&self.has));
        MINE.set(Some(self.clone()));
        let _ends = Ends(self);
        job();
    }
}
