//! Crates that know only tokio, and crates that know only async-io, each put to real work, so that
//! it can be shown that they do it on every loop.
//!
//! A [`Use`] is one such work. [`Host`] is what it is run on: a backend of anyloop, or what people
//! have without it. The test runs every use on every backend, in a process each; the program
//! `matrix` measures them and writes `docs/interop.md`.

mod env;
mod host;
mod meter;
pub mod peer;
pub mod servers;
mod service;
mod uses;

pub use env::{Env, Outcome};
pub use host::Host;
pub use meter::{Counts, Meter, threads};
pub use uses::{EDGES, Edge, Side, Use, all, find};

/// Ends a use with an error unless `$condition` holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+).into());
        }
    };
}
pub(crate) use ensure;

/// Ends a use with an error unless both are equal.
macro_rules! ensure_eq {
    ($left:expr, $right:expr) => {
        match (&$left, &$right) {
            (left, right) => $crate::ensure!(
                *left == *right,
                "line {}: {} is {left:?}, not {right:?}",
                line!(),
                stringify!($left)
            ),
        }
    };
}
pub(crate) use ensure_eq;
