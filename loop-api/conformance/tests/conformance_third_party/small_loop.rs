//! A loop of a queue of tasks, a map of timers, and a condition variable to sleep on.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use loop_api::callback::Pump;
use loop_api::context::{Entered, Scoped, enter_nested, is_running, thread_id};
use loop_api::shared::{Exception, ExceptionKind};
use loop_api::time::Instant;
use loop_api::turn::Turn;
use loop_api::{EventLoop, Handle, LocalError, RunError, Shared};
use loop_toolkit::task::{JoinHandle, Runnable, Schedule, TaskSet};
use loop_toolkit::{CatchUnwind, Executor, Pool, run_in, spawn_blocking};

thread_local! {
    static CURRENT: Scoped<SmallHandle> = const { Scoped::new() };
}

/// The loop. Tasks that are not `Send` are dropped with it, so it stays on its thread.
pub(crate) struct SmallLoop {
    handle: SmallHandle,
    /// Runs the callbacks where a host runs the loop turn by turn.
    pump: Option<Pump<SmallHandle>>,
    thread: PhantomData<*const ()>,
}

#[derive(Clone)]
pub(crate) struct SmallHandle(Arc<Inner>);

/// What the loop and its handles share.
struct Inner {
    shared: Shared,
    /// The thread that made the loop, and runs it.
    thread: NonZeroU64,
    tasks: TaskSet,
    ready: Mutex<Ready>,
    wake: Condvar,
    timers: Mutex<BTreeMap<(Instant, u64), Waker>>,
    pool: Pool,
}

#[derive(Default)]
struct Ready {
    tasks: VecDeque<Runnable>,
    /// The main future, or the pump, is to be polled.
    main: bool,
}

/// Where the tasks go when they can run.
struct Queue(Arc<Inner>);

impl Schedule for Queue {
    fn schedule(&self, task: Runnable) {
        self.0.ready.lock().unwrap().tasks.push_back(task);
        self.0.wake.notify_one();
    }

    fn within(&self, f: &mut dyn FnMut()) {
        SmallHandle(self.0.clone()).enter(f);
    }

    fn tasks(&self) -> Option<&TaskSet> {
        Some(&self.0.tasks)
    }
}

/// The main future's waker.
impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.ready.lock().unwrap().main = true;
        self.wake.notify_one();
    }
}

impl Inner {
    /// Whether the main future is to be polled.
    fn take_main(&self) -> bool {
        std::mem::take(&mut self.ready.lock().unwrap().main)
    }

    /// Runs the tasks that are ready now, and wakes those whose time has come, in order.
    fn run_ready(&self) {
        let tasks = std::mem::take(&mut self.ready.lock().unwrap().tasks);
        for task in tasks {
            task.run();
        }
        let now = Instant::now();
        loop {
            let mut timers = self.timers.lock().unwrap();
            let Some(first) = timers.first_entry().filter(|first| first.key().0 <= now) else { return };
            let waker = first.remove();
            drop(timers);
            waker.wake();
        }
    }

    /// Sleeps until there is something to do, for at most `limit`.
    fn rest(&self, limit: Option<Duration>) {
        let ready = self.ready.lock().unwrap();
        if ready.main || !ready.tasks.is_empty() {
            return;
        }
        let first = self.timers.lock().unwrap().first_key_value().map(|((deadline, _), _)| *deadline);
        let wait = first.map(|first| first.duration_since(Instant::now())).into_iter().chain(limit).min();
        match wait {
            Some(wait) => drop(self.wake.wait_timeout(ready, wait).unwrap()),
            None => drop(self.wake.wait(ready).unwrap()),
        }
    }
}

impl EventLoop for SmallLoop {
    type Handle = SmallHandle;

    fn new() -> io::Result<SmallLoop> {
        let inner = Inner {
            shared: Shared::new("small").of_this_thread(),
            thread: thread_id(),
            tasks: TaskSet::new(),
            ready: Mutex::default(),
            wake: Condvar::new(),
            timers: Mutex::default(),
            pool: Pool::new(),
        };
        Ok(SmallLoop { handle: SmallHandle(Arc::new(inner)), pump: None, thread: PhantomData })
    }

    fn handle(&self) -> &SmallHandle {
        &self.handle
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let inner = &self.handle.0;
        let mut future = pin!(future);
        let waker = Waker::from(inner.clone());
        let mut cx = Context::from_waker(&waker);
        waker.wake_by_ref();
        self.pump = None;
        self.handle.enter(|| {
            loop {
                if inner.take_main() {
                    if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                        return Ok(output);
                    }
                }
                inner.run_ready();
                inner.rest(None);
            }
        })
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        let inner = &self.handle.0;
        // A thread that runs another loop must not wait.
        let timeout = if is_running() { Some(Duration::ZERO) } else { timeout };
        self.handle.enter(|| {
            inner.shared.close();
            inner.tasks.close();
        });
        drop(std::mem::take(&mut inner.ready.lock().unwrap().tasks));
        if inner.pool.shutdown(timeout).is_err() {
            inner.shared.report(&Exception::new(ExceptionKind::Blocking, "it outlives its loop", None));
        }
    }
}

impl Turn for SmallLoop {
    fn turn(&mut self, limit: Option<Duration>) -> io::Result<()> {
        let inner = &self.handle.0;
        if inner.shared.is_closed() {
            return Err(io::Error::other(RunError::Closed));
        }
        let (_nested, _running) = (enter_nested(), inner.shared.turning());
        let waker = Waker::from(inner.clone());
        let pump = self.pump.get_or_insert_with(|| {
            // It is woken only once it was polled.
            waker.wake_by_ref();
            Pump::new(self.handle.clone())
        });
        inner.rest(limit);
        self.handle.enter(|| {
            if inner.take_main() {
                // There is no run that stop() could end.
                let _stopped = pump.poll_turn(&mut Context::from_waker(&waker));
            }
            inner.run_ready();
        });
        Ok(())
    }

    fn next_deadline(&self) -> Option<Instant> {
        let ready = self.handle.0.ready.lock().unwrap();
        if ready.main || !ready.tasks.is_empty() {
            return Some(Instant::now());
        }
        self.handle.0.timers.lock().unwrap().first_key_value().map(|((deadline, _), _)| *deadline)
    }
}

impl Drop for SmallLoop {
    fn drop(&mut self) {
        self.shutdown(None);
    }
}

impl Handle for SmallHandle {
    type Task<T: Send> = JoinHandle<T>;
    type LocalTask<T> = JoinHandle<T>;
    type Sleep = Sleep;

    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        CURRENT.with(|current| current.with_current(f))
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        CURRENT.with(|current| current.enter(self, f))
    }

    fn enter_guard(&self) -> Entered<'_> {
        Entered::new(self.shared()).holding(Scoped::hold(&CURRENT, Some(self.clone())))
    }

    fn shared(&self) -> &Shared {
        &self.0.shared
    }

    fn spawn_from<F>(&self, caller: &'static Location<'static>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, join) =
            self.0.tasks.spawn(CatchUnwind::<F, Self>::new(caller, future), Queue(self.0.clone()));
        if let Some(task) = task {
            Queue(self.0.clone()).schedule(task);
        }
        join
    }

    fn try_spawn_local_from<F>(
        &self,
        caller: &'static Location<'static>,
        future: F,
    ) -> Result<JoinHandle<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let refuse = |future, error| {
            // A panic of its drop is for the exception handler.
            self.shared().end_step(|| drop::<F>(future));
            Err(error)
        };
        if self.shared().is_closed() {
            return refuse(future, LocalError::Closed);
        }
        if self.0.thread != thread_id() || !self.shared().is_loop_thread() {
            return refuse(future, LocalError::NotLoopThread);
        }
        let future = CatchUnwind::<F, Self>::new(caller, future);
        // SAFETY: this thread made the loop, which cannot leave it: here all tasks run, here the
        // set is closed, and the queue is emptied only after that.
        let (task, join) = unsafe { self.0.tasks.spawn_unchecked(future, Queue(self.0.clone())) };
        task.map(|task| Queue(self.0.clone()).schedule(task)).ok_or(LocalError::Closed)?;
        Ok(join)
    }

    fn spawn_blocking_from<F, T>(&self, caller: &'static Location<'static>, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        spawn_blocking(&self.0.pool, self, caller, f)
    }

    #[track_caller]
    fn run_in_executor<F, T>(&self, executor: &dyn Executor, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        run_in(executor, self, Location::caller(), f)
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep { deadline, key: None, inner: self.0.clone() }
    }
}

impl fmt::Debug for SmallHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.shared.fmt(f)
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
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let key = *self.key.get_or_insert_with(|| (self.deadline, NEXT.fetch_add(1, Ordering::Relaxed)));
        // The waker before is dropped when the lock is free: its drop may call back.
        let before = self.inner.timers.lock().unwrap().insert(key, waker);
        drop(before);
        // The loop may be asleep until a later one, or about to be.
        drop(self.inner.ready.lock().unwrap());
        self.inner.wake.notify_one();
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // What is due at once is due on the next turn: the timer is registered at least once.
        if self.key.is_some() && loop_api::time::Sleep::is_elapsed(&*self) {
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

loop_toolkit::std_fs!(SmallHandle);
