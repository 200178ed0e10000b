//! What the exception handler is told.

use std::fmt;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::error::Panic;

/// Is told of what went wrong where no caller waits for the answer. It runs on the thread where
/// that happened.
pub type ExceptionHandler = Arc<dyn Fn(&Exception) + Send + Sync>;

/// Where it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExceptionKind {
    /// A task panicked and was not awaited.
    Task,
    /// A blocking job panicked and was not awaited, or outlived its loop; or a thread blocks on a
    /// loop that no thread runs.
    Blocking,
    /// A callback of call_soon, call_later or call_at panicked.
    Callback,
    /// A reader's or writer's callback panicked, or its descriptor failed.
    Watcher,
    /// A protocol's method panicked.
    Protocol,
    /// A failed promise was dropped unread.
    Promise,
    /// A waker panicked when the loop called it.
    Waker,
    /// A callback or a poll of a task kept the loop's thread longer than the threshold.
    Slow,
}

/// What went wrong, where, and in what.
#[non_exhaustive]
pub struct Exception {
    kind: ExceptionKind,
    message: String,
    location: Option<&'static Location<'static>>,
    panic: Option<Panic>,
    took: Option<Duration>,
}

impl Exception {
    /// Something went wrong that is not a panic.
    pub fn new(
        kind: ExceptionKind,
        message: impl Into<String>,
        location: Option<&'static Location<'static>>,
    ) -> Self {
        Exception { kind, message: message.into(), location, panic: None, took: None }
    }

    /// A panic.
    pub fn panicked(kind: ExceptionKind, panic: Panic, location: Option<&'static Location<'static>>) -> Self {
        Exception { kind, message: panic.message().to_owned(), location, panic: Some(panic), took: None }
    }

    /// Something that took too long.
    pub fn slow(took: Duration, location: Option<&'static Location<'static>>) -> Self {
        let message =
            format!("kept the loop's thread for {took:?}: move long work to spawn_blocking, or yield");
        Exception { kind: ExceptionKind::Slow, message, location, panic: None, took: Some(took) }
    }

    /// Where it went wrong.
    pub fn kind(&self) -> ExceptionKind {
        self.kind
    }

    /// What went wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where the task was spawned or the callback registered.
    pub fn location(&self) -> Option<&'static Location<'static>> {
        self.location
    }

    /// The panic, where it is one.
    pub fn panic(&self) -> Option<&Panic> {
        self.panic.as_ref()
    }

    /// How long it took, where it took too long.
    pub fn took(&self) -> Option<Duration> {
        self.took
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ExceptionKind::Task => "task",
            ExceptionKind::Blocking => "blocking job",
            ExceptionKind::Callback => "callback",
            ExceptionKind::Watcher => "reader or writer",
            ExceptionKind::Protocol => "protocol",
            ExceptionKind::Promise => "promise",
            ExceptionKind::Waker => "waker",
            ExceptionKind::Slow => "slow callback or task",
        };
        f.write_str(what)?;
        if let Some(location) = self.location {
            write!(f, " (from {location})")?;
        }
        if self.panic.is_some() {
            write!(f, " panicked: {}", self.message)
        } else {
            write!(f, ": {}", self.message)
        }
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exception")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("location", &self.location.map(ToString::to_string))
            .finish_non_exhaustive()
    }
}

/// Hands `exception` to the handler, or to standard error where there is none or where it panics.
pub(super) fn deliver(handler: Option<ExceptionHandler>, exception: &Exception) {
    let Some(handler) = handler else {
        write_report(format_args!("anyloop: {exception}"));
        return;
    };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| handler(exception))) {
        let panic = Panic::new(payload);
        let message = panic.message();
        write_report(format_args!(
            "anyloop: the exception handler panicked ({message}) when told of: {exception}"
        ));
    }
}

/// Writes a line to standard error, where that can be written to; else does nothing. Never panics,
/// as `eprintln!` does where standard error is a full disk or a pipe whose reader is gone. For what
/// a program must survive: reports, and destructors.
///
/// ```
/// loop_api::shared::write_report("something went wrong where no caller waits for the answer");
/// ```
pub fn write_report(report: impl fmt::Display) {
    let mut line = String::new();
    // A Display that fails or panics half way has told something until there.
    let format = AssertUnwindSafe(|| fmt::write(&mut line, format_args!("{report}")));
    if let Err(payload) = catch_unwind(format) {
        drop(Panic::new(payload));
    }
    line.push('\n');
    // One write, so that lines of several threads do not mix.
    let _unwritten = io::stderr().lock().write_all(line.as_bytes());
}
