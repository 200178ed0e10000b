//! Why a promise gave no value.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a [`Deferred`](super::Deferred) has no value.
///
/// ```
/// use loop_api::promise::promise;
///
/// let (promise, mut deferred) = promise::<u8>();
/// promise.fail("no luck").unwrap();
/// let error = deferred.try_result().unwrap_err();
/// assert_eq!(error.failure().unwrap().to_string(), "no luck");
///
/// let (promise, mut deferred) = loop_api::promise::promise::<u8>();
/// drop(promise);
/// assert!(deferred.try_result().unwrap_err().is_abandoned());
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum DeferredError {
    /// It was cancelled from the waiting end.
    Cancelled,
    /// The promise was dropped unsettled.
    Abandoned,
    /// The promise failed with this error.
    Failed(Arc<dyn Error + Send + Sync>),
    /// It is not done yet: only where one asks instead of waiting.
    Pending,
    /// The value has been taken already.
    Taken,
}

impl DeferredError {
    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, DeferredError::Cancelled)
    }

    /// Whether the promise was dropped unsettled.
    pub fn is_abandoned(&self) -> bool {
        matches!(self, DeferredError::Abandoned)
    }

    /// Whether it is not done yet.
    pub fn is_pending(&self) -> bool {
        matches!(self, DeferredError::Pending)
    }

    /// The error that the promise failed with.
    pub fn failure(&self) -> Option<&Arc<dyn Error + Send + Sync>> {
        match self {
            DeferredError::Failed(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for DeferredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeferredError::Cancelled => f.write_str("the deferred was cancelled"),
            DeferredError::Abandoned => f.write_str("the promise was dropped before it was settled"),
            DeferredError::Failed(error) => write!(f, "the promise failed: {error}"),
            DeferredError::Pending => f.write_str("the promise is not settled yet: await the deferred"),
            DeferredError::Taken => f.write_str(
                "the value has been taken already: share() the deferred to read it more than once",
            ),
        }
    }
}

impl Error for DeferredError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            DeferredError::Failed(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<DeferredError> for io::Error {
    fn from(error: DeferredError) -> Self {
        io::Error::other(error)
    }
}
