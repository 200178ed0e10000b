//! Signals of the process: `ctrl_c` everywhere, on unix any by `unix`, on Windows those of the
//! console by `windows`. Names and signatures are tokio's.
//!
//! Any number of listeners on any number of loops may listen to one kind, and each is told. A signal
//! that comes between two `recv`s is not lost: the second gives it at once. Several that come in
//! between are one.
//!
//! The first listener of a kind replaces what the system does at that signal, such as ending the
//! process at Ctrl-C, and that is not put back while the process lives, though all listeners are
//! dropped. A handler of the program's own, installed before, is still called. So a program that
//! listens to Ctrl-C once has to end by itself whenever it comes; children are given the system's
//! own ways again when they are started.
//!
//! A listener belongs to the loop that it was made on, and tells its end: `recv` then gives `None`.
//!
//! ```
//! # #[cfg(unix)]
//! # fn main() -> std::io::Result<()> {
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use anyloop::signal::unix::{SignalKind, signal};
//!
//! let mut interrupt = signal(SignalKind::interrupt())?;
//! let mut terminate = signal(SignalKind::terminate())?;
//! # std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status()?;
//! // ... a service manager sends SIGTERM ...
//! let name = futures_lite::future::or(
//!     async { interrupt.recv().await.map(|()| "SIGINT") },
//!     async { terminate.recv().await.map(|()| "SIGTERM") },
//! );
//! assert_eq!(name.await, Some("SIGTERM"));
//! # Ok(())
//! # })
//! # }
//! # #[cfg(not(unix))]
//! # fn main() {}
//! ```

use std::future::poll_fn;
use std::io;

use loop_api::signal::{Signal as LoopSignal, SignalKind, Signals};

use crate::any::{self, each, opaque};
use crate::runtime::Handle;

#[cfg(unix)]
pub mod unix;
#[cfg(windows)]
pub mod windows;

/// Waits for Ctrl-C, or on unix any other `SIGINT`.
///
/// The system's own answer to Ctrl-C, which is to end the process, is off from the first call on,
/// and stays so: see [this module](self).
///
/// Cancel safe, but what comes between two calls is lost: keep a listener of `unix::signal` or
/// `windows::ctrl_c` to miss none.
///
/// ```
/// # #[cfg(unix)]
/// # fn main() -> std::io::Result<()> {
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use std::pin::pin;
/// use futures_lite::future::poll_once;
///
/// let mut ctrl_c = pin!(anyloop::signal::ctrl_c());
/// assert!(poll_once(ctrl_c.as_mut()).await.is_none()); // from here on it listens
/// # std::process::Command::new("kill").args(["-INT", &std::process::id().to_string()]).status()?;
/// // ... the user presses Ctrl-C ...
/// ctrl_c.await?;
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
///
/// # Errors
///
/// `Unsupported` on a loop without signals; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error`
/// without a loop; [`Closed`](loop_api::Closed) inside one when the loop ends; else any error of
/// installing the handler.
#[doc(alias = "graceful shutdown")]
#[doc(alias = "SIGINT")]
pub async fn ctrl_c() -> io::Result<()> {
    let mut listener = listen(SignalKind::ctrl_c())?;
    match poll_fn(|cx| listener.poll_recv(cx)).await {
        Some(()) => Ok(()),
        // Its caller takes what is given for Ctrl-C.
        None => Err(loop_api::Closed.into()),
    }
}

/// One who listens to a kind of signal, whichever it is.
pub struct Listener(any::Signal);

opaque!([] Listener, Signal);

fn listen(kind: SignalKind) -> io::Result<Listener> {
    Handle::try_current()?.signal(kind)
}

impl Signals for Handle {
    type Signal = Listener;

    fn signal(&self, kind: SignalKind) -> io::Result<Listener> {
        each!(Handle => Signal as wrap; &self.0, h => h.signal(kind).map(|signal| Listener(wrap(signal))))
    }
}

impl LoopSignal for Listener {
    fn poll_recv(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<()>> {
        each!(Signal; &mut self.0, signal => LoopSignal::poll_recv(signal, cx))
    }
}

/// A type of listener with tokio's methods, over [`Listener`].
macro_rules! listener {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug)]
        #[must_use = "it listens only while it lives"]
        pub struct $name(pub(super) super::Listener);

        impl $name {
            /// Waits for the next signal. Those that came since the last call are one. `None` says
            /// that the loop has ended.
            ///
            /// Cancel safe: a signal is either given or still there.
            pub async fn recv(&mut self) -> Option<()> {
                std::future::poll_fn(|cx| self.poll_recv(cx)).await
            }

            /// As [`recv`](Self::recv), for one who polls.
            pub fn poll_recv(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<()>> {
                loop_api::signal::Signal::poll_recv(&mut self.0, cx)
            }
        }

        impl futures_core::Stream for $name {
            type Item = ();

            fn poll_next(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<()>> {
                self.poll_recv(cx)
            }
        }
    };
}
use listener;
