//! Groups on every loop and in worlds; the chat, by clients of others.

#[cfg(unix)]
#[path = "../../../../examples/tests/support/mod.rs"]
mod support;

#[cfg(unix)]
mod chat;
mod groups;
