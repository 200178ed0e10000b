//! The loop of anyloop's own, on the polling crate.
