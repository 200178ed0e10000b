//! What the loop asks of the system, in one file for each way of asking. Nothing else in this crate knows the system.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::{Events, Poller};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod portable;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use portable::{Events, Poller};

/// What happened to one registered source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    /// The key it was registered with.
    pub(crate) key: usize,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// The other side has closed, or there is an error: reading will not wait again, so a short read says nothing.
    pub(crate) closed: bool,
}
