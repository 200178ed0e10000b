//! `#[anyloop::main]` and `#[anyloop::test]`.
