//! Each plug with its library at work, on every backend. Those that start a server of Debian's wait
//! for `--include-ignored`.
#![cfg(all(
    unix,
    feature = "aws",
    feature = "backon",
    feature = "hickory",
    feature = "hyper",
    feature = "libp2p",
    feature = "openraft",
    feature = "opentelemetry",
    feature = "quinn",
    feature = "tonic",
    feature = "zbus"
))]

mod aws;
mod backon;
mod hickory;
mod hyper;
mod libp2p;
mod openraft;
mod opentelemetry;
mod quinn;
mod support;
mod tonic;
mod zbus;
