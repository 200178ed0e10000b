//! The program is `main.rs`: `cargo run --release --example mixed`.
