//! Addresses as users write them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::vec;

use crate::net::Net;

/// What can be connected to or bound: a [`SocketAddr`], an IP address or host name with a port, as
/// a pair or as the text `host:port`, several addresses, or a reference to one of these. Sealed: it
/// may gain methods.
///
/// ```
/// use loop_api::net::{Target, ToSocketAddrs};
/// assert!(matches!("127.0.0.1:80".target(), Ok(Target::One(addr)) if addr.port() == 80));
/// assert!(matches!(("localhost", 80).target(), Ok(Target::Host("localhost", 80))));
/// assert!("localhost".target().unwrap_err().to_string().contains("missing port"));
/// ```
pub trait ToSocketAddrs: sealed::Sealed {
    /// The addresses, or the host whose addresses are to be looked up.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a text that is no address; the message says what is wrong with it.
    fn target(&self) -> io::Result<Target<'_>>;
}

/// What [`ToSocketAddrs`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// One address.
    One(SocketAddr),
    /// Several addresses, to be tried in this order.
    Many(&'a [SocketAddr]),
    /// A host name to be looked up, and the port.
    Host(&'a str, u16),
}

/// The addresses of a target, in the order in which they are to be tried.
#[derive(Debug, Clone)]
pub struct Resolved(Addrs);

#[derive(Debug, Clone)]
enum Addrs {
    One(Option<SocketAddr>),
    Many(vec::IntoIter<SocketAddr>),
}

impl From<SocketAddr> for Resolved {
    fn from(addr: SocketAddr) -> Resolved {
        Resolved(Addrs::One(Some(addr)))
    }
}

impl From<Vec<SocketAddr>> for Resolved {
    fn from(addrs: Vec<SocketAddr>) -> Resolved {
        Resolved(Addrs::Many(addrs.into_iter()))
    }
}

impl Iterator for Resolved {
    type Item = SocketAddr;

    fn next(&mut self) -> Option<SocketAddr> {
        match &mut self.0 {
            Addrs::One(addr) => addr.take(),
            Addrs::Many(addrs) => addrs.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = match &self.0 {
            Addrs::One(addr) => usize::from(addr.is_some()),
            Addrs::Many(addrs) => addrs.len(),
        };
        (len, Some(len))
    }
}

impl ExactSizeIterator for Resolved {}

/// The addresses of `addr`; `net` looks up the host, if it names one. Cancel safe.
///
/// # Errors
///
/// `InvalidInput` for what is no address, else that of [`Net::lookup_host`].
pub async fn resolve<N: Net>(net: &N, addr: impl ToSocketAddrs) -> io::Result<Resolved> {
    // What is kept over the await is owned, so that the future is Send whatever `addr` is.
    let lookup = match addr.target()? {
        Target::One(addr) => return Ok(addr.into()),
        Target::Many(addrs) => return Ok(addrs.to_vec().into()),
        Target::Host(host, port) => net.lookup_host(host.to_owned(), port),
    };
    drop(addr);
    Ok(lookup.await?.into())
}

fn invalid(text: &str, problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("invalid socket address {text:?}: {problem}"))
}

fn host(host: &str, port: u16) -> Target<'_> {
    match host.parse::<IpAddr>() {
        Ok(ip) => Target::One(SocketAddr::new(ip, port)),
        Err(_) => Target::Host(host, port),
    }
}

impl ToSocketAddrs for str {
    fn target(&self) -> io::Result<Target<'_>> {
        if let Ok(addr) = self.parse() {
            return Ok(Target::One(addr));
        }
        let Some((name, port)) = self.rsplit_once(':') else {
            return Err(invalid(self, "missing port: write host:port"));
        };
        if self.parse::<Ipv6Addr>().is_ok() || self.ends_with(']') {
            return Err(invalid(self, "missing port: write [host]:port"));
        }
        let port = port.parse().map_err(|_| invalid(self, "invalid port: write a number from 0 to 65535"))?;
        if name.is_empty() {
            return Err(invalid(self, "missing host: write host:port, such as 0.0.0.0:80 or localhost:80"));
        }
        if name.contains([':', '[', ']']) {
            return Err(invalid(self, "invalid host: write an IPv6 address as [host]:port"));
        }
        Ok(host(name, port))
    }
}

impl ToSocketAddrs for String {
    fn target(&self) -> io::Result<Target<'_>> {
        self.as_str().target()
    }
}

impl ToSocketAddrs for (&str, u16) {
    fn target(&self) -> io::Result<Target<'_>> {
        Ok(host(self.0, self.1))
    }
}

impl ToSocketAddrs for (String, u16) {
    fn target(&self) -> io::Result<Target<'_>> {
        Ok(host(&self.0, self.1))
    }
}

impl ToSocketAddrs for [SocketAddr] {
    fn target(&self) -> io::Result<Target<'_>> {
        Ok(Target::Many(self))
    }
}

impl<const N: usize> ToSocketAddrs for [SocketAddr; N] {
    fn target(&self) -> io::Result<Target<'_>> {
        Ok(Target::Many(self))
    }
}

impl ToSocketAddrs for Vec<SocketAddr> {
    fn target(&self) -> io::Result<Target<'_>> {
        Ok(Target::Many(self))
    }
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {
    fn target(&self) -> io::Result<Target<'_>> {
        (**self).target()
    }
}

macro_rules! one_address {
    ($($addr:ty),*) => {$(
        impl ToSocketAddrs for $addr {
            fn target(&self) -> io::Result<Target<'_>> {
                Ok(Target::One(SocketAddr::from(*self)))
            }
        }
        impl sealed::Sealed for $addr {}
    )*};
}

one_address!(SocketAddr, SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));

mod sealed {
    use std::net::SocketAddr;

    pub trait Sealed {}
    impl Sealed for str {}
    impl Sealed for String {}
    impl Sealed for (&str, u16) {}
    impl Sealed for (String, u16) {}
    impl Sealed for [SocketAddr] {}
    impl<const N: usize> Sealed for [SocketAddr; N] {}
    impl Sealed for Vec<SocketAddr> {}
    impl<T: Sealed + ?Sized> Sealed for &T {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        let error = text.target().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        error.to_string()
    }

    #[test]
    fn what_needs_no_lookup_gives_addresses_at_once() {
        let v4 = SocketAddr::from(([127, 0, 0, 1], 80));
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, 80));
        assert_eq!("127.0.0.1:80".target().unwrap(), Target::One(v4));
        assert_eq!("[::1]:80".to_owned().target().unwrap(), Target::One(v6));
        assert_eq!(("127.0.0.1", 80).target().unwrap(), Target::One(v4));
        assert_eq!(("::1".to_owned(), 80).target().unwrap(), Target::One(v6));
        assert_eq!((IpAddr::from([127, 0, 0, 1]), 80).target().unwrap(), Target::One(v4));
        assert_eq!([v4, v6][..].target().unwrap(), Target::Many(&[v4, v6]));
        assert_eq!((&&v4).target().unwrap(), Target::One(v4));
    }

    #[test]
    fn a_name_is_left_to_the_lookup() {
        assert_eq!("localhost:80".target().unwrap(), Target::Host("localhost", 80));
        assert_eq!(("example.org".to_owned(), 1).target().unwrap(), Target::Host("example.org", 1));
    }

    #[test]
    fn a_bad_text_is_told_what_is_wrong() {
        assert!(message("localhost").contains("missing port: write host:port"));
        assert!(message("::1").contains("missing port: write [host]:port"));
        assert!(message("[::1]").contains("missing port: write [host]:port"));
        assert!(message("localhost:http").contains("invalid port"));
        assert!(message("localhost:65536").contains("invalid port"));
        assert!(message(":80").contains("missing host"));
        assert!(message("[::1:80").contains("[host]:port"));
    }

    #[test]
    fn the_addresses_come_in_order() {
        let addrs: Vec<_> = (1..4).map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect();
        assert_eq!(Resolved::from(addrs.clone()).len(), 3);
        assert_eq!(Resolved::from(addrs.clone()).collect::<Vec<_>>(), addrs);
        assert_eq!(Resolved::from(addrs[0]).collect::<Vec<_>>(), addrs[..1]);
    }
}
