//! Whether a host has a descriptor left for a socket.

use std::fmt;
use std::io;

use loop_api::net::error::cannot;

use crate::core::lock;
use crate::state::SimHandle;

/// Sockets and files have their descriptors of the same store.
pub(super) fn free_descriptor(host: &SimHandle) -> io::Result<()> {
    Ok(lock(&host.0.disk).expect_descriptor()?)
}

/// As `free_descriptor`, for an open loop, with what it is for in the error.
pub(super) fn expect_descriptor(host: &SimHandle, what: &str, addr: impl fmt::Display) -> io::Result<()> {
    host.check_open()?;
    free_descriptor(host).map_err(|error| cannot(what, addr, error))
}
