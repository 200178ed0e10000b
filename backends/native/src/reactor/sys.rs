//! What the loop asks of the system, in one file for each way of asking. Nothing else in this crate
//! knows the system.

// `--cfg anyloop_portable` chooses the other systems' way, so that it can be tested here.
#[cfg(all(any(target_os = "linux", target_os = "android"), not(anyloop_portable)))]
mod linux;
#[cfg(all(any(target_os = "linux", target_os = "android"), not(anyloop_portable)))]
pub(crate) use linux::{Events, Poller};

#[cfg(any(not(any(target_os = "linux", target_os = "android")), anyloop_portable))]
mod portable;
#[cfg(any(not(any(target_os = "linux", target_os = "android")), anyloop_portable))]
pub(crate) use portable::{Events, Poller};

mod registered;
pub(crate) use registered::Registered;

/// What registering a regular file or a directory gives.
#[cold]
fn always_ready() -> std::io::Error {
    std::io::Error::new(
        std::io::ErrorKind::Unsupported,
        "this kind of file is always ready and cannot be waited for: read and write it directly, or in spawn_blocking",
    )
}

/// What happened to one registered source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    /// The key it was registered with.
    pub(crate) key: usize,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// The other side has closed, there is an error, or urgent data among the rest: from now on a
    /// short transfer says nothing.
    pub(crate) cut: bool,
}
