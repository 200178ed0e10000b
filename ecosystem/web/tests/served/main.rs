//! The server and the client, on every loop and in a world; the programs, by clients of others.

#[path = "../../../../examples/tests/support/mod.rs"]
mod support;

mod browser;
mod client;
mod limits;
mod outside;
mod programs;
mod raw;
mod shapes;
mod shutdown;
mod sockets;
mod world;
