//! Protocols: TODO.
