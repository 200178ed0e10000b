//! Host names.

use std::io;
use std::net::SocketAddr;

use loop_api::net::{ToSocketAddrs, resolve};

use crate::runtime::Handle;

/// The addresses of a host, asked of the loop, which asks the system's resolver on a blocking
/// thread (or a simulator's table). An address written out is not asked for. Cancel safe: dropped,
/// the answer is not waited for.
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
    resolve(&Handle::try_current()?, host).await
}
