//! Each plug with its library at work, on every backend. Those that start a server of Debian's wait
//! for `--include-ignored`.
#![cfg(all(
    unix,
    feature = "async-rs",
    feature = "aws",
    feature = "backon",
    feature = "hickory",
    feature = "hyper",
    feature = "libp2p",
    feature = "opendal",
    feature = "openraft",
    feature = "opentelemetry",
    feature = "quinn",
    feature = "tonic",
    feature = "tor",
    feature = "typespec",
    feature = "zbus"
))]

mod async_rs;
mod aws;
mod backon;
mod hickory;
mod hyper;
mod libp2p;
mod opendal;
mod openraft;
mod opentelemetry;
mod quinn;
mod support;
mod tonic;
mod tor;
mod typespec;
mod zbus;
