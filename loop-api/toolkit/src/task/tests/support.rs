//! An executor with nothing in it but a queue.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::super::{JoinHandle, Runnable, Schedule, TaskSet};
use crate::CatchUnwind;
use loop_api::Handle;
use loop_api::error::LocalError;
use loop_api::loom_shim::{Arc, Mutex};
use loop_api::shared::Shared;
use loop_api::time::{Instant, Sleep};

thread_local! {
    static CURRENT: loop_api::context::Scoped<TestHandle> = const { loop_api::context::Scoped::new() };
}

/// A handle that only carries the exception handler.
#[derive(Clone)]
pub(crate) struct TestHandle(pub(crate) std::sync::Arc<Shared>);

impl TestHandle {
    pub(crate) fn new() -> Self {
        TestHandle(std::sync::Arc::new(Shared::new("test")))
    }
}

impl fmt::Debug for TestHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestHandle")
    }
}

impl Handle for TestHandle {
    type Task<T: Send> = JoinHandle<T>;
    type LocalTask<T> = JoinHandle<T>;
    type Sleep = NoSleep;

    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        CURRENT.with(|slot| slot.with_current(f))
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        CURRENT.with(|slot| slot.set(self, f))
    }

    fn enter_guard(&self) -> loop_api::context::Entered<'_> {
        use loop_api::context::{Entered, Scoped};
        Entered::new(self.shared()).holding(Scoped::hold(&CURRENT, Some(self.clone())))
    }

    fn shared(&self) -> &Shared {
        &self.0
    }

    fn spawn_from<F>(&self, _: &'static Location<'static>, _: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        JoinHandle::closed()
    }

    fn try_spawn_local_from<F>(
        &self,
        _: &'static Location<'static>,
        _: F,
    ) -> Result<JoinHandle<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        Err(LocalError::Unsupported)
    }

    fn spawn_blocking_from<F, T>(&self, _: &'static Location<'static>, _: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        JoinHandle::closed()
    }

    fn run_in_executor<F, T>(&self, executor: &dyn loop_api::blocking::Executor, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        crate::run_in(executor, self, Location::caller(), f)
    }

    fn sleep_until(&self, deadline: Instant) -> NoSleep {
        NoSleep(deadline)
    }
}

#[derive(Debug)]
pub(crate) struct NoSleep(Instant);

impl Future for NoSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for NoSleep {
    fn deadline(&self) -> Instant {
        self.0
    }

    fn is_elapsed(&self) -> bool {
        false
    }

    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.0 = deadline;
    }
}

/// A queue and a set; one pointer in each task.
#[derive(Clone)]
pub(crate) struct Executor(Arc<Inner>);

struct Inner {
    queue: Mutex<VecDeque<Runnable>>,
    yielded: Mutex<usize>,
    tasks: TaskSet,
}

impl Schedule for Executor {
    fn schedule(&self, task: Runnable) {
        self.0.queue.lock().unwrap().push_back(task);
    }

    fn yield_now(&self, task: Runnable) {
        *self.0.yielded.lock().unwrap() += 1;
        self.schedule(task);
    }

    fn tasks(&self) -> Option<&TaskSet> {
        Some(&self.0.tasks)
    }
}

#[allow(dead_code, reason = "the models use a part of it")]
impl Executor {
    pub(crate) fn new() -> Self {
        Executor(Arc::new(Inner {
            queue: Mutex::new(VecDeque::new()),
            yielded: Mutex::new(0),
            tasks: TaskSet::new(),
        }))
    }

    pub(crate) fn set(&self) -> &TaskSet {
        &self.0.tasks
    }

    pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, join) =
            self.set().spawn(CatchUnwind::<_, TestHandle>::new(Location::caller(), future), self.clone());
        if let Some(task) = task {
            self.schedule(task);
        }
        join
    }

    /// For tests that keep the contract of `spawn_unchecked`: they run the executor on one thread.
    pub(crate) fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        // SAFETY: see above.
        #[allow(unsafe_code)]
        let (task, join) = unsafe {
            self.set()
                .spawn_unchecked(CatchUnwind::<_, TestHandle>::new(Location::caller(), future), self.clone())
        };
        if let Some(task) = task {
            self.schedule(task);
        }
        join
    }

    pub(crate) fn pop(&self) -> Option<Runnable> {
        self.0.queue.lock().unwrap().pop_front()
    }

    /// Runs one task, if there is one.
    pub(crate) fn step(&self) -> bool {
        self.pop().map(Runnable::run).is_some()
    }

    /// Runs until nothing is scheduled.
    pub(crate) fn run(&self) {
        while self.step() {}
    }

    pub(crate) fn scheduled(&self) -> usize {
        self.0.queue.lock().unwrap().len()
    }

    pub(crate) fn yielded(&self) -> usize {
        *self.0.yielded.lock().unwrap()
    }

    /// What a loop does when it is dropped.
    pub(crate) fn close(&self) {
        self.set().close();
        let left = std::mem::take(&mut *self.0.queue.lock().unwrap());
        drop(left);
    }
}

/// Counts how often it was dropped, on which thread, and panics if told to.
#[derive(Debug)]
#[allow(dead_code, reason = "the models do not use it")]
pub(crate) struct Dropped {
    pub(crate) count: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    pub(crate) panics: Cell<bool>,
}

#[allow(dead_code, reason = "the models do not use it")]
impl Dropped {
    pub(crate) fn new() -> (Self, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
        let count = std::sync::Arc::default();
        (Dropped { count: std::sync::Arc::clone(&count), panics: Cell::new(false) }, count)
    }

    pub(crate) fn panicking() -> (Self, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
        let (dropped, count) = Self::new();
        dropped.panics.set(true);
        (dropped, count)
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if self.panics.get() {
            panic!("dropped");
        }
    }
}
