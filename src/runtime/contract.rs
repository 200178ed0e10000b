//! The contract, for code that is generic over loops.

use std::future::{Future, poll_fn};
use std::io;
use std::panic::Location;
use std::pin::pin;
use std::time::SystemTime;

use loop_api::blocking::Executor;
use loop_api::context::Entered;
use loop_api::time::{Instant, TestClock};
use loop_api::{Handle as LoopHandle, LocalError, Metrics, RunError, Shared};

use super::handle::{Handle, lent};
use crate::any::{self, each};
use crate::task::{JoinHandle, LocalJoinHandle};
use crate::time::Sleep;

impl LoopHandle for Handle {
    type Task<T: Send> = JoinHandle<T>;
    type LocalTask<T> = LocalJoinHandle<T>;
    type Sleep = Sleep;

    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        any::with_current(|current| match current {
            Some(handle) => f(Some(&handle.cloned())),
            None => f(None),
        })
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        Handle::within(self, f)
    }

    fn test_clock(&self) -> io::Result<&dyn TestClock> {
        each!(Handle; &self.0, h => h.test_clock())
    }

    fn metrics(&self) -> Metrics {
        each!(Handle; &self.0, h => h.metrics())
    }

    fn refuse(&self) {
        each!(Handle; &self.0, h => h.refuse());
    }

    fn enter_guard(&self) -> Entered<'_> {
        each!(Handle; &self.0, h => h.enter_guard())
    }

    #[inline]
    fn shared(&self) -> &Shared {
        each!(Handle; &self.0, h => h.shared())
    }

    fn spawn_from<F>(&self, caller: &'static Location<'static>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        JoinHandle(each!(Handle => Task as wrap; &self.0, h => wrap(h.spawn_from(caller, future))))
    }

    fn try_spawn_local_from<F>(
        &self,
        caller: &'static Location<'static>,
        future: F,
    ) -> Result<LocalJoinHandle<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task: Result<any::LocalTask<_>, LocalError> = each!(Handle => LocalTask as wrap; &self.0, h => h.try_spawn_local_from(caller, future).map(wrap));
        task.map(LocalJoinHandle::new)
    }

    fn spawn_blocking_from<F, T>(&self, caller: &'static Location<'static>, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        JoinHandle(each!(Handle => Task as wrap; &self.0, h => wrap(h.spawn_blocking_from(caller, f))))
    }

    #[track_caller]
    fn run_in_executor<F, T>(&self, executor: &dyn Executor, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        JoinHandle(each!(Handle => Task as wrap; &self.0, h => wrap(h.run_in_executor(executor, f))))
    }

    #[inline]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::new(each!(Handle => Sleep as wrap; &self.0, h => wrap(h.sleep_until(deadline))))
    }

    fn try_current() -> Option<Self> {
        // What is lent where no loop runs is not a loop that the caller runs in.
        any::with_current(|current| current.map(|handle| handle.cloned()))
    }

    fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        let mut future = pin!(future);
        let future = poll_fn(|cx| lent(future.as_mut(), cx));
        each!(Handle; &self.0, h => h.try_block_on(future))
    }

    #[track_caller]
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        Handle::block_on(self, future)
    }

    #[inline]
    fn now(&self) -> Instant {
        each!(Handle; &self.0, h => h.now())
    }

    fn wall_clock(&self) -> SystemTime {
        each!(Handle; &self.0, h => h.wall_clock())
    }

    fn random_u64(&self) -> u64 {
        each!(Handle; &self.0, h => h.random_u64())
    }
}
