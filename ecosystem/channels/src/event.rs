//! What a member is told.

use std::sync::Arc;

use bytes::Bytes;

/// What happens in a group, as [`Member::recv`](crate::Member::recv) tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message to the group, of a member or of [`Channels::send`](crate::Channels::send).
    Message(Bytes),
    /// A name is in the group now that was not before.
    Joined(Arc<str>),
    /// A name is not in the group any more.
    Left(Arc<str>),
    /// The member was too slow, and missed this many events, which came before those that follow.
    Missed(u64),
    /// Other processes cannot be reached: from now on only members of this process hear each other.
    Away,
    /// Other processes can be reached again.
    Back,
    /// Messages of other processes were lost: this many, or `None` if that is not known.
    Gap(Option<u64>),
}
