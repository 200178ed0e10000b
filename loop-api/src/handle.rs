//! The loop seen from anywhere. A backend writes the methods under "required"; what is built on them
//! follows, the same on every loop: shortcuts, time, blocking, callbacks.

use std::any::TypeId;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::blocking::Executor;
use crate::callback::{self, CallbackHandle, Closure};
use crate::context::{self, Innermost};
use crate::error::{Closed, LocalError, RunError};
use crate::metrics::Metrics;
use crate::random::system_random;
use crate::shared::{self, Exception, ExceptionHandler, Shared};
use crate::task::Task;
use crate::time::{Instant, Interval, Sleep, TestClock, Timeout};

/// A loop seen from anywhere: it can be cloned, sent and shared, and it may outlive the loop, in
/// which case it answers that the loop is closed.
///
/// Dropping a handle does nothing to the loop. Everything below `required` is what a backend
/// writes; the rest follows.
///
/// ```
/// use loop_api::{Handle, JoinError};
///
/// async fn example<H: Handle>(handle: H) -> Result<(), JoinError> {
///     let sum = handle.spawn(async { 1 + 2 });
///     let size = handle.spawn_blocking(|| std::env::temp_dir().as_os_str().len());
///     assert_eq!(sum.await?, 3);
///     assert!(size.await? > 0);
///     assert!(handle.try_block_on(async {}).is_err(), "not on the loop's own thread");
///     Ok(())
/// }
/// ```
pub trait Handle: Clone + fmt::Debug + Send + Sync + 'static {
    /// What [`spawn`](Self::spawn) and [`spawn_blocking`](Self::spawn_blocking) give back.
    type Task<T: Send>: Task<T> + fmt::Debug + Send + Sync;
    /// What [`spawn_local`](Self::spawn_local) gives back.
    type LocalTask<T>: Task<T> + fmt::Debug;
    /// What [`sleep_until`](Self::sleep_until) gives back.
    type Sleep: Sleep + 'static;

    // ---- required ----

    /// Calls `f` with the loop of this kind that the caller runs in, if there is one: inside
    /// `block_on`, a task, a callback, a blocking job, or [`enter`](Self::enter).
    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R;

    /// Calls `f` with this loop as the current one on this thread. It does not run the loop.
    fn enter<R>(&self, f: impl FnOnce() -> R) -> R;

    /// [`enter`](Self::enter) until a guard is dropped. A backend that keeps its current loop in a
    /// [`Scoped`](context::Scoped) writes `Entered::new(self.shared()).holding(Scoped::hold(&CURRENT,
    /// Some(self.clone())))`, and finds it by [`Scoped::with_current`](context::Scoped::with_current).
    fn enter_guard(&self) -> context::Entered<'_>;

    /// The part that is the same for every backend: callbacks, the exception handler, whether it is
    /// closed.
    fn shared(&self) -> &Shared;

    /// What [`spawn`](Self::spawn) does, for a task that was spawned at `caller`: reports of its panic
    /// and of its long polls name that place.
    fn spawn_from<F>(&self, caller: &'static Location<'static>, future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// What [`try_spawn_local`](Self::try_spawn_local) does, for a task that was spawned at `caller`.
    ///
    /// # Errors
    ///
    /// As `try_spawn_local`.
    fn try_spawn_local_from<F>(
        &self,
        caller: &'static Location<'static>,
        future: F,
    ) -> Result<Self::LocalTask<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static;

    /// What [`spawn_blocking`](Self::spawn_blocking) does, for a job that was started at `caller`.
    fn spawn_blocking_from<F, T>(&self, caller: &'static Location<'static>, f: F) -> Self::Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static;

    /// [`spawn_blocking`](Self::spawn_blocking) on an executor of the caller's choice. This loop is
    /// current in the job.
    ///
    /// A job that is refused gives the reason when it is awaited.
    #[track_caller]
    fn run_in_executor<F, T>(&self, executor: &dyn Executor, f: F) -> Self::Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static;

    /// Waits until `deadline`, never less, in deadline order. A deadline in the past is due at
    /// once, on the loop's next turn. Dropping the sleep ends it; it can be reset in place.
    fn sleep_until(&self, deadline: Instant) -> Self::Sleep;

    // ---- provided ----

    /// Starts a task. It never polls the future inside the call; on one thread tasks start in spawn
    /// order.
    ///
    /// On a closed loop the future is dropped and the task gives
    /// [`JoinError::Closed`](crate::JoinError::Closed).
    #[track_caller]
    #[inline]
    fn spawn<F>(&self, future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_from(Location::caller(), future)
    }

    /// Starts a task that stays on the loop's thread, for a future that is not `Send`.
    ///
    /// # Errors
    ///
    /// [`LocalError`] on any other thread than the loop's; the future is dropped.
    #[track_caller]
    #[inline]
    fn try_spawn_local<F>(&self, future: F) -> Result<Self::LocalTask<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.try_spawn_local_from(Location::caller(), future)
    }

    /// Runs `f` on a thread where it may block, off the loop.
    ///
    /// A job that is aborted before it began does not run; one that has begun runs to its end, and
    /// awaiting it waits for that. Inside it, this loop is current and [`block_on`](Self::block_on)
    /// is legal.
    #[track_caller]
    #[inline]
    fn spawn_blocking<F, T>(&self, f: F) -> Self::Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_blocking_from(Location::caller(), f)
    }

    /// From now on the loop answers as a closed one, to any thread: for its owner, if another thread
    /// runs it and is about to end it. What it has is dropped there, by
    /// [`shutdown`](crate::EventLoop::shutdown). A backend whose `spawn` does not ask
    /// [`Shared::is_closed`] has it refuse here, too.
    fn refuse(&self) {
        self.shared().refuse();
    }

    /// The handle of the loop of this kind that the caller runs in.
    fn try_current() -> Option<Self> {
        Self::with_current(|current| current.cloned())
    }

    /// The loop's clock: monotonic, and a simulator's own where one runs.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// The time of day, as the loop tells it: the system's, and a simulator's own where one runs.
    /// Unlike [`now`](Self::now) it may go back, where the clock is set.
    fn wall_clock(&self) -> SystemTime {
        SystemTime::now()
    }

    /// A random number: the system's, and where a simulator runs one that its seed decides. For
    /// what spreads load and makes names differ; for secrets and keys it is too easily guessed.
    fn random_u64(&self) -> u64 {
        system_random()
    }

    /// The loop's clock, for a test to stop: where the loop has one, and it was compiled in.
    ///
    /// # Errors
    ///
    /// `Unsupported`; the message names the remedy.
    fn test_clock(&self) -> io::Result<&dyn TestClock> {
        Err(no_test_clock(self.shared().backend()))
    }

    /// What the loop can tell of itself at this moment.
    fn metrics(&self) -> Metrics {
        Metrics::default()
    }

    /// Waits for `duration`, never less. [`Duration::MAX`] is never.
    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.sleep_until(self.now().saturating_add(duration))
    }

    /// Ticks at once, and then once every `period`. What becomes of ticks that are not waited for
    /// is for [`set_missed_tick_behavior`](Interval::set_missed_tick_behavior). A period of zero
    /// ticks on every turn of the loop; one of [`Duration::MAX`] ticks once.
    ///
    /// ```
    /// # use loop_api::Handle;
    /// # use std::time::Duration;
    /// # async fn example<H: Handle>(handle: H) {
    /// let mut interval = handle.interval(Duration::from_millis(10));
    /// let first = interval.tick().await;
    /// assert_eq!(interval.tick().await - first, Duration::from_millis(10));
    /// # }
    /// ```
    fn interval(&self, period: Duration) -> Interval<Self::Sleep> {
        self.interval_at(self.now(), period)
    }

    /// [`interval`](Self::interval) with the first tick at `start`.
    fn interval_at(&self, start: Instant, period: Duration) -> Interval<Self::Sleep> {
        Interval::new(self.sleep_until(start), period)
    }

    /// `future`, for at most `duration`; after that the output is
    /// [`Elapsed`](crate::time::Elapsed).
    ///
    /// ```
    /// # use loop_api::Handle;
    /// # use std::time::Duration;
    /// # async fn example<H: Handle>(handle: H) {
    /// let limit = Duration::from_millis(10);
    /// assert_eq!(handle.timeout(limit, async { 7 }).await, Ok(7));
    /// assert!(handle.timeout(limit, std::future::pending::<()>()).await.is_err());
    /// # }
    /// ```
    fn timeout<F: IntoFuture>(&self, duration: Duration, future: F) -> Timeout<F::IntoFuture, Self::Sleep> {
        Timeout::new(future.into_future(), self.sleep(duration))
    }

    /// [`timeout`](Self::timeout) at a moment.
    fn timeout_at<F: IntoFuture>(&self, deadline: Instant, future: F) -> Timeout<F::IntoFuture, Self::Sleep> {
        Timeout::new(future.into_future(), self.sleep_until(deadline))
    }

    /// [`try_spawn_local`](Self::try_spawn_local) for callers that know where they are.
    ///
    /// # Panics
    ///
    /// On any other thread than the loop's; the message names the remedy.
    #[track_caller]
    fn spawn_local<F>(&self, future: F) -> Self::LocalTask<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        match self.try_spawn_local(future) {
            Ok(task) => task,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs `future` on this thread, which is not the loop's, and blocks until it is done. The
    /// loop, run by its own thread, serves the future's sockets and timers. Meant for blocking jobs
    /// and foreign threads.
    ///
    /// It does not run the loop. While no thread does, what the future waits for on a loop without
    /// threads of its own does not happen. On the thread that made such a loop, the only one that
    /// can run it, a future that is not done at once is refused. On other threads it is waited for,
    /// as the loop may be about to run; the exception handler is told, once, when the loop has
    /// stood still for a second.
    ///
    /// # Errors
    ///
    /// [`RunError::Nested`] on a thread that runs a loop; [`RunError::Closed`] on a closed loop,
    /// and when the loop closes before the future is done: then the future is polled once more, and
    /// dropped; [`RunError::NotRunning`] where the future would wait for a loop that only this
    /// thread can run: the future was polled, and is dropped.
    fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        if self.shared().is_closed() {
            return Err(RunError::Closed);
        }
        let _running = context::enter_beside(|| context::is_here(self.shared()))?;
        self.enter(|| self.shared().wait_here(future))
    }

    /// [`try_block_on`](Self::try_block_on) for callers that know where they are.
    ///
    /// # Panics
    ///
    /// Where `try_block_on` gives an error; the message names the remedy.
    #[track_caller]
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self.try_block_on(future) {
            Ok(output) => output,
            Err(error) => panic!("{error}"),
        }
    }

    /// See [`Shared::set_default_executor`]. A backend whose runtime has a pool of its own may keep
    /// to that one.
    fn set_default_executor(&self, executor: Option<Arc<dyn Executor>>) -> Option<Arc<dyn Executor>> {
        self.shared().set_default_executor(executor)
    }

    // ---- provided: callbacks ----

    /// Queues `f` to run once on the loop's thread (the one inside `block_on`), behind what is
    /// queued already and never inside this call. From any thread; calls from one thread keep their
    /// order. See [`callback`] for all that holds.
    ///
    /// On a loop that no thread runs it waits until one does; on an adopted one a task runs it.
    ///
    /// ```
    /// # use loop_api::{EventLoop, Handle};
    /// # use std::sync::{Arc, Mutex};
    /// # fn example<L: EventLoop>(mut event_loop: L) -> Result<(), Box<dyn std::error::Error>> {
    /// let handle = event_loop.handle().clone();
    /// let words = Arc::new(Mutex::new(Vec::new()));
    /// for word in ["Ciao", "EuroPython"] {
    ///     let words = words.clone();
    ///     handle.call_soon(move || words.lock().unwrap().push(word))?;
    /// }
    /// let never = handle.call_soon(|| unreachable!())?;
    /// assert!(never.cancel());
    /// let stop = handle.clone();
    /// handle.call_soon(move || stop.stop())?;
    /// event_loop.run_forever()?;
    /// assert_eq!(*words.lock().unwrap(), ["Ciao", "EuroPython"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`]; `f` is dropped.
    #[track_caller]
    fn call_soon<F>(&self, f: F) -> Result<CallbackHandle, Closed>
    where
        F: FnOnce() + Send + 'static,
    {
        let job = Arc::new(Closure::new(f));
        self.shared().callbacks.push(job.clone())?;
        Ok(CallbackHandle::soon(job))
    }

    /// asyncio's name for [`call_soon`](Self::call_soon) from another thread; here it is the same.
    ///
    /// # Errors
    ///
    /// As `call_soon`.
    #[track_caller]
    fn call_soon_threadsafe<F>(&self, f: F) -> Result<CallbackHandle, Closed>
    where
        F: FnOnce() + Send + 'static,
    {
        self.call_soon(f)
    }

    /// [`call_soon`](Self::call_soon) for a closure that is not `Send`, on the loop's own thread.
    /// It takes its turn in the same queue.
    ///
    /// # Errors
    ///
    /// [`LocalError`] on any other thread than the one inside `block_on`, and always on an adopted
    /// loop; `f` is dropped.
    #[track_caller]
    fn call_soon_local<F>(&self, f: F) -> Result<CallbackHandle, LocalError>
    where
        F: FnOnce() + 'static,
    {
        let shared = self.shared();
        if shared.is_closed() {
            return Err(LocalError::Closed);
        }
        if shared.is_adopted() {
            return Err(LocalError::Unsupported);
        }
        if !shared.is_loop_thread() {
            return Err(LocalError::NotLoopThread);
        }
        self.call_soon(callback::keep_local(f)).map_err(|Closed| LocalError::Closed)
    }

    /// Queues `f` once `delay` is over, behind what is queued by then. [`Duration::MAX`] is never.
    ///
    /// ```
    /// # use loop_api::{EventLoop, Handle};
    /// # use std::time::Duration;
    /// # fn example<L: EventLoop>(mut event_loop: L) -> Result<(), Box<dyn std::error::Error>> {
    /// let handle = event_loop.handle().clone();
    /// let late = handle.call_later(Duration::from_secs(60), || println!("too late"))?;
    /// let stop = handle.clone();
    /// handle.call_later(Duration::from_millis(10), move || stop.stop())?;
    /// event_loop.run_forever()?;
    /// assert!(late.is_pending());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`]; `f` is dropped.
    #[track_caller]
    fn call_later<F>(&self, delay: Duration, f: F) -> Result<CallbackHandle, Closed>
    where
        F: FnOnce() + Send + 'static,
    {
        self.call_at(self.now().saturating_add(delay), f)
    }

    /// Queues `f` at `deadline`, never before it; those of one deadline in the order of
    /// registration. A deadline in the past is due on the next turn.
    ///
    /// # Errors
    ///
    /// [`Closed`]; `f` is dropped.
    #[track_caller]
    fn call_at<F>(&self, deadline: Instant, f: F) -> Result<CallbackHandle, Closed>
    where
        F: FnOnce() + Send + 'static,
    {
        let job = Arc::new(Closure::new(f));
        let timer = self.shared().callbacks.push_timer(deadline, job.clone())?;
        Ok(CallbackHandle::later(job, timer))
    }

    /// Ends the loop's `block_on` or `run_forever` when the callbacks of this turn have run; what
    /// is queued after it waits for the next run. Wakes a loop that waits. On a loop that is not
    /// running, the next run is one turn. Does nothing on an adopted loop, which is not ours to
    /// stop.
    fn stop(&self) {
        if !self.shared().is_adopted() {
            self.shared().callbacks.stop();
        }
    }

    /// See [`Shared::set_exception_handler`].
    fn set_exception_handler(&self, handler: Option<ExceptionHandler>) -> Option<ExceptionHandler> {
        register_kind::<Self>();
        self.shared().set_exception_handler(handler)
    }

    /// See [`Shared::exception_handler`].
    fn exception_handler(&self) -> Option<ExceptionHandler> {
        self.shared().exception_handler()
    }

    /// See [`Shared::set_slow_callback_duration`].
    fn set_slow_callback_duration(&self, threshold: Option<Duration>) {
        self.shared().set_slow_callback_duration(threshold);
    }

    /// See [`Shared::slow_callback_duration`].
    fn slow_callback_duration(&self) -> Option<Duration> {
        self.shared().slow_callback_duration()
    }
}

#[cold]
fn no_test_clock(backend: &str) -> io::Error {
    let message = format!(
        "the loop `{backend}` has no clock that a test could stop: take `native` or `tokio`, on one thread and \
         without `with_tokio`, with anyloop's feature `test-util`; or a simulator; or short times"
    );
    io::Error::new(io::ErrorKind::Unsupported, message)
}

/// From now on the loops of this kind of handle are asked for their exception handler, where
/// something fails that belongs to no loop.
pub(crate) fn register_kind<H: Handle>() {
    shared::register_kind(TypeId::of::<H>(), report::<H>);
}

fn report<H: Handle>(only: Option<Innermost>, exception: &Exception) -> bool {
    H::with_current(|handle| {
        let shared = handle.map(Handle::shared).filter(|shared| only.is_none_or(|only| only.is(shared)));
        shared.map(|shared| shared.report(exception)).is_some()
    })
}
