//! A server: openraft over its log, its state machine and its peers. Nothing here knows of worlds.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyloop::net::TcpListener;
use anyloop::time::timeout;
use openraft::alias::SnapshotOf;
use openraft::async_runtime::WatchReceiver;
use openraft::error::{ClientWriteError, Fatal, LinearizableReadError, RaftError};
use openraft::{Config, EmptyNode, Raft, ReadPolicy, SnapshotPolicy};

use super::disk::{read, replace, sync_directory};
use super::log::Log;
use super::machine::Machine;
use super::message::{Addresses, Answer, Question};
use super::peers::Peers;
use super::types::{Ask, Bug, Command, Types};
use super::wire::{receive, send};

pub type Failed = Box<dyn Error + Send + Sync>;

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Of all servers.
    pub addresses: Addresses,
    /// How many entries make a snapshot, and how many are kept after it.
    pub snapshots: (u64, u64),
    pub bug: Bug,
}

impl Options {
    /// For servers with these addresses, and this fault in them.
    pub fn new(addresses: Addresses, bug: Bug) -> Options {
        Options { addresses, snapshots: (20, 5), bug }
    }
}

/// After which a new member that does not follow is given up.
const FOLLOWS: Duration = Duration::from_secs(3);

/// A server of the store.
#[derive(Clone)]
pub struct Server {
    id: u64,
    raft: Raft<Types, Machine>,
    machine: Machine,
    bug: Bug,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("bug", &self.bug).finish_non_exhaustive()
    }
}

impl Server {
    /// The server at one of the addresses, with its files in `directory`. The first time it is one of
    /// the first members. If it is started for the `boot`th time and has no files, it is a new server,
    /// which has to be made a member: what the old one has promised is not known to it.
    ///
    /// # Errors
    ///
    /// Those of the files, and of openraft where they do not fit together.
    pub async fn open(place: u64, boot: u64, directory: &Path, options: Options) -> Result<Server, Failed> {
        let Options { addresses, snapshots: (every, kept), bug } = options;
        let servers = addresses.len() as u64;
        anyloop::fs::create_dir_all(directory).await?;
        // Without this a crash may take the directory, and all that was synced in it.
        sync_directory(directory.parent().unwrap_or(directory)).await?;
        let id = match read(&directory.join("id")).await? {
            _ if bug == Bug::ReturnsAsVoter => place,
            Some(bytes) => String::from_utf8(bytes)?.parse()?,
            None => {
                let id = place + servers * boot;
                replace(directory, "id", id.to_string().as_bytes(), Bug::None).await?;
                id
            }
        };
        let config = Config {
            heartbeat_interval: 100,
            election_timeout_min: 300,
            election_timeout_max: 600,
            max_in_snapshot_log_to_keep: kept,
            snapshot_policy: SnapshotPolicy::LogsSinceLast(every),
            enable_pre_vote: Some(true),
            enable_leader_restore: Some(bug == Bug::LeaderRestore),
            ..Config::default()
        };
        let machine = Machine::open(directory, bug).await?;
        let log = Log::open(directory, bug).await?;
        let peers = Peers { from: id, addresses };
        let raft = Raft::new(id, Arc::new(config.validate()?), peers, log, machine.clone()).await?;
        if id == 0 && boot == 0 && !raft.is_initialized().await? {
            let members: BTreeMap<_, _> = (0..servers).map(|id| (id, EmptyNode {})).collect();
            raft.initialize(members).await?;
        }
        Ok(Server { id, raft, machine, bug })
    }

    /// All keys that it knows of, as far as it has come.
    pub fn values(&self) -> BTreeMap<u8, u64> {
        self.machine.values()
    }

    /// What it takes itself and the others for.
    pub fn state(&self) -> String {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        format!("server {}: {}, with {:?}", self.id, *metrics, self.values())
    }

    /// Answers those who connect, until openraft stops.
    ///
    /// # Errors
    ///
    /// Those of the listener, and what has stopped openraft.
    pub async fn serve(self, listener: TcpListener) -> Result<(), Failed> {
        anyloop::select! {
            failed = self.answer_all(listener) => failed,
            why = self.stopped() => Err(format!("server {} has stopped: {why}", self.id).into()),
        }
    }

    /// Waits until openraft has stopped. It would refuse everything from then on, and nothing would start
    /// it anew.
    async fn stopped(&self) -> String {
        let mut metrics = self.raft.metrics();
        loop {
            if let Err(fatal) = &metrics.borrow_watched().running_state {
                return fatal.to_string();
            }
            // It says nothing more when it panics.
            if metrics.changed().await.is_err() {
                return Fatal::<Types>::Panicked.to_string();
            }
        }
    }

    async fn answer_all(&self, listener: TcpListener) -> Result<(), Failed> {
        loop {
            let (mut stream, _) = listener.accept().await?;
            let server = self.clone();
            anyloop::spawn(async move {
                while let Ok((to, question)) = receive::<(Option<u64>, _)>(&mut stream).await {
                    let answer = match to {
                        Some(id) if id != server.id => {
                            Answer::Failed(format!("this is server {}", server.id))
                        }
                        _ => server.answer(question).await,
                    };
                    if send(&mut stream, &answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    }

    async fn answer(&self, question: Question) -> Answer {
        fn of<T>(result: Result<T, impl fmt::Display>, answer: impl FnOnce(T) -> Answer) -> Answer {
            result.map_or_else(|error| Answer::Failed(error.to_string()), answer)
        }
        let raft = &self.raft;
        match question {
            Question::Who => Answer::Me(self.id),
            Question::Members(voters) => self.set_members(voters).await,
            Question::Append(rpc) => of(raft.append_entries(rpc).await, Answer::Append),
            Question::Vote(rpc) => of(raft.vote(rpc).await, Answer::Vote),
            Question::PreVote(rpc) => of(raft.pre_vote(rpc).await, Answer::Vote),
            Question::Transfer(rpc) => of(raft.handle_transfer_leader(rpc).await, Answer::Transfer),
            Question::Snapshot(vote, meta, snapshot) => {
                let snapshot = SnapshotOf::<Types, Vec<u8>> { meta, snapshot };
                of(raft.install_full_snapshot(vote, snapshot).await, Answer::Snapshot)
            }
            Question::Client(command) => self.answer_client(command).await,
        }
    }

    /// Has these vote, and no others be members. Those that are new have to follow first.
    async fn set_members(&self, voters: BTreeSet<u64>) -> Answer {
        let known: BTreeSet<u64> = self.raft.voter_ids().collect();
        for new in voters.difference(&known) {
            if self.is_out() {
                return Answer::Elsewhere(None);
            }
            match timeout(FOLLOWS, self.raft.add_learner(*new, EmptyNode {}, true)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return not_written(error),
                Err(_) => return Answer::Failed(format!("server {new} does not follow")),
            }
        }
        if self.is_out() {
            return Answer::Elsewhere(None);
        }
        self.raft.change_membership(voters, false).await.map_or_else(not_written, |_| Answer::Done)
    }

    /// Whether it does not vote. A leader that was taken out leads for a quarter of a second more, and
    /// openraft 0.10.0-alpha.37 does not expect that it is asked for other members then: with debug
    /// assertions it panics.
    fn is_out(&self) -> bool {
        self.raft.voter_ids().all(|id| id != self.id)
    }

    async fn answer_client(&self, command: Command) -> Answer {
        if command.ask != Ask::Read {
            let written = self.raft.client_write(command).await;
            return written.map_or_else(not_written, |done| Answer::Client(done.data));
        }
        if self.bug == Bug::StaleRead {
            return Answer::Client(self.machine.read(command.key));
        }
        let policy = match self.bug {
            Bug::LeaseRead => ReadPolicy::LeaseRead,
            _ => ReadPolicy::ReadIndex,
        };
        match self.raft.ensure_linearizable(policy).await {
            Ok(_) => Answer::Client(self.machine.read(command.key)),
            Err(RaftError::APIError(LinearizableReadError::ForwardToLeader(to))) => {
                Answer::Elsewhere(to.leader_id)
            }
            Err(error) => Answer::Failed(error.to_string()),
        }
    }
}

fn not_written(error: RaftError<Types, ClientWriteError<Types>>) -> Answer {
    match error {
        RaftError::APIError(ClientWriteError::ForwardToLeader(to)) => Answer::Elsewhere(to.leader_id),
        error => Answer::Failed(error.to_string()),
    }
}
