//! What the cell promises, by name. The models are in `loom`; the rest also runs under Miri:
//!
//! ```text
//! cargo +nightly miri test -p loop-api --lib toolkit
//! ```

pub(crate) mod support;

#[cfg(not(anyloop_loom))]
mod behaviour;
#[cfg(not(anyloop_loom))]
mod faults;
#[cfg(anyloop_loom)]
mod loom_models;
#[cfg(not(anyloop_loom))]
mod stress;
#[cfg(not(anyloop_loom))]
mod transitions;
