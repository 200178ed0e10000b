//! Connecting to a name that has several addresses.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::net::addr::{ToSocketAddrs, resolve};
use crate::net::{Net, TcpOptions};
use crate::task::staggered;

/// How long an attempt may take before the next begins beside it: RFC 8305, section 5.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Tries one address after the other: the first success, or the last error. Cancel safe if
/// `attempt` is.
///
/// # Errors
///
/// What `attempt` gave for the last address, or `InvalidInput` if there is none.
pub async fn try_each<T, F>(
    addrs: impl IntoIterator<Item = SocketAddr>,
    mut attempt: impl FnMut(SocketAddr) -> F,
) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut last = None;
    for addr in addrs {
        match attempt(addr).await {
            Ok(value) => return Ok(value),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

fn no_address() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "no address to try: the list, or what the host name stands for, is empty",
    )
}

/// Connects to the first address that answers, one after the other, as tokio and the standard
/// library do. Cancel safe: dropping the future closes the socket.
///
/// # Errors
///
/// That of [`resolve`]; `InvalidInput` if it gave no address; else that of
/// [`Net::connect_tcp`] for the last address, such as `ConnectionRefused`.
pub async fn connect_any<N: Net>(
    net: &N,
    addr: impl ToSocketAddrs,
    options: TcpOptions,
) -> io::Result<N::TcpStream> {
    let addrs = resolve(net, addr).await?;
    try_each(addrs, |addr| net.connect_tcp(addr, options.clone())).await
}

/// Connects to whichever address answers first ("happy eyeballs", RFC 8305): the next attempt
/// begins when the one before it failed, or has taken 250 ms; IPv6 and IPv4 take turns. The
/// attempts that lost are closed. Cancel safe: dropping the future closes all.
///
/// # Errors
///
/// That of [`resolve`]; `InvalidInput` if it gave no address; if every attempt failed, that of
/// [`Net::connect_tcp`] for the first address, which is the preferred one.
pub async fn connect_staggered<N: Net>(
    net: &N,
    addr: impl ToSocketAddrs,
    options: TcpOptions,
) -> io::Result<N::TcpStream> {
    let addrs = take_turns(resolve(net, addr).await?);
    let options = &options;
    let attempts = addrs.into_iter().map(|addr| move || net.connect_tcp(addr, options.clone()));
    match staggered(attempts, || net.sleep(ATTEMPT_DELAY)).await {
        Ok((_, stream)) => Ok(stream),
        Err(errors) => Err(errors.into_iter().next().unwrap_or_else(no_address)),
    }
}

/// The addresses with their families by turns, the first one's family first.
fn take_turns(addrs: impl Iterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let (mut turns, mut other) = (VecDeque::new(), VecDeque::new());
    for addr in addrs {
        let first = *turns.front().unwrap_or(&addr);
        if addr.is_ipv6() == first.is_ipv6() { turns.push_back(addr) } else { other.push_back(addr) }
    }
    let mut mixed = VecDeque::with_capacity(turns.len() + other.len());
    while let Some(addr) = turns.pop_front() {
        mixed.push_back(addr);
        mixed.extend(other.pop_front());
    }
    mixed.extend(other);
    mixed
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::net::Ipv6Addr;

    use futures_lite::future::block_on;

    use super::*;

    fn v4(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn v6(port: u16) -> SocketAddr {
        SocketAddr::from((Ipv6Addr::LOCALHOST, port))
    }

    #[test]
    fn families_take_turns_from_the_preferred_one() {
        let given = [v6(1), v6(2), v6(3), v4(4), v4(5)];
        assert_eq!(take_turns(given.into_iter()), [v6(1), v4(4), v6(2), v4(5), v6(3)]);
        assert_eq!(take_turns([v4(1), v6(2), v6(3)].into_iter()), [v4(1), v6(2), v6(3)]);
        assert_eq!(take_turns(std::iter::empty()), []);
    }

    #[test]
    fn the_first_success_ends_the_search_and_the_last_error_is_given() {
        let mut tried = Vec::new();
        let mut attempt = |addr: SocketAddr| {
            tried.push(addr.port());
            ready(if addr.port() == 2 { Ok(2) } else { Err(io::Error::other(addr.to_string())) })
        };
        assert_eq!(block_on(try_each([v4(1), v4(2), v4(3)], &mut attempt)).unwrap(), 2);
        let error = block_on(try_each([v4(4), v4(5)], &mut attempt)).unwrap_err();
        assert_eq!(error.to_string(), v4(5).to_string());
        let none = block_on(try_each([], &mut attempt)).unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(tried, [1, 2, 4, 5]);
    }
}
