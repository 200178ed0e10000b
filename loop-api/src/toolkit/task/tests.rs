//! What the cell promises, by name. The models are in `loom`.

pub(crate) mod support;

#[cfg(not(anyloop_loom))]
mod behaviour;
#[cfg(not(anyloop_loom))]
mod faults;
#[cfg(anyloop_loom)]
mod loom;
#[cfg(not(anyloop_loom))]
mod stress;
