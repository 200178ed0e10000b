//! The process's signals as streams of a loop.

use std::fmt;
use std::io;
use std::task::{Context, Poll};

use crate::handle::Handle;

mod kind;

pub use kind::SignalKind;

/// A loop that tells of signals: those of the process, or a simulator's own.
///
/// ```
/// # #[cfg(unix)] mod example {
/// use loop_api::signal::{Signal, SignalKind, Signals};
/// use std::{future::poll_fn, io};
///
/// async fn reload_at_hangup<H: Signals>(handle: H) -> io::Result<()> {
///     let mut hangups = handle.signal(SignalKind::hangup())?;
///     while poll_fn(|cx| hangups.poll_recv(cx)).await.is_some() {
///         println!("reading the configuration again");
///     }
///     Ok(())
/// }
/// # }
/// ```
pub trait Signals: Handle {
    /// One who listens to a kind of signal.
    type Signal: Signal;

    /// Listens to a kind of signal from now on. Any number may listen to one kind, on any number of
    /// loops, and each is told.
    ///
    /// The first listener of a kind replaces what the system does at such a signal, such as ending
    /// the process, and so it stays for as long as the process lives, though all listeners are
    /// dropped.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a signal that no handler may take, such as `SIGKILL`; `Unsupported` where
    /// the system has no such signal; [`Closed`](crate::Closed) inside an `io::Error` on a closed
    /// loop; any other error of `sigaction(2)`, or of making and registering a descriptor.
    fn signal(&self, kind: SignalKind) -> io::Result<Self::Signal>;
}

/// One who listens to a kind of signal. Dropping it ends its listening, and no other's.
pub trait Signal: fmt::Debug + Send + Sync + Unpin + 'static {
    /// Waits for the next signal. Those that came since the last one was given are one: after a
    /// signal there is at least one more `Some`. `None` says that the loop is closed, after which
    /// none comes.
    ///
    /// Cancel safe: a signal is either given or still there.
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>>;
}
