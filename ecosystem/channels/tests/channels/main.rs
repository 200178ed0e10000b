//! Groups on every loop and in worlds; the chat, by clients of others.

#[cfg(all(unix, feature = "redis"))]
#[path = "../../../../examples/tests/support/mod.rs"]
mod support;

#[cfg(all(unix, feature = "redis"))]
mod chat;
mod groups;
#[cfg(all(unix, feature = "redis"))]
mod redis;
#[cfg(feature = "redis")]
mod world;
