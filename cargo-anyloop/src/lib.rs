//! Moves programs to [anyloop](https://docs.rs/anyloop): `cargo anyloop port`.
//!
//! The program is `cargo-anyloop`; this is what it does, for tests and tools of one's own.
#![forbid(unsafe_code)]

pub mod port;
