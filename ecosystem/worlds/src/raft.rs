//! A key-value store on openraft: servers that keep their log in files and speak over TCP, and clients.
//!
//! It runs on any loop. In a world its hosts crash and lose what was not synced, its network is cut, and
//! what its clients saw is checked for an order in which it could have been done.

mod client;
mod cluster;
mod disk;
mod log;
mod machine;
mod message;
mod operator;
mod peers;
mod server;
mod types;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use client::{Client, Seen};
pub use cluster::{Setup, run};
pub use message::Addresses;
pub use server::{Failed, Options, Server};
pub use types::{Ask, Bug, Command, Reply, Types};

/// A server that panicked while it held the lock has failed its world.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
