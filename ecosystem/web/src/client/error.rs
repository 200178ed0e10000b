//! Why there is no answer.

use std::error;
use std::fmt;

use crate::BoxError;

/// Why a request has no answer, or its body no end; it tells which URL it was.
///
/// ```
/// use anyloop_web::{ErrorKind, fetch};
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let error = fetch("ftp://localhost/").await.expect_err("not HTTP");
/// assert_eq!(error.kind(), ErrorKind::Url);
/// assert_eq!(error.to_string(), "ftp://localhost/: the scheme is ftp, and only http is known here");
/// # });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    url: String,
    source: BoxError,
}

/// What went wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It is no URL, or one of a scheme that this client does not know.
    Url,
    /// No connection could be made.
    Connect,
    /// The time limit of [`ClientBuilder::timeout`](crate::ClientBuilder::timeout) or
    /// [`connect_timeout`](crate::ClientBuilder::connect_timeout).
    TimedOut,
    /// The connection broke before an answer came, or what came is no HTTP.
    Http,
    /// The body of the answer broke off, is longer than it may be or is not the text that was asked
    /// for.
    Body,
}

impl Error {
    pub(super) fn new(kind: ErrorKind, url: impl Into<String>, source: impl Into<BoxError>) -> Error {
        Error { kind, url: url.into(), source: source.into() }
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The URL that was asked for.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.source)?;
        let mut source = self.source.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.source)
    }
}
