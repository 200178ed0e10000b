//! anyloop's own loop, on the polling crate.
//!
//! One thread, unless built otherwise: it runs the tasks, the timers and the poller, and nothing on
//! it takes a system call but what a socket needs. Sources are registered once, edge triggered
//! where the system has edges; on Linux a wait is one system call.
//!
//! ```
//! use loop_api::{EventLoop, Handle, RunError};
//! use loop_native::NativeLoop;
//!
//! let mut native = NativeLoop::new()?;
//! let handle = native.handle().clone();
//! let sum = native.block_on(async move { handle.spawn(async { 1 + 2 }).await })?;
//! assert_eq!(sum, 3);
//! // It detects that nothing will ever wake a future.
//! assert_eq!(native.try_block_on(std::future::pending::<()>()), Err(RunError::Deadlock));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! With [`Builder::worker_threads`] the tasks that are `Send` are spread over threads, which also
//! wait for I/O and timers; the thread inside `block_on` runs its future, the callbacks and the
//! tasks that are not `Send`. A loop on one thread can be stepped ([`Turn`](loop_api::turn::Turn)),
//! and so be run inside another loop.
//!
//! Applications use it by the `anyloop` facade, feature `native`.
//!
//! # The way of a byte that arrives
//!
//! 1. A task polls a read. `NativeSource` (`reactor/source.rs`) asks the readable `Direction` of
//!    its descriptor whether it is ready; it is not, so the task's waker goes into that direction's
//!    list.
//! 2. No task is left to run: `Core::park` (`core.rs`) takes the time of the next timer from the
//!    wheel and waits in the system's poller (`reactor/sys.rs`), one call.
//! 3. The byte arrives and the poller gives an event with the slot of the source.
//!    `Waiting::dispatch` (`reactor/poll.rs`) finds its directions, sets `READY` and wakes those in
//!    the list.
//! 4. Waking puts the task into the thread's own queue (`executor/local.rs`): no lock, no system
//!    call.
//! 5. `Core::run_tasks` polls the task, which reads. A read that gives less than was asked for,
//!    where that means that nothing is left, clears `READY`, so that no second read has to say
//!    `WouldBlock`.
//!
//! # The way of a future that is spawned
//!
//! 1. `NativeHandle::spawn` puts it into a cell with its state, its join handle's waker and space
//!    for its output: one allocation (`loop_toolkit::task`). The cell goes on the list of live
//!    tasks.
//! 2. Its `Runnable` goes to the queue: the thread's own (`executor/local.rs`); from another thread
//!    the injector (`executor/injector.rs`), and `Unparker` wakes the loop if it sleeps; with
//!    workers the spawning worker's queue, from which idle workers steal (`executor/workers.rs`).
//! 3. `Core::run_tasks`, or a worker, polls it. Pending: its waker is a counted pointer to the
//!    cell, and waking makes the next `Runnable`. Ready: the output takes the future's place in the
//!    cell.
//! 4. The task leaves the list of live tasks, and the waker in the join handle is woken; awaiting
//!    that moves the output out. The last of handle, wakers and `Runnable` frees the cell.

#![deny(unsafe_code)]

mod builder;
mod config;
mod core;
mod executor;
mod foreign;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod handle;
#[cfg(all(test, anyloop_loom))]
mod loom_models;
mod loom_shim;
mod native_loop;
mod net;
#[cfg(feature = "process")]
mod process;
mod reactor;
#[cfg(feature = "signal")]
mod signal;
#[cfg(feature = "test-util")]
mod test_clock;
#[cfg(test)]
mod tests;
mod timers;
mod turn;
mod worker_threads;

pub use builder::Builder;
pub use handle::NativeHandle;
pub use native_loop::NativeLoop;
pub use reactor::NativeSource;
pub use timers::NativeSleep;
