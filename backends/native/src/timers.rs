//! Sleeps: the wheel, its clock and its lock, and the futures that wait in it.

mod clock;
mod sleep;
#[allow(clippy::module_inception)]
mod timers;
mod wheel;

#[cfg(feature = "test-util")]
pub(crate) use clock::{OUTSIDE, ThreadClock, outside_now};
pub use sleep::NativeSleep;
pub(crate) use timers::{Interrupt, Timers};
pub(crate) use wheel::Expired;
#[cfg(fuzzing)]
pub(crate) use wheel::model::beside_a_sorted_map as wheel_beside_a_sorted_map;
