//! A runtime for every thread: its loop runs on a thread of its own.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use loop_api::promise::{Deferred, Promise, promise};
use loop_api::{EventLoop, Handle as LoopHandle, RunError, context};

use super::handle::or_panic;
use super::{Backend, Builder, Choice, EnterGuard, Handle, Runtime};
use crate::task::JoinHandle;

/// A runtime that is shared: it can be cloned, sent, and stand in a `static`, and any number of
/// threads may be inside its [`block_on`](Self::block_on) at once. Its loop runs on a thread of its
/// own from when it is made, so that tasks go on whether a thread waits for them or not.
///
/// AnyIO calls its kind a blocking portal. Where one thread makes, runs and ends the loop,
/// [`Runtime`] does without that thread; what reaches into a loop that runs anyway needs its
/// [`Handle`] only.
///
/// A future given to `block_on` is polled on the calling thread and need not be `Send`; timers and
/// sockets are served by the loop's thread. With
/// [`worker_threads`](super::Builder::worker_threads) tasks run on those, otherwise on the loop's
/// thread. [`spawn_local`](crate::task::spawn_local) works in tasks of a loop without workers, and
/// not inside `block_on`, as that is another thread.
///
/// # The end
///
/// When the last clone is dropped the loop ends: its tasks are dropped on its own thread, which is
/// then joined, as a dropped [`Runtime`] does it: blocking jobs that have begun are waited for. On
/// a thread that may not wait (one that runs a loop, in a task; one that a loop started, in a
/// blocking job or at its end) the drop waits for nothing, and the loop ends by itself. On Windows
/// let no thread-local have the last clone: its destructor must not wait for a thread, as std's page
/// of `LocalKey` says.
///
/// A task or a thread that keeps a clone keeps the loop; let tasks have a [`Handle`]. A `static` is
/// never dropped: what its loop still runs when `main` returns is lost.
///
/// After `fork` the child has the value, but not the thread: there [`try_block_on`](Self::try_block_on)
/// gives [`RunError::NotRunning`], tasks do not run, and the drop does nothing. Make one in the
/// child.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return }
/// use anyloop::runtime::SharedRuntime;
/// use std::sync::LazyLock;
///
/// static RUNTIME: LazyLock<SharedRuntime> =
///     LazyLock::new(|| SharedRuntime::new().expect("an event loop"));
///
/// // A function that is not async, called on any thread.
/// fn answer(n: u32) -> u32 {
///     RUNTIME.block_on(async {
///         anyloop::time::sleep(std::time::Duration::from_millis(1)).await;
///         anyloop::spawn(async move { n * 7 }).await.unwrap()
///     })
/// }
///
/// let threads: Vec<_> = (1..=4).map(|n| std::thread::spawn(move || answer(n))).collect();
/// let answers: Vec<u32> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
/// assert_eq!(answers, [7, 14, 21, 28]);
/// ```
#[doc(alias = "BlockingPortal")]
#[doc(alias = "portal")]
#[derive(Clone)]
pub struct SharedRuntime {
    inner: Arc<Inner>,
}

struct Inner {
    handle: Handle,
    choice: Choice,
    /// The process that made it: in a forked child its thread is not there.
    pid: u32,
    owner: Mutex<Option<Owner>>,
}

/// The thread that runs the loop, seen from the others.
struct Owner {
    end: Promise<Option<Instant>>,
    ended: mpsc::Receiver<()>,
    thread: thread::JoinHandle<()>,
}

impl SharedRuntime {
    /// Makes the loop that [`choose`](super::choose) picks, with its backend's defaults, and the
    /// thread that runs it.
    ///
    /// # Errors
    ///
    /// As [`Builder::build_shared`].
    pub fn new() -> io::Result<SharedRuntime> {
        Builder::new().build_shared()
    }

    pub(super) fn build(builder: Builder) -> io::Result<SharedRuntime> {
        let (tell, told) = mpsc::sync_channel(1);
        let (end, until) = promise();
        let (ends, ended) = mpsc::sync_channel::<()>(0);
        let name = builder.options.thread_name.clone();
        let hooks = builder.options.hooks();
        let thread = hooks.thread(|| name.unwrap_or_else(|| "anyloop-shared".to_owned()));
        let thread = thread.spawn(move || {
            let _ends = ends;
            let _hooks = hooks.started();
            match builder.build() {
                Ok(runtime) if runtime.choice().backend() == Backend::Sim => {
                    drop(tell.send(Err(one_thread())))
                }
                Ok(runtime) => {
                    // The other side waits for it.
                    let _told = tell.send(Ok((runtime.handle().clone(), runtime.choice().clone())));
                    run(runtime, until);
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        })?;
        match told.recv() {
            Ok(Ok((handle, choice))) => {
                let owner = Mutex::new(Some(Owner { end, ended, thread }));
                let inner = Inner { handle, choice, pid: process::id(), owner };
                Ok(SharedRuntime { inner: Arc::new(inner) })
            }
            Ok(Err(error)) => {
                // It has nothing more to do.
                let _ended = thread.join();
                Err(error)
            }
            Err(_) => Err(io::Error::other("the thread of the loop ended at once: its panic says why")),
        }
    }

    /// The loop's handle.
    pub fn handle(&self) -> &Handle {
        &self.inner.handle
    }

    /// Which backend this is, and why.
    pub fn choice(&self) -> &Choice {
        &self.inner.choice
    }

    /// Runs `future` on this thread, and blocks until it is done: on any thread that does not run a
    /// loop, any number at once, also in blocking jobs.
    ///
    /// # Panics
    ///
    /// Where [`try_block_on`](Self::try_block_on) gives an error; the message names the remedy.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        or_panic(self.try_block_on(future))
    }

    /// [`block_on`](Self::block_on) that does not panic.
    ///
    /// # Errors
    ///
    /// [`RunError::Nested`] on a thread that runs a loop, such as in a task;
    /// [`RunError::Closed`] when the loop has ended, or ends before the future is done;
    /// [`RunError::NotRunning`] in a process that was forked off.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::RunError;
    ///
    /// let runtime = anyloop::runtime::SharedRuntime::new()?;
    /// let inside = runtime.clone();
    /// let task = runtime.spawn(async move { inside.try_block_on(async {}) });
    /// assert_eq!(runtime.block_on(task)?, Err(RunError::Nested));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        if self.inner.is_forked() {
            return Err(RunError::NotRunning);
        }
        self.inner.handle.try_block_on(future)
    }

    /// Starts a task, which runs from now on: as [`task::spawn`](crate::task::spawn).
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.inner.handle.spawn(future)
    }

    /// Runs `f` on a thread where it may block: as
    /// [`task::spawn_blocking`](crate::task::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.inner.handle.spawn_blocking(f)
    }

    /// Makes this loop the current one on this thread until the guard is dropped:
    /// [`Handle::enter`].
    pub fn enter(&self) -> EnterGuard<'_> {
        self.inner.handle.enter()
    }

    /// Ends the loop for all clones, to which it is [closed](Handle::is_closed) when this returns:
    /// drops its tasks, then waits for its threads and for blocking
    /// jobs that have begun, for at most `timeout`. What is still running by then, also a task that
    /// does not yield, is left to itself. Where this thread may not wait (see [the end](Self#the-end))
    /// it returns at once.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::time::Duration;
    ///
    /// let runtime = anyloop::runtime::SharedRuntime::new()?;
    /// let (clone, task) = (runtime.clone(), runtime.spawn(std::future::pending::<()>()));
    /// runtime.shutdown_timeout(Duration::from_secs(5));
    /// assert!(futures_lite::future::block_on(task).unwrap_err().is_cancelled());
    /// assert_eq!(clone.try_block_on(async {}), Err(anyloop::RunError::Closed));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown_timeout(self, timeout: Duration) {
        self.inner.end(Some(timeout));
    }

    /// Ends the loop for all clones, without waiting for anything: tasks are dropped as soon as its
    /// thread comes to it.
    pub fn shutdown_background(self) {
        self.shutdown_timeout(Duration::ZERO);
    }
}

impl Builder {
    /// Makes a loop that runs on a thread of its own, for all threads of the program: see
    /// [`SharedRuntime`]. The thread has the name set by [`thread_name`](Self::thread_name), or
    /// `anyloop-shared`.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and any error of starting a thread, most often `WouldBlock`.
    /// `Unsupported` in a simulated world, which other threads may not touch.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::Builder;
    ///
    /// let runtime = Builder::new().worker_threads(2).build_shared()?;
    /// let task = runtime.spawn(async { 6 * 7 });
    /// assert_eq!(runtime.block_on(task)?, 42);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn build_shared(&self) -> io::Result<SharedRuntime> {
        SharedRuntime::build(self.clone())
    }
}

fn one_thread() -> io::Error {
    let message = "a simulated world runs on one thread, and no other may touch it: make it by Builder::build on the thread that \
                   runs it, or name another backend for a loop that threads share";
    io::Error::new(io::ErrorKind::Unsupported, message)
}

/// The life of the loop's thread.
fn run(mut runtime: Runtime, mut until: Deferred<Option<Instant>>) {
    let end = loop {
        match runtime.try_block_on(&mut until) {
            Ok(end) => break end.unwrap_or(None),
            // A call of stop() ends a run, and not the loop.
            Err(RunError::Stopped) => {}
            // Nothing is left to do but to end, which wakes the thread.
            Err(RunError::Deadlock) => thread::park(),
            // Refused already: the limit is there.
            Err(_) => {
                let told = Pin::new(&mut until).poll(&mut Context::from_waker(Waker::noop()));
                break if let Poll::Ready(Ok(end)) = told { end } else { None };
            }
        }
    };
    let timeout = end.map(|end| end.saturating_duration_since(Instant::now()));
    EventLoop::shutdown(&mut runtime, timeout);
}

impl Inner {
    fn is_forked(&self) -> bool {
        self.pid != process::id()
    }

    /// Ends the loop, unless that was done before.
    fn end(&self, timeout: Option<Duration>) {
        let owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Owner { end, ended, thread }) = owner else { return };
        if self.is_forked() {
            // The lock of what it shares with its thread may be held forever.
            std::mem::forget(end);
            return;
        }
        // What would never end is waited for without a limit.
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        // It is there until then.
        let _told = end.settle(until);
        // Its thread may be busy: for others the loop has ended now.
        LoopHandle::refuse(&self.handle);
        thread.thread().unpark();
        if context::is_running() || context::is_thread_of_loop() {
            return;
        }
        match timeout {
            Some(timeout) => match ended.recv_timeout(timeout) {
                Err(RecvTimeoutError::Disconnected) | Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => return,
            },
            None => drop(ended.recv()),
        }
        // What it has left to do are the destructors of its thread-locals.
        if timeout.is_none() {
            let _ended = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end(None);
    }
}

impl fmt::Debug for SharedRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRuntime").field("choice", &self.inner.choice).finish_non_exhaustive()
    }
}
