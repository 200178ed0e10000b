//! For those who write a backend: the pieces that most backends need and none should write again.

mod guarded;
pub mod task;

pub use guarded::{Caught, Guarded, guard_blocking, time_polls};
