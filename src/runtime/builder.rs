//! A loop with options.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use loop_api::Handle as _;

use super::{Backend, Choice, Reason, Runtime, choice};
use crate::any::{self, Options};

/// Picks the backend, and sets what all backends have in common. Setters take `&mut self` and give
/// it back, as tokio's do; a builder can build any number of loops.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// use anyloop::runtime::Builder;
///
/// let mut runtime = Builder::new().worker_threads(2).thread_name("worker").build()?;
/// let sum = runtime.block_on(async {
///     let a = anyloop::task::spawn(async { 1 });
///     let b = anyloop::task::spawn_blocking(|| 2);
///     a.await.unwrap() + b.await.unwrap()
/// });
/// assert_eq!(sum, 3);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder makes a loop only when build() is called"]
pub struct Builder {
    backend: Option<Backend>,
    pub(super) options: Options,
}

impl Builder {
    /// Nothing set: the backend is chosen as [`choose`](super::choose) says, and runs on one
    /// thread.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// tokio's name for a loop on one thread, which is what [`new`](Self::new) gives.
    pub fn new_current_thread() -> Builder {
        Builder::default()
    }

    /// tokio's name for a loop with as many worker threads as there are processors.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::Builder;
    ///
    /// let mut runtime = Builder::new_multi_thread().enable_all().build()?;
    /// let main = std::thread::current().id();
    /// let task = runtime.spawn(async { std::thread::current().id() });
    /// assert_ne!(runtime.block_on(task)?, main);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_multi_thread() -> Builder {
        let mut builder = Builder::default();
        builder.worker_threads(std::thread::available_parallelism().map_or(1, usize::from));
        builder
    }

    /// Does nothing: time and I/O are always on. It is here so that tokio's programs port.
    pub fn enable_all(&mut self) -> &mut Self {
        self
    }

    /// Does nothing, as [`enable_all`](Self::enable_all).
    pub fn enable_io(&mut self) -> &mut Self {
        self
    }

    /// Does nothing, as [`enable_all`](Self::enable_all).
    pub fn enable_time(&mut self) -> &mut Self {
        self
    }

    /// Names the loop, for those who ask its handles by [`Handle::name`](super::Handle::name).
    ///
    /// # Panics
    ///
    /// If the name is empty, or nothing but spaces.
    #[track_caller]
    pub fn name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        assert!(
            !name.trim().is_empty(),
            "a loop's name is not empty: leave `name` out for a loop without one"
        );
        self.options.name = Some(name);
        self
    }

    /// Picks the backend, regardless of the environment.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::{Backend, Builder};
    ///
    /// for &backend in Backend::compiled() {
    ///     let runtime = Builder::new().backend(backend).build()?;
    ///     assert_eq!(runtime.choice().backend(), backend);
    ///     assert_eq!(runtime.choice().to_string(), format!("{backend}, because the program asked for it"));
    /// }
    /// # std::io::Result::Ok(())
    /// ```
    pub fn backend(&mut self, backend: Backend) -> &mut Self {
        self.backend = Some(backend);
        self
    }

    /// Spreads tasks that are `Send` over `n` threads. Without this the loop has one thread: the
    /// one that runs it.
    ///
    /// A simulated world has one thread always, so that it can repeat itself: there tasks run in
    /// random order instead, as they would on several.
    ///
    /// # Panics
    ///
    /// If `n` is zero.
    #[track_caller]
    pub fn worker_threads(&mut self, n: usize) -> &mut Self {
        assert!(
            n > 0,
            "a loop needs at least one worker thread: leave worker_threads out to run on the calling thread"
        );
        self.options.worker_threads = Some(n);
        self
    }

    /// Names the threads that the loop starts. A zero byte in the name is left out. smol's workers
    /// keep the names it gives them.
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        self.options.thread_name = Some(name.into());
        self
    }

    /// Names each thread that the loop starts by what `f` gives, in place of
    /// [`thread_name`](Self::thread_name). A zero byte in a name is left out.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// let mut runtime = anyloop::runtime::Builder::new().thread_name_fn(|| "mine".to_owned()).build()?;
    /// let job = runtime.spawn_blocking(|| std::thread::current().name().map(str::to_owned));
    /// assert_eq!(runtime.block_on(job)?.as_deref(), Some("mine"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_name_fn<F: Fn() -> String + Send + Sync + 'static>(&mut self, f: F) -> &mut Self {
        self.options.thread_name_fn = Some(Arc::new(f));
        self
    }

    /// Makes the stacks of the threads that the loop starts this large, in bytes. The thread that
    /// runs the loop was started by another, and keeps its own.
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.options.thread_stack_size = Some(bytes);
        self
    }

    /// After how many tasks timers and I/O are looked at, though more tasks wait. smol keeps its
    /// own number.
    ///
    /// # Panics
    ///
    /// If `tasks` is zero.
    #[track_caller]
    pub fn event_interval(&mut self, tasks: u32) -> &mut Self {
        assert!(tasks > 0, "events are looked at after at least one task");
        self.options.event_interval = Some(tasks);
        self
    }

    /// After how many tasks the queue of those that other threads have woken is looked at. Only
    /// tokio's loop heeds this: native looks at it after every fourth task, and on one thread, as
    /// smol, has one queue alone.
    ///
    /// # Panics
    ///
    /// If `tasks` is zero.
    #[track_caller]
    pub fn global_queue_interval(&mut self, tasks: u32) -> &mut Self {
        assert!(tasks > 0, "the queue is looked at after at least one task");
        self.options.global_queue_interval = Some(tasks);
        self
    }

    /// How many events are taken from the system at once. Only tokio's loop heeds this.
    ///
    /// # Panics
    ///
    /// If `events` is zero.
    #[track_caller]
    pub fn max_io_events_per_tick(&mut self, events: usize) -> &mut Self {
        assert!(
            events > 0,
            "max_io_events_per_tick must be non-zero: leave it out for the loop's own number"
        );
        self.options.max_io_events_per_tick = Some(events);
        self
    }

    /// The same, for looks at I/O that do not wait, as there are tasks to run. Only tokio's loop
    /// heeds this.
    ///
    /// # Panics
    ///
    /// If `events` is zero.
    #[track_caller]
    pub fn max_io_events_per_busy_tick(&mut self, events: usize) -> &mut Self {
        assert!(
            events > 0,
            "max_io_events_per_busy_tick must be non-zero: leave it out for the loop's own number"
        );
        self.options.max_io_events_per_busy_tick = Some(events);
        self
    }

    /// How many blocking jobs may run at once; the others wait.
    ///
    /// # Panics
    ///
    /// If `n` is zero.
    #[track_caller]
    pub fn max_blocking_threads(&mut self, n: usize) -> &mut Self {
        assert!(n > 0, "blocking jobs need at least one thread");
        self.options.max_blocking_threads = Some(n);
        self
    }

    /// How long an idle thread for blocking jobs waits for the next one before it ends.
    pub fn thread_keep_alive(&mut self, time: Duration) -> &mut Self {
        self.options.thread_keep_alive = Some(time);
        self
    }

    /// Stops the loop's clock from the start, for tests: as [`time::pause`](crate::time::pause)
    /// called first thing. On one thread, and on native and tokio only: [`build`](Self::build)
    /// gives an error elsewhere.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().iter().all(|b| *b == anyloop::runtime::Backend::Smol) { return Ok(()) }
    /// use anyloop::runtime::Builder;
    /// use anyloop::time::{Duration, Instant, sleep};
    ///
    /// # let backend = *anyloop::runtime::Backend::compiled().iter().find(|b| **b != anyloop::runtime::Backend::Smol).unwrap();
    /// let mut builder = Builder::new();
    /// # builder.backend(backend);
    /// let start = std::time::Instant::now();
    /// builder.start_paused(true).build()?.block_on(async {
    ///     let start = Instant::now();
    ///     // With nothing else to do the clock goes on to the next deadline.
    ///     sleep(Duration::from_secs(3600)).await;
    ///     assert_eq!(start.elapsed().as_secs(), 3600);
    /// });
    /// assert!(start.elapsed() < Duration::from_secs(3600));
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(feature = "test-util")]
    pub fn start_paused(&mut self, paused: bool) -> &mut Self {
        self.options.start_paused = paused;
        self
    }

    /// Has `f` called by each thread that the loop starts, first thing: workers, and those for
    /// blocking jobs. Not by the thread that runs the loop, which the loop did not start, nor by
    /// those of the tokio inside a loop built with `with_tokio`. A panic of `f` ends neither the
    /// thread nor the loop, but on tokio.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    ///
    /// let started = Arc::new(AtomicUsize::new(0));
    /// let counts = started.clone();
    /// let mut runtime = anyloop::runtime::Builder::new()
    ///     .on_thread_start(move || _ = counts.fetch_add(1, Ordering::Relaxed))
    ///     .build()?;
    /// let job = runtime.spawn_blocking(|| ());
    /// runtime.block_on(job)?;
    /// assert_eq!(started.load(Ordering::Relaxed), 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_start<F: Fn() + Send + Sync + 'static>(&mut self, f: F) -> &mut Self {
        self.options.on_thread_start = Some(Arc::new(f));
        self
    }

    /// Has `f` called by each thread that the loop started, before it ends: as
    /// [`on_thread_start`](Self::on_thread_start).
    pub fn on_thread_stop<F: Fn() + Send + Sync + 'static>(&mut self, f: F) -> &mut Self {
        self.options.on_thread_stop = Some(Arc::new(f));
        self
    }

    /// Has `f` called by each thread that polls tasks, before it waits for something to do. Only
    /// tokio's loop heeds this: for the others it would be a branch more each time.
    pub fn on_thread_park<F: Fn() + Send + Sync + 'static>(&mut self, f: F) -> &mut Self {
        self.options.on_thread_park = Some(Arc::new(f));
        self
    }

    /// Has `f` called by each thread that polls tasks, after it has waited: as
    /// [`on_thread_park`](Self::on_thread_park), on tokio's loop only.
    pub fn on_thread_unpark<F: Fn() + Send + Sync + 'static>(&mut self, f: F) -> &mut Self {
        self.options.on_thread_unpark = Some(Arc::new(f));
        self
    }

    /// How long the loop, when it has nothing to do, looks for work again and again before its
    /// thread sleeps: lower latency, paid with a busy processor. Off by default. Only the native
    /// loop on one thread heeds this; tokio and smol have no such thing.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::Builder;
    /// use std::time::Duration;
    ///
    /// let mut runtime = Builder::new().spin(Duration::from_micros(50)).build()?;
    /// let answer = runtime.block_on(async { anyloop::task::spawn_blocking(|| 42).await });
    /// assert_eq!(answer?, 42);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn spin(&mut self, time: Duration) -> &mut Self {
        self.options.spin = Some(time);
        self
    }

    /// Makes tokio's context part of the loop, on any backend: what is spawned, polled,
    /// called or dropped on the loop finds it, on every thread, at any depth, without a wrapper. So
    /// crates that need tokio run next to all others.
    ///
    /// | backend | what it is, and what it costs |
    /// | --- | --- |
    /// | tokio | the runtime itself: nothing |
    /// | native | the loop waits in a tokio runtime of its own on the same thread: no thread; some 4 % of a round trip through a socket, tokio's or the loop's own. Timers are as fine as tokio's: a millisecond. With worker threads, tokio's I/O is served by the thread inside `block_on`. unix only, unless there are worker threads |
    /// | smol | as on native; async-io's own sockets and timers are then served by its thread "async-io", which costs them a switch of threads for each event |
    ///
    /// tokio's part runs while the loop does. When the loop ends, tokio's tasks are dropped after
    /// the loop's own, and its blocking jobs are waited for within the same time limit. A loop with
    /// it does not detect a deadlock.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::Builder;
    ///
    /// let mut runtime = Builder::new().with_tokio().build()?;
    /// let sum = runtime.block_on(async {
    ///     // On any backend, in a task of the loop's: tokio's timer and tokio's spawn.
    ///     let task = anyloop::spawn(async {
    ///         tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    ///         tokio::spawn(async { 1 + 2 }).await
    ///     });
    ///     task.await.unwrap()
    /// });
    /// assert_eq!(sum?, 3);
    /// # std::io::Result::Ok(())
    /// ```
    #[doc(alias = "sqlx")]
    #[doc(alias = "axum")]
    #[doc(alias = "reqwest")]
    #[doc(alias = "tonic")]
    #[doc(alias = "redis")]
    #[cfg(feature = "compat")]
    pub fn with_tokio(&mut self) -> &mut Self {
        self.options.host = Some(std::sync::Arc::new(loop_compat::host::TokioHost::new()));
        self
    }

    /// Which backend [`build`](Self::build) will try first, and why.
    ///
    /// # Errors
    ///
    /// [`ChoiceError`](super::ChoiceError), as [`choose`](super::choose).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::{Backend, Builder};
    ///
    /// let backend = Backend::compiled()[0];
    /// assert_eq!(Builder::new().backend(backend).choice().unwrap().backend(), backend);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn choice(&self) -> Result<Choice, super::ChoiceError> {
        choice::choose_with(self.backend)
    }

    /// Makes the loop. If no backend was asked for by name and the first in order cannot be made,
    /// the next one is tried.
    ///
    /// # Errors
    ///
    /// [`ChoiceError`](super::ChoiceError) inside an `io::Error` if the backend asked for is
    /// unknown or not compiled in, or if there is none; else any error of making the loop, such as
    /// `EMFILE` when descriptors are exhausted.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::{Backend, Builder};
    /// use std::io::ErrorKind;
    ///
    /// assert!(Builder::new().build().is_ok());
    /// let unknown = Backend::Other("uring");
    /// assert_eq!(Builder::new().backend(unknown).build().unwrap_err().kind(), ErrorKind::Unsupported);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn build(&self) -> io::Result<Runtime> {
        let choice = self.choice()?;
        let mut first = match any::Loop::build(choice.backend(), &self.options) {
            Ok(inner) => return Ok(self.named(Runtime::from_parts(inner, choice))),
            Err(error) => error,
        };
        if *choice.reason() != Reason::FirstInOrder {
            return Err(first);
        }
        for &next in Backend::compiled().iter().skip_while(|b| **b != choice.backend()).skip(1) {
            if let Ok(inner) = any::Loop::build(next, &self.options) {
                let failed = format!("{}: {first}", choice.backend());
                return Ok(
                    self.named(Runtime::from_parts(inner, Choice::new(next, Reason::Fallback(failed))))
                );
            }
            first = io::Error::new(first.kind(), format!("{first} (and {next} could not be made either)"));
        }
        Err(first)
    }

    /// [`build`](Self::build), by tokio's name: every loop of one thread is a local one.
    ///
    /// # Errors
    ///
    /// As `build`.
    pub fn build_local(&self, _options: LocalOptions) -> io::Result<LocalRuntime> {
        self.build()
    }

    fn named(&self, runtime: Runtime) -> Runtime {
        if let Some(name) = &self.options.name {
            runtime.handle().shared().set_name(name.clone());
        }
        runtime
    }
}

/// tokio's name for a runtime that stays on its thread, which every [`Runtime`] does.
pub type LocalRuntime = Runtime;

/// What [`Builder::build_local`] is told, which is nothing yet, as in tokio.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct LocalOptions {}
