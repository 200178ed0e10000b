//! The way from one host to another, where it is not as every other.

use super::link::Link;
use super::packet::Sent;

/// One direction between two hosts.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// What was set for it alone.
    pub(crate) link: Option<Link>,
    /// How many cuts there are.
    pub(crate) cuts: u32,
    pub(crate) held: bool,
    /// Nanoseconds more for each packet.
    pub(crate) slow: u64,
    /// Until when it carries what was sent, where its bandwidth has a limit.
    pub(crate) busy_until: u64,
    /// What waits until it carries something again.
    pub(crate) waiting: Vec<Sent>,
}
