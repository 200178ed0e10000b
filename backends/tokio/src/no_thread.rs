//! Threads that the system does not give: tokio panics where it needs one, and here that is an
//! error.

use std::collections::HashSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Calls `f`, in which tokio may start threads.
///
/// # Errors
///
/// The system's error when it was asked for one.
pub(crate) fn caught<R>(f: impl FnOnce() -> R) -> Result<R, io::Error> {
    // tokio panics with none of its locks held, and what it left is what it leaves where it gives
    // an error.
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .and_then(|text| text.strip_prefix("OS can't spawn worker thread: "));
        match text {
            Some(text) => said(text),
            None => resume_unwind(payload),
        }
    })
}

/// The system's error, from its text.
fn said(text: &str) -> io::Error {
    let code = text.rsplit_once("(os error ").and_then(|(_, code)| code.strip_suffix(')')?.parse().ok());
    let kind = code.map_or(io::ErrorKind::Other, |code| io::Error::from_raw_os_error(code).kind());
    io::Error::new(
        kind,
        format!("the system gave no thread ({text}): raise the limit on threads, or use fewer of them"),
    )
}

/// A job of which tokio may say that there is no thread for it. It stays in tokio's queue then, and
/// must not run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

static NEXT: AtomicU64 = AtomicU64::new(0);
/// Whether there ever was a job that was refused.
static ANY_REFUSED: AtomicBool = AtomicBool::new(false);
static REFUSED: Mutex<Option<HashSet<u64>>> = Mutex::new(None);

fn refused() -> MutexGuard<'static, Option<HashSet<u64>>> {
    REFUSED.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Ticket {
    pub(crate) fn new() -> Ticket {
        Ticket(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The task that awaits the job is told that it does not run.
    #[cold]
    pub(crate) fn refuse(self) {
        refused().get_or_insert_default().insert(self.0);
        ANY_REFUSED.store(true, Ordering::Release);
    }

    /// Whether the job may run. One that another thread took in the moment before it was refused
    /// does run.
    pub(crate) fn is_good(self) -> bool {
        !ANY_REFUSED.load(Ordering::Acquire)
            || !refused().as_mut().is_some_and(|refused| refused.remove(&self.0))
    }
}
