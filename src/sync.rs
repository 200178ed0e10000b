//! Locks, channels and signals between tasks. None of them needs a loop, and all work between loops and threads.
//!
//! - [`mpsc`], [`oneshot`] and [`watch`] are the channels, [`Notify`] a signal without a value: tokio's names and rules.
//! - [`Mutex`], [`RwLock`], [`Semaphore`], [`Barrier`] and [`OnceCell`] are [async-lock]'s. Waiting for one of them is cancel safe, but loses
//!   the place in the row. Dropping a guard unlocks.
//!
//! What differs from tokio: an owned guard comes from `lock_arc` where tokio says `lock_owned`, a lock for threads from
//! `lock_blocking` where it says `blocking_lock`; `try_lock` and its like give an `Option`; a semaphore's `acquire` gives its guard without a
//! `Result`, as it is never closed, and gives one permit, not many. There is no `broadcast`, and in [`mpsc`] no `reserve`, `send_timeout`,
//! `recv_many` and weak senders. [`mpsc`] stands on [async-channel].
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
//!         let _permit = two_at_once.acquire().await;
//!         *total.lock().await += n;
//!     });
//! }
//! tasks.join_all().await;
//! assert_eq!(*total.lock().await, 6);
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```
//!
//! [async-lock]: https://docs.rs/async-lock
//! [async-channel]: https://docs.rs/async-channel

pub mod mpsc;
mod notify;
pub mod oneshot;
pub mod watch;

pub use async_lock::{
    Barrier, BarrierWaitResult, Mutex, MutexGuard, MutexGuardArc as OwnedMutexGuard, OnceCell, RwLock,
    RwLockReadGuard, RwLockReadGuardArc as OwnedRwLockReadGuard, RwLockWriteGuard,
    RwLockWriteGuardArc as OwnedRwLockWriteGuard, Semaphore, SemaphoreGuard as SemaphorePermit,
    SemaphoreGuardArc as OwnedSemaphorePermit,
};
pub use notify::{Notified, Notify};
