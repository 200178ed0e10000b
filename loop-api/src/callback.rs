//! Callbacks in the manner of asyncio.
//!
//! [`call_soon`](crate::Handle::call_soon), [`call_later`](crate::Handle::call_later) and
//! [`call_at`](crate::Handle::call_at) queue a closure, from any thread;
//! [`Readiness::add_reader`](crate::readiness::Readiness::add_reader) and `add_writer` queue one
//! each time a descriptor is ready. What holds for all of them:
//!
//! - They run one at a time, in the order they were queued, on the thread that is inside the loop's
//!   `block_on`; never inside the call that queued them.
//! - A turn runs what was queued when it began. What is queued meanwhile runs in a later turn,
//!   after I/O, tasks and timers had theirs: an endless chain starves no other task.
//! - Each gives a handle by which it can be cancelled, also by a callback that runs earlier in the
//!   same turn.
//! - A panic goes to the loop's exception handler, and the next callback runs as if nothing had
//!   been.
//! - Closing the loop drops those that wait without running them.
//!
//! For those who write a backend: [`Pump`] runs them, and `try_block_on` has put one beside the
//! future that [`EventLoop::drive`](crate::EventLoop::drive) gets.

mod handle;
mod job;
mod local;
mod probe;
mod pump;
mod queue;
mod watcher;

pub use handle::CallbackHandle;
#[cfg(all(test, not(anyloop_loom)))]
pub(crate) use job::JobState;
pub(crate) use job::{Closure, Job};
pub(crate) use local::keep_local;
pub use pump::{Driven, Pump, run_adopted};
pub(crate) use queue::Queue;
pub use watcher::Watcher;
pub(crate) use watcher::watch;

#[cfg(all(test, anyloop_loom))]
mod loom_models;
#[cfg(all(test, not(anyloop_loom)))]
mod tests;
