//! What a client may take of a server.

use std::time::Duration;

/// How long before the descriptors' limit is tried again when no connection ends.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// hyper takes no smaller one.
pub(crate) const LEAST_HEADER_SIZE: usize = 8 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) connections: u32,
    pub(crate) header_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) body_rate: u32,
    pub(crate) body_size: usize,
    pub(crate) header_size: usize,
    pub(crate) headers: usize,
    pub(crate) streams: u32,
    pub(crate) drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 10_000,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(20),
            body_rate: 500,
            body_size: 2 * 1024 * 1024,
            header_size: 32 * 1024,
            headers: 100,
            streams: 200,
            drain_timeout: Duration::from_secs(30),
        }
    }
}
