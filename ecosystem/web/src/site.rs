//! What the connections of a server have in common.

use std::fmt;

use hyper_util::server::conn::auto;

use crate::Loop;
use crate::error::ServeError;
use crate::limits::Limits;

pub(crate) type OnError = Box<dyn Fn(&ServeError) + Send + Sync>;

pub(crate) struct Site {
    pub(crate) limits: Limits,
    pub(crate) on_error: Option<OnError>,
    pub(crate) http: auto::Builder<Loop>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<tokio_rustls::TlsAcceptor>,
}

impl Site {
    pub(crate) fn tell(&self, error: ServeError) {
        if let Some(on_error) = &self.on_error {
            on_error(&error);
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// hyper's connections for these limits.
pub(crate) fn http(limits: &Limits) -> auto::Builder<Loop> {
    let mut http = auto::Builder::new(Loop);
    http.http1()
        .timer(Loop)
        // The time limits are this module's, which knows more than whether a head is whole.
        .header_read_timeout(None)
        // A head has to fit in it.
        .max_buf_size(limits.header_size);
    if limits.headers != Limits::default().headers {
        // hyper keeps them in an allocation once they are set.
        http.http1().max_headers(limits.headers);
    }
    http.http2()
        .timer(Loop)
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.header_size).unwrap_or(u32::MAX))
        .enable_connect_protocol();
    http
}
