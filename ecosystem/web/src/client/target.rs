//! Whom a URL names.

use hyper::Uri;

use super::error::{Error, ErrorKind};

/// A server: what connections are kept by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) tls: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
}

#[derive(Debug)]
pub(super) struct Target {
    origin: Origin,
    url: String,
}

impl Target {
    pub(super) fn of(uri: &Uri, has_tls: bool) -> Result<Target, Error> {
        let url = uri.to_string();
        let fails = |why: String| Err(Error::new(ErrorKind::Url, url.clone(), why));
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") if has_tls => true,
            Some("https") => {
                return fails("https needs ClientBuilder::tls, and this crate's feature tls".to_owned());
            }
            Some(other) => return fails(format!("the scheme is {other}, and only http is known here")),
            None => return fails("a URL begins with http://".to_owned()),
        };
        let Some(host) = uri.host().filter(|host| !host.is_empty()) else {
            return fails("the URL names no host".to_owned());
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Target { origin: Origin { tls, host, port }, url })
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}
