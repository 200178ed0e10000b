//! The state machine: keys and their values, and which request of each client was done last.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::{Stream, TryStreamExt};
use openraft::alias::{SnapshotOf, StoredMembershipOf};
use openraft::entry::RaftEntry;
use openraft::storage::{EntryResponder, RaftStateMachine};
use openraft::{EntryPayload, OptionalSend, RaftSnapshotBuilder};
use serde::{Deserialize, Serialize};

use super::disk::{framed, read, records, replace};
use super::lock;
use super::types::{Ask, Bug, Command, Entry, LogId, Reply, SnapshotMeta, Types};

const FILE: &str = "snapshot";

#[derive(Clone, Default, Serialize, Deserialize)]
struct State {
    applied: Option<LogId>,
    membership: StoredMembershipOf<Types>,
    values: BTreeMap<u8, u64>,
    /// The number of each client's last request, and what it was told.
    sessions: BTreeMap<u64, (u64, Reply)>,
}

impl State {
    fn apply(&mut self, entry: &Entry, bug: Bug) -> Reply {
        self.applied = Some(entry.log_id());
        match &entry.payload {
            EntryPayload::Blank => Reply(None),
            EntryPayload::Membership(membership) => {
                self.membership = StoredMembershipOf::<Types>::new(Some(entry.log_id()), membership.clone());
                Reply(None)
            }
            EntryPayload::Normal(command) => self.apply_command(command, bug),
        }
    }

    fn apply_command(&mut self, command: &Command, bug: Bug) -> Reply {
        let last = self.sessions.get(&command.client);
        if let Some((_, reply)) =
            last.filter(|(number, _)| command.number <= *number && bug != Bug::DoubledRequest)
        {
            // Of one that came late, after the client's next, the answer reaches nobody.
            return *reply;
        }
        let reply = Reply(match command.ask {
            Ask::Read => self.values.get(&command.key).copied(),
            Ask::Write(value) | Ask::Swap(value) => self.values.insert(command.key, value),
        });
        self.sessions.insert(command.client, (command.number, reply));
        reply
    }
}

type Snapshot = (SnapshotMeta, Vec<u8>);

#[derive(Clone)]
pub(crate) struct Machine {
    state: Arc<Mutex<State>>,
    /// The one in the file. Held while another takes its place: one that is built and one that the
    /// leader sends may come at once.
    snapshot: Arc<anyloop::sync::Mutex<Option<Snapshot>>>,
    directory: PathBuf,
    bug: Bug,
}

impl Machine {
    /// As of the last snapshot in `directory`.
    pub(crate) async fn open(directory: &Path, bug: Bug) -> io::Result<Machine> {
        let (mut state, mut snapshot) = (State::default(), None);
        if let Some(bytes) = read(&directory.join(FILE)).await? {
            let (records, _) = records(&bytes);
            let [meta, data] = records[..] else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the snapshot is torn"));
            };
            state = serde_json::from_slice(data)?;
            snapshot = Some((serde_json::from_slice(meta)?, data.to_vec()));
        }
        Ok(Machine {
            state: Arc::new(Mutex::new(state)),
            snapshot: Arc::new(anyloop::sync::Mutex::new(snapshot)),
            directory: directory.to_path_buf(),
            bug,
        })
    }

    pub(crate) fn read(&self, key: u8) -> Reply {
        Reply(lock(&self.state).values.get(&key).copied())
    }

    /// All keys, to be compared with those of other servers.
    pub(crate) fn values(&self) -> BTreeMap<u8, u64> {
        lock(&self.state).values.clone()
    }

    /// Puts a snapshot in the place of the last one, unless that one is newer.
    async fn keep(&self, meta: SnapshotMeta, data: Vec<u8>) -> io::Result<()> {
        let mut snapshot = self.snapshot.lock().await;
        if self.bug == Bug::SnapshotsAtOnce {
            drop(snapshot);
            self.write(&meta, &data).await?;
            *self.snapshot.lock().await = Some((meta, data));
            return Ok(());
        }
        if snapshot.as_ref().is_some_and(|(last, _)| last.last_log_id > meta.last_log_id) {
            return Ok(());
        }
        self.write(&meta, &data).await?;
        *snapshot = Some((meta, data));
        Ok(())
    }

    async fn write(&self, meta: &SnapshotMeta, data: &[u8]) -> io::Result<()> {
        let bytes = [framed(&serde_json::to_vec(meta)?), framed(data)].concat();
        replace(&self.directory, FILE, &bytes, self.bug).await
    }
}

impl RaftSnapshotBuilder<Types> for Machine {
    type SnapshotData = Vec<u8>;

    async fn build_snapshot(&mut self) -> io::Result<SnapshotOf<Types, Vec<u8>>> {
        let mut state = lock(&self.state).clone();
        if self.bug == Bug::ForgetsSessions {
            state.sessions.clear();
        }
        let data = serde_json::to_vec(&state)?;
        let meta = SnapshotMeta { last_log_id: state.applied, last_membership: state.membership };
        self.keep(meta.clone(), data.clone()).await?;
        Ok(SnapshotOf::<Types, Vec<u8>> { meta, snapshot: data })
    }
}

impl RaftStateMachine<Types> for Machine {
    type SnapshotData = Vec<u8>;
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembershipOf<Types>)> {
        let state = lock(&self.state);
        Ok((state.applied, state.membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<EntryResponder<Types>>> + Unpin + OptionalSend,
    {
        while let Some((entry, responder)) = entries.try_next().await? {
            let reply = lock(&self.state).apply(&entry, self.bug);
            if let Some(responder) = responder {
                responder.send(reply);
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Self {
        self.clone()
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, data: Vec<u8>) -> io::Result<()> {
        let state = serde_json::from_slice(&data)?;
        self.keep(meta.clone(), data).await?;
        *lock(&self.state) = state;
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<SnapshotOf<Types, Vec<u8>>>> {
        let snapshot = self.snapshot.lock().await.clone();
        Ok(snapshot.map(|(meta, snapshot)| SnapshotOf::<Types, Vec<u8>> { meta, snapshot }))
    }
}
