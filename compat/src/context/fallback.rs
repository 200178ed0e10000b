//! The process's own tokio runtime, and its thread.

use std::fmt;
use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Instant;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

use super::Unfinished;

/// A current-thread runtime, driven by a thread from when it is needed.
pub(crate) struct Fallback {
    handle: Handle,
    /// The thread runs, or this has been shut down.
    started: AtomicBool,
    closed: AtomicBool,
    /// The process that made it: in a forked child the thread is not there.
    pid: u32,
    state: Mutex<State>,
    watch: Arc<Watch>,
}

enum State {
    Idle(Runtime),
    /// The thread ends when it is told until when, and gives what was left.
    Driven(oneshot::Sender<Option<Instant>>, thread::JoinHandle<Unfinished>),
    Closed,
}

/// What the runtime's own hooks see.
#[derive(Default)]
struct Watch {
    owner: OnceLock<&'static Fallback>,
    /// Threads of the blocking pool.
    blocking: AtomicUsize,
    /// Of the thread, when it waits for the tasks to be done.
    drained: tokio::sync::Notify,
}

impl Fallback {
    pub(super) fn new() -> io::Result<&'static Self> {
        let watch = Arc::new(Watch::default());
        let (parks, starts, stops) = (watch.clone(), watch.clone(), watch.clone());
        let runtime = Builder::new_current_thread()
            .enable_all()
            .thread_name("anyloop-block")
            .on_thread_start(move || {
                starts.blocking.fetch_add(1, Ordering::AcqRel);
                // A job may block on a timer. That there is no thread is for the next wrapper to
                // report.
                let _reported_later = starts.owner.get().map(|fallback| fallback.start());
            })
            .on_thread_stop(move || {
                stops.blocking.fetch_sub(1, Ordering::AcqRel);
            })
            .on_thread_park(move || parks.parking())
            .build()?;
        let handle = runtime.handle().clone();
        loop_api::context::lend(loop_api::context::number_of(&handle.id()));
        let fallback: &'static Fallback = Box::leak(Box::new(Fallback {
            handle,
            started: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            pid: process::id(),
            state: Mutex::new(State::Idle(runtime)),
            watch,
        }));
        let _first = fallback.watch.owner.set(fallback);
        Ok(fallback)
    }

    #[inline]
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Whether it can be used by this process.
    pub(super) fn serves(&self) -> bool {
        !self.closed.load(Ordering::Acquire) && self.pid == process::id()
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn is_started(&self) -> bool {
        self.started.load(Ordering::Relaxed)
    }

    pub(crate) fn has_tasks(&self) -> bool {
        self.handle.metrics().num_alive_tasks() > 0
    }

    /// Starts the thread, if it does not run.
    #[cold]
    pub(crate) fn start(&self) -> io::Result<()> {
        if self.is_started() {
            return Ok(());
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.start_locked(&mut state)
    }

    fn start_locked(&self, state: &mut State) -> io::Result<()> {
        if !matches!(state, State::Idle(_)) {
            return Ok(());
        }
        let (stop, ends) = oneshot::channel();
        // The runtime goes to the thread by a channel, so that it is still here if there is none to
        // be had.
        let (give, take) = mpsc::sync_channel::<Runtime>(1);
        let watch = self.watch.clone();
        let thread = thread::Builder::new().name("anyloop-tokio".to_owned()).spawn(move || {
            let nothing = Unfinished { tasks: 0, blocking: 0 };
            take.recv().map_or(nothing, |runtime| drive(runtime, ends, &watch))
        })?;
        if let State::Idle(runtime) = std::mem::replace(state, State::Driven(stop, thread)) {
            // The thread waits for it, so it cannot have gone.
            let _ = give.send(runtime);
        }
        self.started.store(true, Ordering::Release);
        Ok(())
    }

    pub(super) fn shutdown(&self, deadline: Option<Instant>) -> Result<(), Unfinished> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Without a thread nothing can be waited for; what there is is then reported as left.
        let _no_thread = self.start_locked(&mut state);
        if matches!(&*state, State::Driven(_, thread) if thread.thread().id() == thread::current().id()) {
            // A task of its own asks: it cannot wait for itself.
            return self.left();
        }
        self.closed.store(true, Ordering::Release);
        let before = std::mem::replace(&mut *state, State::Closed);
        drop(state);
        match before {
            State::Idle(runtime) => {
                let left = self.left();
                // Does not wait, so that it is legal anywhere.
                runtime.shutdown_background();
                left
            }
            State::Driven(stop, thread) => {
                let _ends_anyway = stop.send(deadline);
                // The thread keeps the deadline. It panics if tokio does.
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).into_result()
            }
            State::Closed => Ok(()),
        }
    }

    fn left(&self) -> Result<(), Unfinished> {
        let blocking = self.watch.blocking.load(Ordering::Acquire);
        Unfinished { tasks: self.watch.tasks(), blocking }.into_result()
    }
}

impl Watch {
    fn tasks(&self) -> usize {
        self.owner.get().map_or(0, |fallback| fallback.handle.metrics().num_alive_tasks())
    }

    /// Called by the thread whenever it has nothing to do. Tasks end on that thread, so it comes
    /// here after the last of them.
    fn parking(&self) {
        if self.tasks() == 0 {
            self.drained.notify_waiters();
        }
    }

    async fn drained(&self) {
        loop {
            let parked = self.drained.notified();
            if self.tasks() == 0 {
                return;
            }
            parked.await;
        }
    }
}

/// The thread's whole life.
fn drive(runtime: Runtime, ends: oneshot::Receiver<Option<Instant>>, watch: &Watch) -> Unfinished {
    let deadline = runtime.block_on(async {
        // The process never gives it up without sending the deadline; if it did, there would be
        // nothing to wait for.
        let deadline = ends.await.unwrap_or_else(|_gone| Some(Instant::now()));
        let all_done = async {
            watch.drained().await;
            // The pool's queue is first in, first out: when this one runs, all that were given
            // before have begun.
            let _ran = tokio::task::spawn_blocking(|| {}).await;
            watch.drained().await;
        };
        match deadline {
            Some(deadline) => {
                let _in_time = tokio::time::timeout_at(deadline.into(), all_done).await;
            }
            None => all_done.await,
        }
        deadline
    });
    let tasks = watch.tasks();
    // Waits for the jobs that have begun.
    match deadline {
        Some(deadline) => runtime.shutdown_timeout(deadline.saturating_duration_since(Instant::now())),
        None => drop(runtime),
    }
    Unfinished { tasks, blocking: watch.blocking.load(Ordering::Acquire) }
}

/// Calls `f` once, as the future that a runtime is blocked on, so that tokio knows: it has the
/// cooperative budget of a task, and what would block the executor is refused by tokio with its own
/// words, as it is in a task.
#[inline]
pub(crate) fn once_in<R>(handle: &Handle, f: impl FnOnce() -> R) -> R {
    let mut f = Some(f);
    handle.block_on(std::future::poll_fn(move |_cx| match f.take() {
        Some(f) => Poll::Ready(f()),
        // It is ready at its first poll, so there is no second.
        None => Poll::Pending,
    }))
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback")
            .field("started", &self.is_started())
            .field("closed", &self.is_closed())
            .finish()
    }
}
