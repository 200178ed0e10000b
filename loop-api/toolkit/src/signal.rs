//! The process's signals on a loop: with [`ready_signals!`](crate::ready_signals) its handle
//! implements [`Signals`](loop_api::signal::Signals).
//!
//! On unix each listener has a descriptor of its own, which the handler writes to and the loop waits
//! for: so nothing is shared between listeners or loops but the handler itself, which is that of
//! signal-hook-registry, as for tokio and async-signal. On Windows the events of the console are
//! taken from tokio, whose part for them needs no runtime.

#[cfg(unix)]
mod handler;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::Signal;
#[cfg(windows)]
pub use windows::Signal;

/// Gives a handle its [`Signals`](loop_api::signal::Signals). On unix it must implement
/// [`Readiness`](loop_api::readiness::Readiness), elsewhere it needs nothing:
///
/// ```ignore
/// impl Readiness for MyHandle { .. }
/// loop_toolkit::ready_signals!(MyHandle);
/// ```
#[macro_export]
macro_rules! ready_signals {
    ($handle:ty) => {
        impl $crate::api::signal::Signals for $handle {
            type Signal = $crate::signal::Signal<Self>;

            fn signal(&self, kind: $crate::api::signal::SignalKind) -> ::std::io::Result<Self::Signal> {
                $crate::signal::Signal::new(self, kind)
            }
        }
    };
}
