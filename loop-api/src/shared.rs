//! The part of a loop that is the same for every backend.

use std::fmt;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{OnceLock, RwLock};
use std::task::Waker;
use std::time::Duration;

use crate::blocking::Executor;
use crate::callback::Queue;
use crate::context;
use crate::error::Panic;

mod closing;
mod exception;
mod here;
mod idle;
pub use closing::EndWaiter;
pub use exception::{Exception, ExceptionHandler, ExceptionKind, write_report};
pub(crate) use here::register_kind;
pub use here::report_to_current;
pub use idle::IdleWatch;

/// Whether any loop in this process wants to be told of slow polls: until then a poll costs one
/// load for it.
static TIME_POLLS: AtomicBool = AtomicBool::new(false);

/// Whether polls of tasks are to be timed.
#[inline]
pub fn polls_are_timed() -> bool {
    TIME_POLLS.load(Ordering::Relaxed)
}

/// A number that no loop has, nor will have.
pub fn next_id() -> NonZeroU64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // 2^64 loops are not reached.
    NonZeroU64::new(NEXT.fetch_add(1, Ordering::Relaxed)).unwrap_or(NonZeroU64::MAX)
}

/// What every loop has beside its executor: the callback queue, the exception handler, and its
/// state. A backend keeps one where all its handles reach it, and gives it out by
/// [`Handle::shared`](crate::Handle::shared).
pub struct Shared {
    backend: &'static str,
    id: NonZeroU64,
    name: OnceLock<String>,
    closed: AtomicBool,
    /// The [`context::thread_id`] of the thread inside `block_on`, or zero.
    thread: AtomicU64,
    /// The [`context::thread_id`] of the thread that alone can run the loop, or zero.
    home: AtomicU64,
    /// How often the loop was run.
    runs: AtomicU64,
    /// Whether a host has run it turn by turn.
    by_turns: AtomicBool,
    /// Whether callbacks need a pump task, because `block_on` is not called on this loop: it was
    /// adopted.
    adopted: bool,
    /// Nanoseconds; zero is off.
    slow_callback: AtomicU64,
    handler: RwLock<Option<ExceptionHandler>>,
    executor: RwLock<Option<Arc<dyn Executor>>>,
    closing: closing::Closing,
    pub(crate) callbacks: Queue,
}

impl Shared {
    /// For a loop that is run by its owner. `backend` is the name users know it by, such as
    /// `"native"`.
    pub fn new(backend: &'static str) -> Shared {
        Shared {
            backend,
            id: next_id(),
            name: OnceLock::new(),
            closed: AtomicBool::new(false),
            thread: AtomicU64::new(0),
            home: AtomicU64::new(0),
            runs: AtomicU64::new(0),
            by_turns: AtomicBool::new(false),
            adopted: false,
            slow_callback: AtomicU64::new(0),
            handler: RwLock::new(None),
            executor: RwLock::new(None),
            closing: closing::Closing::default(),
            callbacks: Queue::default(),
        }
    }

    /// For a runtime that was running already and is not ours: its callbacks run in a task,
    /// [`callback::run_adopted`](crate::callback::run_adopted).
    pub fn adopted(backend: &'static str) -> Shared {
        Shared { adopted: true, ..Shared::new(backend) }
    }

    /// The backend's name.
    pub fn backend(&self) -> &'static str {
        self.backend
    }

    /// A number for the loop, never used twice in a process.
    pub fn id(&self) -> NonZeroU64 {
        self.id
    }

    /// The name that the program gave the loop.
    pub fn name(&self) -> Option<&str> {
        self.name.get().map(String::as_str)
    }

    /// Names the loop, once.
    pub fn set_name(&self, name: String) {
        let _once = self.name.set(name);
    }

    /// Whether the loop was running before it was asked, and is not ours to end.
    pub fn is_adopted(&self) -> bool {
        self.adopted
    }

    /// Whether the loop has ended.
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether some thread is inside the loop's `block_on`, or the loop is adopted and so runs
    /// elsewhere.
    pub fn is_running(&self) -> bool {
        self.adopted || self.thread.load(Ordering::Acquire) != 0
    }

    /// Whether this thread is inside the loop's `block_on` or turn.
    #[inline]
    pub fn is_loop_thread(&self) -> bool {
        self.thread.load(Ordering::Acquire) == context::thread_id().get()
    }

    /// Marks the loop as running on this thread until the guard is dropped. `try_block_on` does it
    /// by itself.
    pub fn running(&self) -> RunningOn<'_> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let before = self.thread.swap(context::thread_id().get(), Ordering::AcqRel);
        RunningOn { shared: self, before }
    }

    /// Whether a host has run it turn by turn, and so knows of its idle time.
    pub fn is_turned(&self) -> bool {
        self.by_turns.load(Ordering::Relaxed)
    }

    /// As [`running`](Self::running), for backends with a `turn`.
    pub fn turning(&self) -> RunningOn<'_> {
        self.by_turns.store(true, Ordering::Relaxed);
        self.running()
    }

    /// Marks the loop as closed on any thread, and wakes those who wait for it on other threads:
    /// the loop's own thread is about to call [`close`](Self::close). For backends, in
    /// [`Handle::refuse`](crate::Handle::refuse).
    pub fn refuse(&self) {
        self.closed.store(true, Ordering::Release);
        self.callbacks.refuse();
        self.closing.wake_all();
    }

    /// Marks the loop as closed, wakes those who wait for it on other threads, and drops its
    /// pending callbacks without running them. For backends: first thing in `shutdown`, inside
    /// [`Handle::enter`](crate::Handle::enter), so that what the callbacks captured finds the loop
    /// when it is dropped. A panic of such a destructor goes to the exception handler. Gives false
    /// if it was closed already.
    pub fn close(&self) -> bool {
        let first = !self.closed.swap(true, Ordering::AcqRel);
        self.closing.wake_all();
        self.callbacks.close(|job, payload| {
            self.report(&Exception::panicked(job.kind(), Panic::new(payload), Some(job.location())));
        });
        first
    }

    /// Does one step of ending a loop. Its panic, such as that of a destructor, goes to the
    /// exception handler, so that the next step is done. For backends, in `shutdown`.
    pub fn end_step(&self, step: impl FnOnce()) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(step)) {
            self.report(&Exception::panicked(ExceptionKind::Task, Panic::new(payload), None));
        }
    }

    /// Whether callbacks wait to be run or timed, or are registered for I/O. For backends that tell
    /// a deadlock.
    pub fn has_callbacks(&self) -> bool {
        self.callbacks.is_busy()
    }

    /// How many clones of `waker` the loop's own pump keeps while it is idle: those do not mean
    /// that it will be woken. For backends that tell a deadlock.
    pub fn callback_wakers(&self, waker: &Waker) -> usize {
        // One in the queue, and one by which the pump knows it again.
        if self.callbacks.has_waker(waker) { 2 } else { 0 }
    }

    /// Sets what is told of panics that are not awaited and of slow callbacks, and gives what was
    /// told before; `None` is the default, which writes a line to standard error. A handler that
    /// panics is reported to standard error, and does no harm.
    pub fn set_exception_handler(&self, handler: Option<ExceptionHandler>) -> Option<ExceptionHandler> {
        let mut slot = self.handler.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        std::mem::replace(&mut *slot, handler)
    }

    /// The handler that was set, if one was.
    pub fn exception_handler(&self) -> Option<ExceptionHandler> {
        self.handler.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Has `spawn_blocking` run its jobs on another executor from now on, and gives the one before;
    /// `None` is the backend's own pool. The loop neither shuts it down nor waits for its jobs. For
    /// backends: `loop_toolkit::spawn_blocking` keeps to it.
    pub fn set_default_executor(&self, executor: Option<Arc<dyn Executor>>) -> Option<Arc<dyn Executor>> {
        let mut slot = self.executor.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        std::mem::replace(&mut *slot, executor)
    }

    /// The executor that was set, if one was.
    pub fn default_executor(&self) -> Option<Arc<dyn Executor>> {
        self.executor.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Tells the exception handler.
    pub fn report(&self, exception: &Exception) {
        exception::deliver(self.exception_handler(), exception);
    }

    /// Reports callbacks and task polls that keep the loop's thread longer than `threshold`; `None`
    /// is off, and costs nothing.
    pub fn set_slow_callback_duration(&self, threshold: Option<Duration>) {
        let nanos = threshold.map_or(0, |t| u64::try_from(t.as_nanos()).unwrap_or(u64::MAX).max(1));
        self.slow_callback.store(nanos, Ordering::Relaxed);
        if nanos != 0 {
            TIME_POLLS.store(true, Ordering::Relaxed);
        }
    }

    /// The threshold set by [`set_slow_callback_duration`](Self::set_slow_callback_duration).
    pub fn slow_callback_duration(&self) -> Option<Duration> {
        match self.slow_callback.load(Ordering::Relaxed) {
            0 => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("backend", &self.backend)
            .field("adopted", &self.adopted)
            .field("running", &self.is_running())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// The loop counts as running on this thread: see [`Shared::running`].
#[derive(Debug)]
#[must_use = "the loop counts as running only while this lives"]
pub struct RunningOn<'a> {
    shared: &'a Shared,
    before: u64,
}

impl Drop for RunningOn<'_> {
    fn drop(&mut self) {
        self.shared.thread.store(self.before, Ordering::Release);
    }
}

/// Tells the exception handler of `shared`, or standard error where there is no loop.
pub fn report(shared: Option<&Shared>, exception: &Exception) {
    match shared {
        Some(shared) => shared.report(exception),
        None => exception::deliver(None::<Arc<_>>, exception),
    }
}
