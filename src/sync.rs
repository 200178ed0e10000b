//! Locks, channels and signals between tasks: tokio's own, which need no runtime, and work between
//! loops and threads.
//!
//! - [`mpsc`], [`oneshot`], [`broadcast`] and [`watch`] are the channels, [`Notify`] a signal
//!   without a value.
//! - [`Mutex`], [`RwLock`], [`Semaphore`], [`Barrier`], [`OnceCell`] and [`SetOnce`] are as
//!   `tokio::sync` has them. Waiting for one of them is cancel safe, but loses the place in the
//!   row.
//!
//! They are the same types as tokio's, so that other crates' code takes them. A task in which a
//! channel or a lock is always ready gives way to timers and other tasks now and then, on every
//! loop: native and smol lend the threads they run on the count of operations that tokio keeps for
//! a poll. (Not smol's global executor, adopted, nor a loop whose turns a host makes: there it is
//! the host that may.)
//!
//! What to heed on loops that are not tokio's:
//!
//! - `blocking_recv`, `blocking_send`, `blocking_lock` and their like are for threads and
//!   [`spawn_blocking`](crate::task::spawn_blocking). In a task they stop the loop, and the task
//!   that could end that with it. On tokio, and on a loop built with `with_tokio`, they panic
//!   there, and say so; on native and smol they cannot know where they are, and block.
//! - `mpsc::Sender::send_timeout`, which is there when a crate turns tokio's feature `time` on,
//!   panics without tokio's timer: build the loop with `with_tokio`, or write
//!   `anyloop::time::timeout(limit, sender.send(value))`.
//! - Receivers are no `Stream`s, as in tokio: tokio-stream's `ReceiverStream` and its like wrap
//!   them.
//!
//! ```
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use std::sync::Arc;
//! use anyloop::sync::{Mutex, Semaphore};
//!
//! let total = Arc::new(Mutex::new(0));
//! let two_at_once = Arc::new(Semaphore::new(2));
//! let mut tasks = anyloop::task::JoinSet::new();
//! for n in 1..=3 {
//!     let (total, two_at_once) = (total.clone(), two_at_once.clone());
//!     tasks.spawn(async move {
//!         let _permit = two_at_once.acquire().await.unwrap(); // it is never closed
//!         *total.lock().await += n;
//!     });
//! }
//! tasks.join_all().await;
//! assert_eq!(*total.lock().await, 6);
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```

// By name, so that a feature of tokio's that another crate turns on adds nothing that needs its
// runtime.
pub use tokio::sync::{
    AcquireError, Barrier, BarrierWaitResult, MappedMutexGuard, Mutex, MutexGuard, Notify, OnceCell,
    OwnedMappedMutexGuard, OwnedMutexGuard, OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard,
    OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, RwLockMappedWriteGuard, RwLockReadGuard,
    RwLockWriteGuard, Semaphore, SemaphorePermit, SetError, SetOnce, SetOnceError, TryAcquireError,
    TryLockError, broadcast, futures, mpsc, oneshot, watch,
};
