//! The loop itself: made, run and shut down on its own thread. A backend writes the four methods
//! under "required".

use std::future::Future;
use std::io;
use std::time::Duration;

use crate::callback::{Driven, Pump};
use crate::context;
use crate::error::RunError;
use crate::handle::Handle;

/// The owner of a loop: it makes it, runs it, and ends it.
///
/// Dropping a loop drops its tasks first, on this thread (tasks spawned with `spawn_local` always):
/// those who await them elsewhere see [`JoinError::Cancelled`](crate::JoinError::Cancelled).
/// Nothing leaks: no descriptor, no thread, no task. Handles that outlive it answer `Closed`.
///
/// ```
/// use loop_api::{EventLoop, Handle, RunError};
///
/// fn example<L: EventLoop>() -> Result<(), Box<dyn std::error::Error>> {
///     let mut event_loop = L::new()?;
///     let handle = event_loop.handle().clone();
///     let task = handle.spawn(async { 6 * 7 });
///     assert_eq!(event_loop.try_block_on(task)??, 42);
///
///     handle.stop(); // stopped beforehand, it runs one turn
///     event_loop.run_forever()?;
///     handle.stop();
///     assert_eq!(event_loop.try_block_on(std::future::pending::<()>()), Err(RunError::Stopped));
///
///     event_loop.close();
///     assert_eq!(event_loop.try_block_on(async {}), Err(RunError::Closed));
///     let late = event_loop.handle().spawn(async {});
///     assert!(futures_lite::future::block_on(late).unwrap_err().is_closed());
///     Ok(())
/// }
/// ```
pub trait EventLoop: Sized + 'static {
    /// The loop seen from elsewhere.
    type Handle: Handle;

    // ---- required ----

    /// Makes a loop with the backend's defaults; on one thread, where the backend has the choice.
    ///
    /// # Errors
    ///
    /// Any error of making the poller, most often that descriptors are exhausted; of starting
    /// worker threads, where the backend has some.
    fn new() -> io::Result<Self>;

    /// The loop's handle.
    fn handle(&self) -> &Self::Handle;

    /// Runs the loop on this thread until `future` is done, with this loop as the current one. For
    /// backends: users call [`try_block_on`](Self::try_block_on), which has refused nested and
    /// closed loops before it comes here.
    ///
    /// # Errors
    ///
    /// [`RunError::Deadlock`], if the backend can tell.
    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError>;

    /// Ends the loop: drops its tasks and pending callbacks without running them, inside
    /// [`Handle::enter`] and one after the other whatever a destructor does, and joins its threads,
    /// for at most `timeout` (`None`: as long as it takes). Idempotent. A blocking job still
    /// running after that, or a task that keeps a worker thread, is left to itself, and reported to
    /// the exception handler. Where [`context::is_running`](crate::context::is_running), nothing is
    /// waited for.
    fn shutdown(&mut self, timeout: Option<Duration>);

    // ---- provided ----

    /// Runs the loop until `future` is done. Tasks that are not done by then wait for the next run.
    /// It may be called again, whatever it gave, unless that was [`RunError::Closed`].
    ///
    /// # Errors
    ///
    /// [`RunError`]: on a thread that runs a loop already, on a closed loop, when `stop()` comes
    /// first, and, where the backend can tell, when the future can never be woken.
    fn try_block_on<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let handle = self.handle().clone();
        if handle.shared().is_closed() {
            return Err(RunError::Closed);
        }
        let _nested = context::enter_loop()?;
        let _running = handle.shared().running();
        self.drive(Driven::new(Pump::new(handle.clone()), future))?.ok_or(RunError::Stopped)
    }

    /// [`try_block_on`](Self::try_block_on) for callers that know where they are.
    ///
    /// Where a loop can tell that nothing will ever wake the future, the thread sleeps forever if
    /// the process has other threads, as on a loop that cannot tell: they may be at work, and a
    /// main future that is `pending()` is how a program waits for them. A program without other
    /// threads panics, and so does a loop that no thread outside may wake:
    /// [`deadlock_report`](Self::deadlock_report).
    ///
    /// # Panics
    ///
    /// Where `try_block_on` gives an error, but for that; the message names the remedy.
    #[track_caller]
    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        match self.try_block_on(future) {
            Ok(output) => output,
            Err(error @ RunError::Deadlock) => match self.deadlock_report() {
                Some(report) => panic!("{report}"),
                None if has_other_threads() => loop {
                    std::thread::park();
                },
                None => panic!("{error}"),
            },
            Err(error) => panic!("{error}"),
        }
    }

    /// What waits, where `try_block_on` just gave [`RunError::Deadlock`] and this loop knows that no
    /// other thread of the process may wake it, as a simulated one does: [`block_on`](Self::block_on)
    /// panics with it. `None`, the default: other threads may be at work, and it waits for them.
    fn deadlock_report(&self) -> Option<String> {
        None
    }

    /// asyncio's name for [`try_block_on`](Self::try_block_on).
    ///
    /// # Errors
    ///
    /// As `try_block_on`.
    fn run_until_complete<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        self.try_block_on(future)
    }

    /// Runs the loop until `stop()` is called on its handle: if that was before, exactly one turn.
    ///
    /// # Errors
    ///
    /// As `try_block_on`, except that being stopped is how this ends well.
    fn run_forever(&mut self) -> Result<(), RunError> {
        match self.try_block_on(std::future::pending::<()>()) {
            Err(RunError::Stopped) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// [`shutdown`](Self::shutdown) without a time limit. Idempotent.
    fn close(&mut self) {
        self.shutdown(None);
    }
}

/// Whether this process has other threads. Where that cannot be known it is assumed.
fn has_other_threads() -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Ok(threads) = std::fs::read_dir("/proc/self/task") {
        return threads.count() != 1;
    }
    true
}
