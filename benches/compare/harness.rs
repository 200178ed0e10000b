//! The harness: each contestant works in a process of its own; all are alive at once and get short
//! slices in turn.

pub(crate) mod callers;
pub(crate) mod child;
pub(crate) mod exact;
pub(crate) mod found;
pub(crate) mod idle;
pub(crate) mod load;
pub(crate) mod process;
pub(crate) mod slices;
