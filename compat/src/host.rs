//! A foreign runtime as part of a loop: the hosts for [`loop_api::host`].

#[cfg(feature = "tokio")]
mod driven;
#[cfg(feature = "test-util")]
mod paused;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(all(unix, feature = "tokio"))]
mod watch;

#[cfg(feature = "test-util")]
pub use self::paused::PausedTokio;
#[cfg(feature = "tokio")]
pub use self::tokio::TokioHost;
#[cfg(all(unix, feature = "tokio"))]
pub(crate) use self::watch::TokioWatch;
