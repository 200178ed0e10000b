//! A datagram socket, as its host's kernel sees it.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::SocketAddr;

use crate::waiters::Waiters;

#[derive(Debug)]
pub(crate) struct Udp {
    pub(crate) host: u32,
    pub(crate) addr: SocketAddr,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) rx: VecDeque<(SocketAddr, Vec<u8>)>,
    pub(crate) error: Option<ErrorKind>,
    pub(crate) waiters: Waiters,
    pub(crate) reuse: bool,
    pub(crate) broadcast: bool,
}
