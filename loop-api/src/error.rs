//! What can go wrong, each with its remedy in the message.
//!
//! ```
//! use loop_api::{Closed, RunError};
//!
//! let nested = RunError::Nested.to_string();
//! assert!(nested.contains("spawn_blocking"), "{nested}");
//! let error = std::io::Error::from(Closed);
//! assert_eq!(error.kind(), std::io::ErrorKind::NotConnected);
//! ```

use std::any::Any;
use std::fmt;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use crate::task::Id;

/// The loop is closed: nothing can be scheduled on it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the event loop is closed: keep the loop alive for as long as its handles are used")
    }
}

impl std::error::Error for Closed {}

impl From<Closed> for io::Error {
    fn from(closed: Closed) -> Self {
        io::Error::new(io::ErrorKind::NotConnected, closed)
    }
}

/// Why a future could not be run to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// `stop()` was called before the future was done. The loop can be run again.
    Stopped,
    /// The loop is closed.
    Closed,
    /// This thread already runs a loop. That loop is not harmed.
    Nested,
    /// The future would wait, on the thread that alone can run the loop and that does not: it was
    /// given to the handle's `block_on`, which leaves the running to another thread.
    NotRunning,
    /// The future waits, and nothing on the loop or outside it can ever wake it. Other threads may
    /// be at work all the same, without a handle of the loop: who waits for them calls `block_on`,
    /// which sleeps forever then.
    Deadlock,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RunError::Stopped => "the event loop was stopped before the future was done: run it again, or do not call stop()",
            RunError::Closed => "the event loop is closed: make a new one",
            RunError::Nested => {
                "this thread already runs an event loop, and blocking it would stop every task on it: \
                 `.await` the future instead, or move the blocking call into spawn_blocking"
            }
            RunError::NotRunning => {
                "the future waits for an event loop that is not running, and Handle::block_on does not run it: on the thread that \
                 made the loop call block_on on the Runtime (the EventLoop) itself; Handle::block_on is for blocking jobs and other \
                 threads, while that one runs the loop"
            }
            RunError::Deadlock => {
                "the future waits for something that can never happen: no task, timer, socket, callback or other thread \
                 is left that could wake it"
            }
        })
    }
}

impl std::error::Error for RunError {}

/// Why a future that is not `Send` could not be spawned. The future has been dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocalError {
    /// The call was made on another thread than the loop's, or while the loop was not running.
    NotLoopThread,
    /// The loop is closed.
    Closed,
    /// This loop has no thread of its own (it was adopted, or runs on many threads).
    Unsupported,
}

impl fmt::Display for LocalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LocalError::NotLoopThread => {
                "spawn_local works only on the thread that runs the loop, from within block_on or a task: \
                 make the future Send and use spawn, or call it from there"
            }
            LocalError::Closed => {
                "the event loop is closed: keep the loop alive for as long as its handles are used"
            }
            LocalError::Unsupported => {
                "this loop has no thread of its own that futures which are not Send could stay on: \
                 run a single-threaded loop, or make the future Send and use spawn"
            }
        })
    }
}

impl std::error::Error for LocalError {}

/// Why a task gave no value. `?` takes it into an `io::Error`.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The task was aborted, or its loop was dropped, before it was done. Its future is gone.
    Cancelled(Id),
    /// The loop was closed already when the task was spawned. The future was dropped without being
    /// polled.
    Closed(Id),
    /// The task panicked.
    Panicked(Panic, Id),
    /// It was a blocking job, and there was no thread for it. The closure was dropped.
    NoThread(io::ErrorKind, Id),
}

impl JoinError {
    /// Which task it was, as its handles said.
    ///
    /// ```
    /// use loop_api::{Handle, task::Task};
    /// # async fn example<H: Handle>(handle: H) {
    /// let task = handle.spawn(async { panic!("alone") });
    /// let id = task.id();
    /// assert_eq!(task.await.unwrap_err().id(), id);
    /// # }
    /// ```
    pub fn id(&self) -> Id {
        match self {
            JoinError::Cancelled(id)
            | JoinError::Closed(id)
            | JoinError::Panicked(_, id)
            | JoinError::NoThread(_, id) => *id,
        }
    }

    /// Whether the task was aborted, or dropped with its loop; also if that was closed already when
    /// the task was spawned, as [`is_closed`](Self::is_closed) then says, too.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, JoinError::Cancelled(_) | JoinError::Closed(_))
    }

    /// Whether the loop was closed already when the task was spawned.
    pub fn is_closed(&self) -> bool {
        matches!(self, JoinError::Closed(_))
    }

    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self, JoinError::Panicked(..))
    }

    /// Goes on with the panic of the task on this thread; panics with the error itself if the task
    /// did not panic. It gives any type, so that `unwrap_or_else` gives the output or the panic.
    ///
    /// ```
    /// # use loop_api::{Handle, JoinError};
    /// # async fn example<H: Handle>(handle: H) {
    /// let sum = handle.spawn(async { 1 + 2 }).await.unwrap_or_else(JoinError::resume);
    /// assert_eq!(sum, 3);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Always.
    #[track_caller]
    pub fn resume<T>(self) -> T {
        match self.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            Err(other) => panic!("{other}"),
        }
    }

    /// The payload of the panic.
    ///
    /// # Panics
    ///
    /// If the task did not panic; [`try_into_panic`](Self::try_into_panic) does not.
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(other) => panic!("the task did not panic ({other}): ask is_panic() first"),
        }
    }

    /// The payload of the panic, or the error itself if the task did not panic.
    ///
    /// # Errors
    ///
    /// The error as it was, if it is not a panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, JoinError> {
        match self {
            JoinError::Panicked(panic, _) => Ok(panic.into_payload()),
            other => Err(other),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled(id) => write!(f, "task {id} was cancelled"),
            JoinError::Closed(_) => Closed.fmt(f),
            JoinError::Panicked(panic, id) => match panic.message() {
                NOT_TEXT => write!(f, "task {id} panicked"),
                text => write!(f, "task {id} panicked with message {text:?}"),
            },
            JoinError::NoThread(kind, _) => Refused::NoThread(*kind).fmt(f),
        }
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        let kind = match error {
            JoinError::Closed(_) => io::ErrorKind::NotConnected,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

/// Why a blocking job was not accepted. Its closure has been dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// The pool or its loop is closed.
    Closed,
    /// The system gave no thread, and there is none that would have time later.
    NoThread(io::ErrorKind),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Closed => Closed.fmt(f),
            Refused::NoThread(kind) => write!(
                f,
                "the system gave no thread for a blocking job ({kind}): raise the limit on threads, or use fewer of them"
            ),
        }
    }
}

impl std::error::Error for Refused {}

impl Refused {
    /// What the handle of the job gives, which is told from others by `id`.
    pub fn into_join_error(self, id: Id) -> JoinError {
        match self {
            Refused::Closed => JoinError::Closed(id),
            Refused::NoThread(kind) => JoinError::NoThread(kind, id),
        }
    }
}

/// The payload of a panic, caught where a task or a callback ended.
///
/// ```
/// use loop_api::error::Panic;
///
/// let payload = std::panic::catch_unwind(|| panic!("no")).unwrap_err();
/// let panic = Panic::new(payload);
/// assert_eq!(panic.message(), "no");
/// assert!(panic.into_payload().is::<&str>());
/// ```
pub struct Panic {
    // In a box, so that a result that may be a panic is small.
    caught: Box<Caught>,
}

/// The message of a payload that is none.
const NOT_TEXT: &str = "(a payload that is not a string)";

struct Caught {
    message: String,
    // A mutex only makes it Sync; it is never contended.
    payload: Mutex<Box<dyn Any + Send + 'static>>,
}

impl Panic {
    /// Wraps what `catch_unwind` gave.
    pub fn new(payload: Box<dyn Any + Send + 'static>) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&'static str>() {
            (*text).to_owned()
        } else if let Some(text) = payload.downcast_ref::<String>() {
            text.clone()
        } else {
            NOT_TEXT.to_owned()
        };
        Panic { caught: Box::new(Caught { message, payload: Mutex::new(payload) }) }
    }

    /// The text of the panic, where its payload is a string.
    pub fn message(&self) -> &str {
        &self.caught.message
    }

    /// The payload, for `std::panic::resume_unwind`.
    pub fn into_payload(mut self) -> Box<dyn Any + Send + 'static> {
        self.take_payload()
    }

    fn take_payload(&mut self) -> Box<dyn Any + Send + 'static> {
        let payload = self.caught.payload.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        mem::replace(payload, Box::new(()))
    }
}

/// A payload may be anything, and its drop may panic too: one that was not taken ends here,
/// whatever it does.
impl Drop for Panic {
    fn drop(&mut self) {
        let payload = self.take_payload();
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            // There is no end to payloads whose drop panics.
            mem::forget(another);
        }
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.caught.message).finish()
    }
}
