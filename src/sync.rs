//! Locks, channels and signals between tasks. None of them needs a loop, and all work between loops and threads.
//!
//! The locks are [async-lock]'s, whose names are mostly tokio's own: an owned guard comes from `lock_arc` where tokio says
//! `lock_owned`, and a semaphore's `acquire` cannot fail, as it is never closed. The channels and signals have tokio's names and
//! rules; [`mpsc`] stands on [async-channel].
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
