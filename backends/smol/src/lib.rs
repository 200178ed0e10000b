//! smol (async-executor and async-io) as a loop of anyloop.
//!
//! ```
//! use loop_api::{EventLoop, Handle};
//! use loop_smol::SmolLoop;
//!
//! # fn main() -> std::io::Result<()> {
//! let mut event_loop = SmolLoop::new()?;
//! let handle = event_loop.handle().clone();
//! let sum = event_loop.block_on(async move { handle.spawn(async { 1 + 2 }).await });
//! assert_eq!(sum.unwrap(), 3);
//! # Ok(())
//! # }
//! ```
//!
//! Tasks run on an [`async_executor::Executor`] of the loop's own: on the thread inside `block_on`,
//! or, with [`Builder::worker_threads`], on threads that live as long as the loop. Sockets and
//! timers are async-io's.
//!
//! What differs from other loops: async-io has one reactor for the whole process, shared by all
//! loops, and a thread named "async-io" that serves it while no loop does. That thread is started
//! by the first socket or timer, and never ends.
//!
//! For the same reason no loop of this kind can be used after `fork` in a child whose parent had
//! used one, not even one that is made there: the reactor's descriptors are the parent's, and its
//! thread is gone. Nor is a descriptor that was closed before it is registered always an error: the
//! reactor, made at its first use, may have been given the number.
//!
//! A `SmolLoop` cannot be stepped from another loop (there is no `Turn`), and does not detect a
//! deadlock: async-io gives out neither its poller nor what it waits for. A task that waits for a
//! socket must not be polled by a waker whose clone or drop uses the same socket: async-io clones the
//! waker, and drops the one that it replaces, under the socket's lock, and the thread would wait for
//! itself forever. Wakers of runtimes and of the usual combinators do not do that; `accept` does not
//! mind the drop.
//!
//! A task that another thread wakes in the very moment in which the loop is dropped may never be
//! dropped: async-executor empties its queue once, and the wake may put the task there afterwards.
//!
//! Applications use it by the `anyloop` facade, feature `smol`.
//!
//! With the feature `global`, a program that runs on smol's own global executor lends it to
//! anyloop: see `SmolHandle::global`. smol does not tell which executor a thread is in, so this is
//! never guessed: it is done where it is asked for.

#![deny(unsafe_code)]

mod coop;
mod event_loop;
mod foreign;
#[cfg(feature = "global")]
mod global;
mod handle;
mod inner;
mod link;
pub mod net;
mod one_thread;
#[cfg(feature = "process")]
mod process;
mod readiness;
#[cfg(feature = "signal")]
mod signal;
mod start;
mod task;
mod time;
mod turns;
mod workers;

pub use coop::give_way;
pub use event_loop::{Builder, SmolLoop};
pub use inner::SmolHandle;
pub use readiness::Source;
pub use task::{AbortHandle, JoinHandle};
pub use time::Sleep;
