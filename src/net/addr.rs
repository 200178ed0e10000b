//! What can be taken for an address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use loop_api::net::Net;

use crate::runtime::Handle;

/// What sockets can be bound and connected to: socket addresses, `"host:port"`, and pairs of a host or an IP address and a port. Host names
/// are looked up by the loop. It is sealed: what is not listed can be resolved with [`lookup_host`] first.
pub trait ToSocketAddrs: sealed::Resolve {}

mod sealed {
    use std::io;
    use std::net::SocketAddr;

    #[derive(Debug)]
    pub enum Target {
        One(SocketAddr),
        Many(Vec<SocketAddr>),
        Name(String, u16),
        Invalid(io::Error),
    }

    impl Target {
        /// The address, where no lookup is needed to know it.
        pub fn one(self) -> Result<SocketAddr, Target> {
            match self {
                Target::One(addr) => Ok(addr),
                other => Err(other),
            }
        }
    }

    pub trait Resolve {
        fn target(&self) -> Target;
    }
}
pub(super) use sealed::Resolve;
use sealed::Target;

/// The addresses that something stands for.
pub(super) enum Addrs {
    One(SocketAddr),
    Many(Vec<SocketAddr>),
}

impl Addrs {
    pub(super) fn as_slice(&self) -> &[SocketAddr] {
        match self {
            Addrs::One(addr) => std::slice::from_ref(addr),
            Addrs::Many(addrs) => addrs,
        }
    }
}

pub(super) async fn resolve(handle: &Handle, target: Target) -> io::Result<Addrs> {
    Ok(match target {
        Target::One(addr) => Addrs::One(addr),
        Target::Many(addrs) => Addrs::Many(addrs),
        Target::Name(host, port) => Addrs::Many(handle.lookup_host(&host, port).await?),
        Target::Invalid(error) => return Err(error),
    })
}

/// Calls `f` with each address until it succeeds; the error is that of the last.
pub(super) fn first<T>(addrs: &Addrs, mut f: impl FnMut(SocketAddr) -> io::Result<T>) -> io::Result<T> {
    let mut last = None;
    for &addr in addrs.as_slice() {
        match f(addr) {
            Ok(value) => return Ok(value),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

pub(super) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address")
}

/// The addresses of a host, asked of the loop, which asks the system's resolver on a blocking thread (or a simulator's table).
///
/// # Errors
///
/// What the resolver said; [`NoLoop`](crate::runtime::NoLoop) inside an `io::Error` without a loop.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let mut addrs = anyloop::net::lookup_host("127.0.0.1:80").await?;
/// assert_eq!(addrs.next().unwrap().port(), 80);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn lookup_host<A: ToSocketAddrs>(host: A) -> io::Result<impl Iterator<Item = SocketAddr>> {
    let target = host.target();
    let addrs = resolve(&Handle::try_current()?, target).await?;
    Ok(match addrs {
        Addrs::One(addr) => vec![addr],
        Addrs::Many(addrs) => addrs,
    }
    .into_iter())
}

macro_rules! resolve {
    ($($(#[$meta:meta])* $ty:ty, $this:ident => $target:expr;)*) => {$(
        impl ToSocketAddrs for $ty {}
        impl Resolve for $ty {
            fn target(&self) -> Target {
                let $this = self;
                $target
            }
        }
    )*};
}

resolve! {
    SocketAddr, addr => Target::One(*addr);
    SocketAddrV4, addr => Target::One((*addr).into());
    SocketAddrV6, addr => Target::One((*addr).into());
    (IpAddr, u16), addr => Target::One((*addr).into());
    (Ipv4Addr, u16), addr => Target::One((*addr).into());
    (Ipv6Addr, u16), addr => Target::One((*addr).into());
    [SocketAddr], addrs => Target::Many(addrs.to_vec());
    Vec<SocketAddr>, addrs => Target::Many(addrs.clone());
    (&str, u16), pair => host(pair.0, pair.1);
    (String, u16), pair => host(&pair.0, pair.1);
    String, text => text.as_str().target();
    str, text => match text.parse() {
        Ok(addr) => Target::One(addr),
        Err(_) => match text.rsplit_once(':').map(|(name, port)| (name, port.parse())) {
            Some((name, Ok(port))) => Target::Name(name.to_owned(), port),
            _ => Target::Invalid(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("`{text}` is not an address: write HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080"),
            )),
        },
    };
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {}
impl<T: Resolve + ?Sized> Resolve for &T {
    fn target(&self) -> Target {
        (**self).target()
    }
}

impl<const N: usize> ToSocketAddrs for [SocketAddr; N] {}
impl<const N: usize> Resolve for [SocketAddr; N] {
    fn target(&self) -> Target {
        Target::Many(self.to_vec())
    }
}

fn host(name: &str, port: u16) -> Target {
    match name.parse::<IpAddr>() {
        Ok(ip) => Target::One(SocketAddr::new(ip, port)),
        Err(_) => Target::Name(name.to_owned(), port),
    }
}
