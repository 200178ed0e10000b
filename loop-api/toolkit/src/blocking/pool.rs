//! The pool: threads made on demand, a queue, and one lock over both.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::job;
use crate::hooks::{MAX_STACK_SIZE, ThreadHooks};
use crate::task::{JoinHandle, Runnable};
use loop_api::Handle;
use loop_api::blocking::{Executor, Job};
use loop_api::error::Refused;

/// A pool of threads for blocking jobs.
///
/// A job goes to a thread that is idle, or else to a new one as long as there are fewer than
/// [`max_threads`](Self::max_threads), or else it waits its turn. A thread with nothing to do for
/// the keep-alive time ends.
///
/// Clones are the same pool. When the last one is dropped the threads end once the queue is empty;
/// [`shutdown`](Self::shutdown) ends it at once.
///
/// ```
/// use std::time::Duration;
/// use loop_toolkit::Pool;
///
/// let pool = Pool::builder().max_threads(4).thread_name("files").build();
/// assert_eq!((pool.max_threads(), pool.threads()), (4, 0));
/// assert!(pool.shutdown(Some(Duration::from_secs(1))).is_ok());
/// ```
#[derive(Clone)]
pub struct Pool {
    owner: Arc<Owner>,
}

/// Makes a [`Pool`]: see [`Pool::builder`].
#[derive(Debug, Clone)]
#[must_use = "call `build()` to get the pool"]
pub struct PoolBuilder {
    max_threads: usize,
    keep_alive: Duration,
    thread_name: String,
    stack_size: Option<usize>,
    hooks: ThreadHooks,
}

/// What the users of a pool share. The threads do not, so its drop tells that there are no users
/// left.
struct Owner {
    inner: Arc<Inner>,
}

struct Inner {
    config: PoolBuilder,
    state: Mutex<State>,
    /// Something for an idle thread to do.
    work: Condvar,
    /// A thread has ended, after the pool was closed.
    ended: Condvar,
    /// A number for the next thread's name.
    next: AtomicUsize,
}

/// A job in the queue: a loop's own as it is, so that it costs no box, or one that came through
/// [`Executor`].
enum Queued {
    Task(Runnable),
    Job(Job),
}

impl Queued {
    fn run(self) {
        match self {
            Queued::Task(task) => task.run(),
            Queued::Job(job) => job.run(),
        }
    }
}

#[derive(Default)]
struct State {
    queue: VecDeque<Queued>,
    /// Those that were started and have not ended.
    threads: usize,
    /// Those of them that have not looked at the queue yet. Each will take a job.
    starting: usize,
    /// Those of them that wait for work. Each that is woken will take a job, if there is one.
    idle: usize,
    /// Those of them that run a job.
    running: usize,
    closed: bool,
    /// To be joined. Those that have ended are joined whenever another one is started.
    handles: Vec<thread::JoinHandle<()>>,
}

thread_local! {
    /// The pool whose thread this is, by its address.
    static WORKS_FOR: Cell<Option<usize>> = const { Cell::new(None) };
}

impl PoolBuilder {
    /// How many threads there may be, at least one; 512 by default.
    pub fn max_threads(mut self, max_threads: usize) -> Self {
        self.max_threads = max_threads.max(1);
        self
    }

    /// How long a thread with nothing to do is kept; 10 s by default.
    pub fn keep_alive(mut self, keep_alive: Duration) -> Self {
        self.keep_alive = keep_alive;
        self
    }

    /// What the threads' names begin with; a number follows. `anyloop-blocking` by default. A zero
    /// byte is left out.
    pub fn thread_name(mut self, prefix: impl Into<String>) -> Self {
        self.thread_name = prefix.into();
        self
    }

    /// How many bytes of stack each thread gets; by default what std gives a thread.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes.min(MAX_STACK_SIZE));
        self
    }

    /// What each thread calls when it starts and before it ends.
    pub fn hooks(mut self, hooks: ThreadHooks) -> Self {
        self.hooks = hooks;
        self
    }

    /// The pool. It starts no thread yet.
    pub fn build(self) -> Pool {
        let inner = Inner {
            config: self,
            state: Mutex::default(),
            work: Condvar::new(),
            ended: Condvar::new(),
            next: AtomicUsize::new(0),
        };
        Pool { owner: Arc::new(Owner { inner: Arc::new(inner) }) }
    }
}

impl Pool {
    /// A pool with the defaults.
    pub fn new() -> Self {
        Pool::builder().build()
    }

    /// A pool with other limits or names.
    pub fn builder() -> PoolBuilder {
        PoolBuilder {
            max_threads: 512,
            keep_alive: Duration::from_secs(10),
            thread_name: "anyloop-blocking".to_owned(),
            stack_size: None,
            hooks: ThreadHooks::default(),
        }
    }

    /// Whether a job runs, or waits for its turn.
    pub fn is_busy(&self) -> bool {
        let state = self.inner().lock();
        state.running > 0 || !state.queue.is_empty()
    }

    /// Runs `f` as a job of `handle`'s loop: see [`run_in`](super::run_in).
    #[track_caller]
    pub fn spawn_blocking<F, T, H>(&self, handle: &H, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
        H: Handle,
    {
        self.spawn_blocking_from(handle, Location::caller(), f)
    }

    pub(super) fn spawn_blocking_from<F, T, H>(
        &self,
        handle: &H,
        caller: &'static Location<'static>,
        f: F,
    ) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
        H: Handle,
    {
        let (runnable, join) = job(handle, caller, f);
        match self.inner().submit(Queued::Task(runnable)) {
            Ok(()) => join,
            Err(refused) => JoinHandle::refused(refused),
        }
    }

    /// How many jobs run at once at most.
    pub fn max_threads(&self) -> usize {
        self.inner().config.max_threads
    }

    /// How many threads there are now.
    pub fn threads(&self) -> usize {
        self.inner().lock().threads
    }

    /// How many jobs are running now.
    pub fn running(&self) -> usize {
        self.inner().lock().running
    }

    /// How many jobs wait for a thread; jobs that were aborted count until their turn comes.
    pub fn queued(&self) -> usize {
        self.inner().lock().queue.len()
    }

    /// Ends the pool: new jobs are refused, those in the queue are cancelled, and the threads are
    /// joined, for at most `timeout` (`None`: as long as it takes). Idempotent, and can be called
    /// again to wait on.
    ///
    /// Called from one of the pool's own jobs, it does not wait for that one.
    ///
    /// # Errors
    ///
    /// The number of jobs that still run when the time is over. Their threads are left to
    /// themselves, and end with them.
    pub fn shutdown(&self, timeout: Option<Duration>) -> Result<(), usize> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let inner = self.inner();
        let mut state = inner.lock();
        state.closed = true;
        let queue = std::mem::take(&mut state.queue);
        inner.work.notify_all();
        drop(state);
        // Not under the lock: what the closures captured may do anything in its drop.
        drop(queue);

        let own = usize::from(WORKS_FOR.get() == Some(inner.address()));
        let mut state = inner.lock();
        while state.threads > own {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                Some(Duration::ZERO) if state.running > own => return Err(state.running - own),
                // A thread without a job ends by itself: no limit is needed.
                None | Some(Duration::ZERO) => {
                    inner.ended.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner())
                }
                Some(left) => {
                    let waited = inner.ended.wait_timeout(state, left);
                    waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0
                }
            };
        }
        if own == 0 {
            let handles = std::mem::take(&mut state.handles);
            drop(state);
            // They have nothing left to do but to return.
            handles.into_iter().for_each(join);
        }
        Ok(())
    }

    fn inner(&self) -> &Arc<Inner> {
        &self.owner.inner
    }
}

/// A pool's thread does not panic; if it did, std has said so on standard error.
fn join(handle: thread::JoinHandle<()>) {
    let _ = handle.join();
}

impl Executor for Pool {
    fn execute(&self, job: Job) -> Result<(), Refused> {
        self.inner().submit(Queued::Job(job))
    }

    fn max_threads(&self) -> Option<usize> {
        Some(self.max_threads())
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn submit(self: &Arc<Self>, job: Queued) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.closed {
            // Before the job, whose drop may do anything.
            drop(state);
            return Err(Refused::Closed);
        }
        state.queue.push_back(job);
        if state.queue.len() <= state.idle + state.starting {
            // Each of those takes one.
            self.work.notify_one();
        } else if state.threads < self.config.max_threads {
            let ended = extract_ended(&mut state.handles);
            let started = self.start(&mut state);
            let refused = match started {
                // The job waits for a thread that there is.
                Err(_) if state.threads > 0 => None,
                Err(error) => state.queue.pop_back().zip(Some(error)),
                Ok(()) => None,
            };
            drop(state);
            ended.into_iter().for_each(join);
            if let Some((job, error)) = refused {
                drop(job);
                return Err(Refused::NoThread(error.kind()));
            }
        }
        Ok(())
    }

    /// Starts a thread, with the lock held: so no job counts on a thread that could not be started.
    fn start(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let inner = Arc::clone(self);
        let name = || format!("{}-{number}", self.config.thread_name);
        let mut builder = self.config.hooks.thread(name);
        if let Some(bytes) = self.config.stack_size {
            builder = builder.stack_size(bytes);
        }
        let thread = builder.spawn(move || {
            let _hooks = inner.config.hooks.started();
            inner.work();
        })?;
        state.threads += 1;
        state.starting += 1;
        state.handles.push(thread);
        Ok(())
    }

    /// A thread's life.
    fn work(&self) {
        WORKS_FOR.set(Some(self.address()));
        let mut state = self.lock();
        state.starting -= 1;
        loop {
            if let Some(job) = state.queue.pop_front() {
                state.running += 1;
                drop(state);
                // Panics of the job are in its output. One from elsewhere, such as a handle's
                // `enter`, must not cost the pool a thread.
                std::mem::forget(catch_unwind(AssertUnwindSafe(|| job.run())));
                state = self.lock();
                state.running -= 1;
                continue;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let waited = self.work.wait_timeout(state, self.config.keep_alive);
            let (guard, waited) = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
            state = guard;
            state.idle -= 1;
            if waited.timed_out() && state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
        self.ended.notify_all();
    }
}

/// Takes out the threads that have ended.
fn extract_ended(handles: &mut Vec<thread::JoinHandle<()>>) -> Vec<thread::JoinHandle<()>> {
    let (ended, alive) = std::mem::take(handles).into_iter().partition(thread::JoinHandle::is_finished);
    *handles = alive;
    ended
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.inner.lock().closed = true;
        self.inner.work.notify_all();
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.inner().lock();
        f.debug_struct("Pool")
            .field("threads", &state.threads)
            .field("running", &state.running)
            .field("queued", &state.queue.len())
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}
