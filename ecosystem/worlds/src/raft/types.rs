//! What the servers and clients speak of.

use std::fmt;
use std::str::FromStr;

use anyloop_plugs::openraft::Loop;
use openraft::alias::{EntryOf, LogIdOf, SnapshotMetaOf, VoteOf};
use serde::{Deserialize, Serialize};

openraft::declare_raft_types!(
    /// openraft's types for this store.
    pub Types: D = Command, R = Reply, NodeId = u64, Node = openraft::EmptyNode, AsyncRuntime = Loop
);

pub(crate) type Entry = EntryOf<Types>;
pub(crate) type LogId = LogIdOf<Types>;
pub(crate) type Vote = VoteOf<Types>;
pub(crate) type SnapshotMeta = SnapshotMetaOf<Types>;

/// What is done to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    Read,
    Write(u64),
    Swap(u64),
}

/// A request. The client and its number tell a request that was sent again from a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    pub client: u64,
    pub number: u64,
    pub key: u8,
    pub ask: Ask,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of key {} by client {} ({})", self.ask, self.key, self.client, self.number)
    }
}

/// What the key had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply(pub Option<u64>);

/// A fault that can be planted in the store, to see that it is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bug {
    #[default]
    None,
    /// An entry is said to be on the disk before it is written.
    AckBeforeAppend,
    /// A vote is not written.
    VotesLost,
    /// Nothing is synced.
    NoFsync,
    /// A new snapshot takes the old one's place without a sync of the directory.
    NoDirectorySync,
    /// A read is answered by the server that was asked, from what it knows.
    StaleRead,
    /// A request that is sent again is done again.
    DoubledRequest,
    /// A snapshot leaves out which requests were done.
    ForgetsSessions,
    /// A read is answered by a leader that trusts its clock, which is off, that it still leads.
    LeaseRead,
    /// A snapshot that is built and one that the leader sends are written at once.
    SnapshotsAtOnce,
    /// A server that lost its files comes back as if it were what it was, and votes.
    ReturnsAsVoter,
    /// A leader that was restarted leads on at once, by openraft's `enable_leader_restore`, although its
    /// state machine is that of the last snapshot.
    LeaderRestore,
}

impl Bug {
    /// All of them, by the names that are given on the command line.
    pub const NAMES: [(&str, Bug); 12] = [
        ("none", Bug::None),
        ("ack-before-append", Bug::AckBeforeAppend),
        ("votes-lost", Bug::VotesLost),
        ("no-fsync", Bug::NoFsync),
        ("no-directory-sync", Bug::NoDirectorySync),
        ("stale-read", Bug::StaleRead),
        ("doubled-request", Bug::DoubledRequest),
        ("forgets-sessions", Bug::ForgetsSessions),
        ("lease-read", Bug::LeaseRead),
        ("snapshots-at-once", Bug::SnapshotsAtOnce),
        ("returns-as-voter", Bug::ReturnsAsVoter),
        ("leader-restore", Bug::LeaderRestore),
    ];
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(name: &str) -> Result<Bug, String> {
        let found = Bug::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, bug)| *bug).ok_or_else(|| {
            let names = Bug::NAMES.map(|(known, _)| known).join(", ");
            format!("there is no bug of that name; there are: {names}")
        })
    }
}
