//! The network: what is sent, when it arrives, and what is known of each end. All of it under one
//! lock, outside of which wakers are called and dropped.

mod arrive;
mod bytes;
mod cuts;
pub(crate) mod datagrams;
pub(crate) mod end;
pub(crate) mod link;
pub(crate) mod network;
pub(crate) mod packet;
mod ports;
mod route;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) mod unix_state;
