//! Promises: TODO.
