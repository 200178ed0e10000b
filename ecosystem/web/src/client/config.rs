//! The settings of a client.

#[cfg(feature = "tls")]
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub(super) struct Config {
    pub(super) connect_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) idle_per_host: usize,
    pub(super) body_size: usize,
    pub(super) http2: bool,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Arc<tokio_rustls::rustls::ClientConfig>>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30),
            idle_per_host: 32,
            body_size: 64 * 1024 * 1024,
            http2: false,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}
