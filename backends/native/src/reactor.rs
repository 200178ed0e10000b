//! Sources of events: the waiters of each direction of each descriptor, and the system's pollers.

mod direction;
mod poll;
mod registry;
mod source;
mod sys;
mod waiters;

#[cfg(all(test, anyloop_loom))]
pub(crate) use direction::Direction;
#[cfg(fuzzing)]
pub(crate) use direction::model::beside_a_model as direction_beside_a_model;
pub(crate) use poll::Waiting;
pub(crate) use registry::Reactor;
pub use source::NativeSource;
pub(crate) use sys::Poller;
