//! openraft's log: in memory, and each change as a record in a file that a task of its own writes and syncs.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::RangeBounds;
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyloop::fs::{File, OpenOptions};
use anyloop::io::AsyncWriteExt;
use anyloop::sync::{mpsc, oneshot};
use openraft::entry::RaftEntry;
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{OptionalSend, RaftLogReader};
use serde::{Deserialize, Serialize};

use super::disk::{framed, read, records, sync_directory};
use super::lock;
use super::types::{Bug, Entry, LogId, Types, Vote};

/// How many changes are written and synced at once.
const BATCH: usize = 64;

#[derive(Clone, Default)]
struct State {
    entries: BTreeMap<u64, Entry>,
    vote: Option<Vote>,
    purged: Option<LogId>,
    committed: Option<LogId>,
}

#[derive(Serialize, Deserialize)]
enum Change {
    Append(Vec<Entry>),
    CutFrom(u64),
    Purge(LogId),
    Vote(Vote),
    Committed(Option<LogId>),
}

impl State {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Append(entries) => {
                self.entries.extend(entries.into_iter().map(|entry| (entry.index(), entry)))
            }
            Change::CutFrom(index) => drop(self.entries.split_off(&index)),
            Change::Purge(upto) => {
                self.entries = self.entries.split_off(&(upto.index() + 1));
                self.purged = Some(upto);
            }
            Change::Vote(vote) => self.vote = Some(vote),
            Change::Committed(at) => self.committed = at,
        }
    }
}

/// Who is told when a change is on the disk.
enum Told {
    Nothing,
    Appended(IOFlushed<Types>),
    Waiting(oneshot::Sender<io::Result<()>>),
}

struct Write {
    record: Vec<u8>,
    told: Told,
}

#[derive(Clone)]
pub(crate) struct Log {
    state: Arc<Mutex<State>>,
    writes: mpsc::UnboundedSender<Write>,
    bug: Bug,
}

impl Log {
    /// The log in `directory`: what a crash has left of it.
    pub(crate) async fn open(directory: &Path, bug: Bug) -> io::Result<Log> {
        let path = directory.join("log");
        let mut state = State::default();
        let bytes = read(&path).await?.unwrap_or_default();
        let (changes, whole) = records(&bytes);
        for change in changes {
            state.apply(serde_json::from_slice(change)?);
        }
        let file = OpenOptions::new().create(true).append(true).open(&path).await?;
        // What was being written in the crash was promised to nobody.
        file.set_len(whole as u64).await?;
        file.sync_all().await?;
        sync_directory(directory).await?;
        let (writes, to_write) = mpsc::unbounded_channel();
        anyloop::spawn(write_all(file, to_write, bug));
        Ok(Log { state: Arc::new(Mutex::new(state)), writes, bug })
    }

    fn state<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut lock(&self.state))
    }

    fn change(&self, change: Change, told: Told) -> io::Result<()> {
        let record = if self.bug == Bug::VotesLost && matches!(change, Change::Vote(_)) {
            Vec::new()
        } else {
            framed(&serde_json::to_vec(&change)?)
        };
        self.state(|state| state.apply(change));
        self.writes.send(Write { record, told }).map_err(|_| io::Error::other("the log is closed"))
    }

    async fn changed(&self, change: Change) -> io::Result<()> {
        let (tell, told) = oneshot::channel();
        self.change(change, Told::Waiting(tell))?;
        told.await.map_err(|_| io::Error::other("the log is closed"))?
    }
}

async fn write_all(mut file: File, mut writes: mpsc::UnboundedReceiver<Write>, bug: Bug) {
    let mut batch = Vec::new();
    while writes.recv_many(&mut batch, BATCH).await > 0 {
        let records = batch.iter().flat_map(|write| &write.record).copied().collect::<Vec<u8>>();
        let written = write(&mut file, &records, bug).await;
        for write in batch.drain(..) {
            let result =
                written.as_ref().copied().map_err(|error| io::Error::new(error.kind(), error.to_string()));
            match write.told {
                Told::Nothing => {}
                Told::Appended(flushed) => flushed.io_completed(result),
                // It may wait no longer.
                Told::Waiting(tell) => _ = tell.send(result),
            }
        }
    }
}

async fn write(file: &mut File, bytes: &[u8], bug: Bug) -> io::Result<()> {
    file.write_all(bytes).await?;
    file.flush().await?;
    if bug == Bug::NoFsync { Ok(()) } else { file.sync_data().await }
}

impl RaftLogReader<Types> for Log {
    async fn try_get_log_entries<R: RangeBounds<u64> + Clone + fmt::Debug + OptionalSend>(
        &mut self,
        range: R,
    ) -> io::Result<Vec<Entry>> {
        Ok(self.state(|state| state.entries.range(range).map(|(_, entry)| entry.clone()).collect()))
    }

    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.state(|state| state.vote))
    }
}

impl RaftLogStorage<Types> for Log {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> io::Result<LogState<Types>> {
        Ok(self.state(|state| LogState {
            last_purged_log_id: state.purged,
            last_log_id: state.entries.values().next_back().map(|entry| entry.log_id()).or(state.purged),
        }))
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        self.changed(Change::Vote(*vote)).await
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> io::Result<()> {
        self.change(Change::Committed(committed), Told::Nothing)
    }

    async fn read_committed(&mut self) -> io::Result<Option<LogId>> {
        Ok(self.state(|state| state.committed))
    }

    async fn append<I>(&mut self, entries: I, flushed: IOFlushed<Types>) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let change = Change::Append(entries.into_iter().collect());
        if self.bug == Bug::AckBeforeAppend {
            self.change(change, Told::Nothing)?;
            flushed.io_completed(Ok(()));
            return Ok(());
        }
        self.change(change, Told::Appended(flushed))
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> io::Result<()> {
        self.changed(Change::CutFrom(last.map_or(0, |last| last.index() + 1))).await
    }

    async fn purge(&mut self, upto: LogId) -> io::Result<()> {
        self.change(Change::Purge(upto), Told::Nothing)
    }
}
