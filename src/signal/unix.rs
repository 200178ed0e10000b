//! Unix's signals, of any kind.

use std::io;

pub use loop_api::signal::SignalKind;

use super::{listen, listener};

listener! {
    /// One who listens to a kind of signal: see [`signal`]. It is also a `Stream`. Dropping it ends
    /// its listening; the system's own answer to the signal does not come back.
    Signal
}

/// Listens to a kind of signal from now on, whether or not it is waited for at the time. What comes
/// between two [`recv`](Signal::recv)s is given by the second.
///
/// From the first call for a kind on, the system does no longer what it did at such a signal, and
/// does so never again in this process: see the [module above](super).
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::signal::unix::{SignalKind, signal};
///
/// let mut hangups = signal(SignalKind::hangup())?;
/// let task = anyloop::spawn(async move { hangups.recv().await });
/// # std::process::Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status()?;
/// // ... the terminal is closed, or a service manager asks to read the configuration again ...
/// assert_eq!(task.await?, Some(()));
///
/// let error = signal(SignalKind::from_raw(9)).unwrap_err(); // SIGKILL
/// assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
///
/// `InvalidInput` for a signal that no handler may take (`SIGKILL`, `SIGSTOP`, `SIGILL`, `SIGFPE`,
/// `SIGSEGV`) or that the system does not have; `Unsupported` on a loop without signals;
/// [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop; else any error of making
/// and registering a descriptor.
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    listen(kind).map(Signal)
}
