//! The task cell: a spawned future, its output, and all who point at it, in one allocation.
//!
//! An executor has a [`TaskSet`] and implements [`Schedule`], which puts a [`Runnable`] in its
//! queue; running a `Runnable` polls the task once. Everything else (wakers, aborts, panics, the
//! join handle's waker) happens in here.
//!
//! ```
//! # use std::sync::{Arc, Mutex};
//! # use loop_toolkit::task::{Runnable, Schedule, TaskSet};
//! #[derive(Default)]
//! struct Executor { queue: Mutex<Vec<Runnable>>, tasks: TaskSet }
//!
//! struct Pointer(Arc<Executor>);
//!
//! impl Schedule for Pointer {
//!     fn schedule(&self, task: Runnable) {
//!         self.0.queue.lock().unwrap().push(task);
//!     }
//!     fn tasks(&self) -> Option<&TaskSet> {
//!         Some(&self.0.tasks)
//!     }
//! }
//! assert!(Executor::default().tasks.is_empty());
//! ```

mod cell;
mod header;
mod join;
mod list;
mod runnable;
mod schedule;
mod spawn;
mod state;
#[cfg(test)]
pub(crate) mod tests;
mod waker;

pub use join::{AbortHandle, JoinHandle};
pub use list::TaskSet;
pub use runnable::Runnable;
pub use schedule::Schedule;
pub(crate) use schedule::TaskFuture;
pub(crate) use spawn::spawn_unowned;
pub use waker::is_of_task;
