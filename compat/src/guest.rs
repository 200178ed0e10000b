//! A loop inside another program's loop: guest mode.
//!
//! A [`Guest`] is a loop that can be run a turn at a time ([`Turn`]), with a main future. The host
//! gives it turns when its descriptor is readable or its [`timeout`](Guest::timeout) is over, and
//! is told when the future is done. In between nothing runs: the guest takes no processor time, and
//! the host's own work goes on. There is a way for each kind of host:
//!
//! - an asynchronous one polls [`Hosted`], a future: see [`Guest::on_tokio`] and [`Guest::on`];
//! - one that waits in `poll(2)`, `select` or a toolkit's main loop adds a descriptor and a
//!   timeout: see [`Guest`] itself;
//! - one that only has a queue of callbacks is given them by [`start_on_queue`].
//!
//! Several guests may live on one thread; each makes progress. Neither a guest nor any of these
//! adaptors touches signal handlers: those are the host's. Code in the guest's future and tasks
//! finds the guest as its loop, and what the host has made current, too; code of the host finds the
//! host alone.

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loop_api::shared::{Exception, ExceptionKind};
use loop_api::task::Task;
use loop_api::time::Instant;
use loop_api::turn::Turn;
use loop_api::{Closed, EventLoop, Handle, JoinError, context};

mod hosted;
mod queue;
mod watch;

pub use hosted::Hosted;
pub use queue::{OnQueue, start_on_queue};
pub use watch::HandleWatch;

/// Turns of the guest before the host has its own, where the guest has that much to do.
const TURNS: usize = 16;

/// A loop that a host runs, and its main future.
///
/// A host that waits in `poll(2)`:
///
/// ```
/// # #[cfg(target_os = "linux")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::task::Poll;
/// use std::time::Duration;
/// use loop_api::{EventLoop, Handle};
/// use loop_compat::guest::Guest;
/// use loop_native::NativeLoop;
/// use rustix::event::{PollFd, PollFlags, Timespec, poll};
///
/// let native = NativeLoop::new()?;
/// let sleep = native.handle().sleep(Duration::from_millis(5));
/// let mut guest = Guest::new(native, async move {
///     sleep.await;
///     "done"
/// })?;
/// let said = loop {
///     // The host's own descriptors and timeout would be here, too.
///     let timeout = guest.timeout().map(|timeout| Timespec { tv_sec: 0, tv_nsec: timeout.as_nanos() as i64 });
///     poll(&mut [PollFd::new(&guest, PollFlags::IN)], timeout.as_ref())?;
///     if let Poll::Ready(result) = guest.step() {
///         break result?;
///     }
/// };
/// assert_eq!(said, "done");
/// # Ok(())
/// # }
/// # #[cfg(not(target_os = "linux"))]
/// # fn main() {}
/// ```
///
/// Dropping it ends the loop and drops the future; if that was not done, the loop's exception
/// handler is told, so that a host that quits early does not lose work in silence.
/// [`into_inner`](Self::into_inner) gives the loop back instead.
#[must_use = "a guest runs only when it is given steps"]
pub struct Guest<G: EventLoop, T: 'static> {
    main: Option<<G::Handle as Handle>::LocalTask<T>>,
    /// `None` once it was given back.
    event_loop: Option<G>,
    turns: u64,
}

impl<G: Turn + AsFd, T: 'static> Guest<G, T> {
    /// Makes `event_loop` a guest that runs `main`, and gives it its first turn, in which `main` is
    /// polled for the first time. The loop must not be used by its owner before: nothing is queued
    /// on it yet.
    ///
    /// # Errors
    ///
    /// `Other`, with a [`LocalError`](loop_api::LocalError) inside, if the loop is closed or does
    /// not take `main` as a local task; any error of the loop's [`turn`](Turn::turn): it cannot be
    /// run a turn at a time, or its poller failed.
    pub fn new<F>(mut event_loop: G, main: F) -> io::Result<Self>
    where
        F: Future<Output = T> + 'static,
    {
        let handle = event_loop.handle().clone();
        let main = {
            let _nested = context::enter_nested();
            let _running = handle.shared().running();
            handle.enter(|| handle.try_spawn_local(main)).map_err(io::Error::other)?
        };
        // From now on whatever happens between turns makes the descriptor readable.
        let _ = event_loop.as_fd();
        event_loop.turn(Some(Duration::ZERO))?;
        Ok(Guest { main: Some(main), event_loop: Some(event_loop), turns: 1 })
    }

    /// Gives it turns, as long as it has something to do but not without end, and never waits. To
    /// be called when the descriptor is readable or the timeout is over; at other times it does no
    /// harm.
    ///
    /// # Errors
    ///
    /// Why `main` gave no value: see [`GuestError`]. After the result was given it is
    /// [`GuestError::Finished`].
    pub fn step(&mut self) -> Poll<Result<T, GuestError>> {
        let (Some(event_loop), Some(main)) = (&mut self.event_loop, &mut self.main) else {
            return Poll::Ready(Err(GuestError::Finished));
        };
        for _ in 0..TURNS {
            if let Err(error) = event_loop.turn(Some(Duration::ZERO)) {
                self.main = None;
                return Poll::Ready(Err(GuestError::Turn(error)));
            }
            self.turns += 1;
            if main.is_finished() {
                let polled = Pin::new(main).poll(&mut Context::from_waker(Waker::noop()));
                if polled.is_ready() {
                    self.main = None;
                }
                return polled.map_err(GuestError::Main);
            }
            if event_loop.next_deadline().is_none_or(|deadline| deadline > Instant::now()) {
                break;
            }
        }
        Poll::Pending
    }

    /// How long the host may wait for the descriptor before the next step; `None`: as long as
    /// nothing happens.
    pub fn timeout(&self) -> Option<Duration> {
        self.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Until when the host may wait for the descriptor before the next step.
    pub fn deadline(&self) -> Option<Instant> {
        self.event_loop.as_ref().and_then(Turn::next_deadline)
    }

    /// How many turns it was given.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// The guest's handle, by which the host gives it work. From the host's own thread as from any
    /// other, that makes the descriptor readable.
    pub fn handle(&self) -> &G::Handle {
        match &self.event_loop {
            Some(event_loop) => event_loop.handle(),
            None => unreachable!("the loop is taken out only where the guest goes"),
        }
    }

    /// The loop, to be run otherwise. If the main future is not done, it stays there as a task.
    pub fn into_inner(mut self) -> G {
        self.main = None;
        match self.event_loop.take() {
            Some(event_loop) => event_loop,
            None => unreachable!("the loop is taken out only where the guest goes"),
        }
    }
}

/// Readable when a step has something to do, besides timers.
impl<G: Turn + AsFd, T> AsFd for Guest<G, T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.event_loop {
            Some(event_loop) => event_loop.as_fd(),
            None => unreachable!("the loop is taken out only where the guest goes"),
        }
    }
}

impl<G: EventLoop, T> Drop for Guest<G, T> {
    fn drop(&mut self) {
        if let (Some(event_loop), Some(_)) = (&self.event_loop, self.main.take()) {
            let message = "the host quit before its guest's main future was done: the future and the guest's tasks are dropped; give the \
                           guest its steps until it is done, or take it back by into_inner";
            event_loop.handle().shared().report(&Exception::new(ExceptionKind::Task, message, None));
        }
    }
}

impl<G: EventLoop, T> fmt::Debug for Guest<G, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest")
            .field("turns", &self.turns)
            .field("is_done", &self.main.is_none())
            .finish_non_exhaustive()
    }
}

/// Why a guest's main future gave no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum GuestError {
    /// It panicked, or was cancelled with its loop.
    Main(JoinError),
    /// The loop could not be given a turn: it was closed, or its poller failed.
    Turn(io::Error),
    /// The host's loop has ended before the guest was done, and watches nothing for it any more.
    Host(Closed),
    /// The result was given before.
    Finished,
}

impl fmt::Display for GuestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GuestError::Main(error) => write!(f, "the guest's main future gave no value: {error}"),
            GuestError::Turn(error) => write!(f, "the guest cannot be run any more: {error}"),
            GuestError::Host(Closed) => f.write_str(
                "the host has ended before its guest was done: keep the host's loop for longer, or give the guest to another host \
                 (Hosted::into_guest)",
            ),
            GuestError::Finished => {
                f.write_str("the guest was done before: give it no more steps after its result")
            }
        }
    }
}

impl std::error::Error for GuestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            GuestError::Main(error) => Some(error),
            GuestError::Turn(error) => Some(error),
            GuestError::Host(closed) => Some(closed),
            GuestError::Finished => None,
        }
    }
}

impl From<GuestError> for io::Error {
    fn from(error: GuestError) -> Self {
        match error {
            GuestError::Turn(error) => error,
            other => io::Error::other(other),
        }
    }
}
