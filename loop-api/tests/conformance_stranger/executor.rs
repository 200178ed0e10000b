//! A queue of tasks, a map of timers, and a condition variable to sleep on.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use loop_api::context::Scoped;
use loop_api::shared::{Exception, ExceptionKind};
use loop_api::time::Instant;
use loop_api::toolkit::{Guarded, guard_blocking};
use loop_api::{EventLoop, JoinError, LocalError, RunError, Shared};

use crate::tasks::{Abort, Nobody, Task};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;
type LocalWork = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static CURRENT: Scoped<Handle> = const { Scoped::new() };
    /// The futures that may not leave this thread, by their task's number.
    static LOCAL: RefCell<HashMap<u64, LocalWork>> = RefCell::new(HashMap::new());
}

/// What the loop and its handles share.
struct Inner {
    shared: Shared,
    ready: Mutex<VecDeque<Arc<Job>>>,
    wake: Condvar,
    jobs: Mutex<BTreeMap<u64, Arc<Job>>>,
    timers: Mutex<BTreeMap<(Instant, u64), Waker>>,
    blocking: Mutex<Vec<JoinHandle<()>>>,
}

/// A spawned task. Its future is here, or in `LOCAL`, or done.
struct Job {
    number: u64,
    inner: Weak<Inner>,
    queued: AtomicBool,
    work: Mutex<Option<Work>>,
    abort: Mutex<Option<Abort>>,
}

fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Wake for Job {
    fn wake(self: Arc<Self>) {
        let Some(inner) = self.inner.upgrade() else { return };
        if !self.queued.swap(true, Ordering::SeqCst) {
            inner.ready.lock().unwrap().push_back(self);
            inner.wake.notify_one();
        }
    }
}

impl Job {
    fn run(self: Arc<Self>, inner: &Inner) {
        self.queued.store(false, Ordering::SeqCst);
        let asked =
            self.abort.lock().unwrap().as_ref().is_some_and(|abort| abort.asked.load(Ordering::SeqCst));
        if asked {
            return self.end(inner);
        }
        let waker = Waker::from(self.clone());
        let mut cx = Context::from_waker(&waker);
        let work = self.work.lock().unwrap().take();
        let done = if let Some(mut work) = work {
            let done = work.as_mut().poll(&mut cx).is_ready();
            *self.work.lock().unwrap() = Some(work);
            done
        } else if let Some(mut work) = LOCAL.with_borrow_mut(|local| local.remove(&self.number)) {
            let done = work.as_mut().poll(&mut cx).is_ready();
            LOCAL.with_borrow_mut(|local| local.insert(self.number, work));
            done
        } else {
            return;
        };
        if done {
            self.end(inner);
        }
    }

    /// Drops the future.
    fn end(&self, inner: &Inner) {
        inner.jobs.lock().unwrap().remove(&self.number);
        drop(self.work.lock().unwrap().take());
        drop(LOCAL.with_borrow_mut(|local| local.remove(&self.number)));
        if let Some(abort) = self.abort.lock().unwrap().take() {
            abort.ended.store(true, Ordering::SeqCst);
        }
    }
}

pub(crate) struct Loop {
    handle: Handle,
}

#[derive(Clone)]
pub(crate) struct Handle {
    inner: Arc<Inner>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.shared.fmt(f)
    }
}

/// The main future's waker.
struct Main {
    woken: AtomicBool,
    inner: Arc<Inner>,
}

impl Wake for Main {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Under the lock, so that the loop is not between its look and its sleep.
        let _ready = self.inner.ready.lock().unwrap();
        self.woken.store(true, Ordering::SeqCst);
        self.inner.wake.notify_one();
    }
}

impl EventLoop for Loop {
    type Handle = Handle;

    fn new() -> io::Result<Loop> {
        let inner = Inner {
            shared: Shared::new("stranger"),
            ready: Mutex::default(),
            wake: Condvar::new(),
            jobs: Mutex::default(),
            timers: Mutex::default(),
            blocking: Mutex::default(),
        };
        Ok(Loop { handle: Handle { inner: Arc::new(inner) } })
    }

    fn handle(&self) -> &Handle {
        &self.handle
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let inner = &self.handle.inner;
        let main = Arc::new(Main { woken: AtomicBool::new(true), inner: inner.clone() });
        let waker = Waker::from(main.clone());
        let mut future = pin!(future);
        CURRENT.with(|current| {
            current.set(&self.handle, || {
                loop {
                    if main.woken.swap(false, Ordering::SeqCst) {
                        let mut cx = Context::from_waker(&waker);
                        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                            return Ok(output);
                        }
                    }
                    let turn = inner.ready.lock().unwrap().len();
                    for _ in 0..turn {
                        let Some(job) = inner.ready.lock().unwrap().pop_front() else { break };
                        job.run(inner);
                    }
                    inner.fire();
                    inner.rest(&main.woken);
                }
            })
        })
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        let inner = &self.handle.inner;
        inner.shared.close();
        CURRENT.with(|current| {
            current.set(&self.handle, || {
                while let Some((_, job)) = { inner.jobs.lock().unwrap().pop_first() } {
                    job.end(inner);
                }
            });
        });
        inner.timers.lock().unwrap().clear();
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        for job in std::mem::take(&mut *inner.blocking.lock().unwrap()) {
            while deadline.is_some_and(|deadline| Instant::now() < deadline) && !job.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
            if deadline.is_none() || job.is_finished() {
                // Its panic was caught inside.
                let _ = job.join();
            } else {
                inner.shared.report(&Exception::new(ExceptionKind::Blocking, "outlives its loop", None));
            }
        }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        self.shutdown(None);
    }
}

impl Inner {
    /// Wakes those whose time has come, in order.
    fn fire(&self) {
        let now = Instant::now();
        loop {
            let mut timers = self.timers.lock().unwrap();
            match timers.first_entry() {
                Some(first) if first.key().0 <= now => {
                    let waker = first.remove();
                    drop(timers);
                    waker.wake();
                }
                _ => return,
            }
        }
    }

    /// Sleeps until there is something to do.
    fn rest(&self, woken: &AtomicBool) {
        let ready = self.ready.lock().unwrap();
        if !ready.is_empty() || woken.load(Ordering::SeqCst) {
            return;
        }
        let first = self.timers.lock().unwrap().first_key_value().map(|(key, _)| key.0);
        match first {
            Some(first) => drop(self.wake.wait_timeout(ready, first.duration_since(Instant::now())).unwrap()),
            None => drop(self.wake.wait(ready).unwrap()),
        }
    }
}

impl Handle {
    fn job(&self) -> (Arc<Job>, Abort) {
        let job = Arc::new(Job {
            number: number(),
            inner: Arc::downgrade(&self.inner),
            queued: AtomicBool::new(false),
            work: Mutex::default(),
            abort: Mutex::default(),
        });
        let abort = Abort::new(Waker::from(job.clone()));
        *job.abort.lock().unwrap() = Some(abort.clone());
        (job, abort)
    }

    /// Starts a job that has its future, unless the loop was closed meanwhile.
    fn start(&self, job: Arc<Job>) -> bool {
        self.inner.jobs.lock().unwrap().insert(job.number, job.clone());
        if self.inner.shared.is_closed() {
            job.end(&self.inner);
            return false;
        }
        job.wake();
        true
    }
}

impl loop_api::Handle for Handle {
    type Task<T: Send + 'static> = Task<T>;
    type LocalTask<T: 'static> = Task<T>;
    type Sleep = Sleep;

    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        CURRENT.with(|current| current.with(f))
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        CURRENT.with(|current| current.set(self, f))
    }

    fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    #[track_caller]
    fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (job, abort) = self.job();
        let (task, ending) = Task::new(abort);
        if self.inner.shared.is_closed() {
            ending.set(Err(JoinError::Closed));
            return task;
        }
        let guarded = Guarded::<F, Handle>::new(future);
        *job.work.lock().unwrap() = Some(Box::pin(async move { ending.set(Ok(guarded.await)) }));
        self.start(job);
        task
    }

    #[track_caller]
    fn try_spawn_local<F>(&self, future: F) -> Result<Task<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        if self.inner.shared.is_closed() {
            return Err(LocalError::Closed);
        }
        if !self.inner.shared.is_loop_thread() {
            return Err(LocalError::NotLoopThread);
        }
        let (job, abort) = self.job();
        let (task, ending) = Task::new(abort);
        let guarded = Guarded::<F, Handle>::new(future);
        let work = Box::pin(async move { ending.set(Ok(guarded.await)) });
        LOCAL.with_borrow_mut(|local| local.insert(job.number, work));
        if self.start(job) { Ok(task) } else { Err(LocalError::Closed) }
    }

    #[track_caller]
    fn spawn_blocking<F, T>(&self, f: F) -> Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let location = Location::caller();
        let abort = Abort::new(Waker::from(Arc::new(Nobody)));
        let (task, ending) = Task::new(abort.clone());
        if self.inner.shared.is_closed() {
            ending.set(Err(JoinError::Closed));
            return task;
        }
        let handle = self.clone();
        let job = move || {
            loop_api::Handle::enter(&handle, || {
                if abort.asked.load(Ordering::SeqCst) {
                    drop(ending);
                } else {
                    ending.set(Ok(guard_blocking(f, location)));
                }
                abort.ended.store(true, Ordering::SeqCst);
            });
        };
        self.inner.blocking.lock().unwrap().push(
            thread::Builder::new().name("stranger".into()).spawn(job).expect("a thread for a blocking job"),
        );
        task
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep { deadline, key: None, inner: self.inner.clone() }
    }
}

pub(crate) struct Sleep {
    deadline: Instant,
    key: Option<(Instant, u64)>,
    inner: Arc<Inner>,
}

impl Sleep {
    fn forget(&mut self) -> Option<Waker> {
        let key = self.key.take()?;
        self.inner.timers.lock().unwrap().remove(&key)
    }

    /// Registers the timer, or gives it another waker.
    fn register(&mut self, waker: Waker) {
        let key = *self.key.get_or_insert_with(|| (self.deadline, number()));
        self.inner.timers.lock().unwrap().insert(key, waker);
        // The loop may be asleep until a later timer.
        drop(self.inner.ready.lock().unwrap());
        self.inner.wake.notify_one();
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        // Due at once still means the next turn: the timer is registered at least once.
        if self.key.is_some() && Instant::now() >= deadline {
            self.forget();
            return Poll::Ready(());
        }
        self.register(cx.waker().clone());
        Poll::Pending
    }
}

impl loop_api::time::Sleep for Sleep {
    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn is_elapsed(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        let waker = self.forget();
        self.deadline = deadline;
        if let Some(waker) = waker {
            self.register(waker);
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget();
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sleep").field(&self.deadline).finish()
    }
}
