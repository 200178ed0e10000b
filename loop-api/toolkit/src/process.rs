//! Children on a loop: with [`ready_process!`](crate::ready_process) its handle implements
//! [`Process`](loop_api::process::Process).
//!
//! On Linux the loop waits for a child by its pidfd, on other unix systems and where Linux refuses
//! one (before 5.3, or in a sandbox) by `SIGCHLD`, of which each child that is waited for is told.
//! On Windows it asks with pauses of 1 to 25 ms. No thread is needed on any of them.
//!
//! `EVFILT_PROC` of macOS and the BSDs is left out, as in tokio and async-process. It is told before
//! `waitpid(2)` finds the child on macOS, so that the loop would have to block in there; it comes
//! from a kqueue and from no descriptor that the contract's readiness could register, but for a
//! kqueue a child; and children that were started elsewhere need `SIGCHLD` all the same. The price is
//! that the end of one child asks after each that is waited for. (`waitid(2)` could tell which has ended
//! without reaping it, but only the first one: a child of other code in the process that is not reaped
//! would hide all others behind it.)

#[cfg(not(unix))]
mod asked;
#[cfg(unix)]
mod orphans;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use asked::Child;
#[cfg(unix)]
pub use unix::Child;
#[cfg(unix)]
#[doc(hidden)]
pub use unix::without_pidfd;

/// Gives a handle its [`Process`](loop_api::process::Process). On unix it must implement
/// [`Readiness`](loop_api::readiness::Readiness), elsewhere it needs nothing:
///
/// ```ignore
/// impl Readiness for MyHandle { .. }
/// loop_toolkit::ready_process!(MyHandle);
/// ```
#[macro_export]
macro_rules! ready_process {
    ($handle:ty) => {
        impl $crate::api::process::Process for $handle {
            type Child = $crate::process::Child<Self>;

            fn spawn_child<F>(&self, start: F) -> ::std::io::Result<Self::Child>
            where
                F: FnOnce() -> ::std::io::Result<::std::process::Child>,
            {
                $crate::process::Child::start(self, start)
            }
        }
    };
}
