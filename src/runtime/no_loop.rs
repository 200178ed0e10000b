//! Errors of having no loop, by tokio's names.

use std::error::Error;
use std::io;

use loop_api::Closed;

use super::NoLoop;

/// tokio's name of the error of [`Handle::try_current`](super::Handle::try_current).
pub type TryCurrentError = NoLoop;

impl NoLoop {
    /// Whether no loop runs here; else one could not be made.
    pub fn is_missing_context(&self) -> bool {
        !self.could_not_be_made()
    }

    /// False: the end of a thread is no other error than that no loop runs there.
    pub fn is_thread_local_destroyed(&self) -> bool {
        false
    }
}

/// Whether an error says that the loop has ended: of a socket, a file or a timer that is used after
/// it.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// use anyloop::runtime::{Runtime, is_rt_shutdown_err};
///
/// let mut runtime = Runtime::new()?;
/// let handle = runtime.handle().clone();
/// runtime.close();
/// let bound = handle.within(|| std::net::TcpListener::bind("127.0.0.1:0"))?;
/// let error = handle.within(|| anyloop::net::TcpListener::from_std(bound)).unwrap_err();
/// assert!(is_rt_shutdown_err(&error));
/// # std::io::Result::Ok(())
/// ```
pub fn is_rt_shutdown_err(error: &io::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(error) = cause {
        if error.is::<Closed>() {
            return true;
        }
        cause = error.source();
    }
    false
}
