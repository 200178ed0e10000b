//! A server: openraft over its log, its state machine and its peers. Nothing here knows of worlds.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyloop::net::TcpListener;
use openraft::alias::SnapshotOf;
use openraft::error::{ClientWriteError, LinearizableReadError, RaftError};
use openraft::{Config, EmptyNode, Raft, ReadPolicy, SnapshotPolicy};

use super::disk::sync_directory;
use super::log::Log;
use super::machine::Machine;
use super::message::{Addresses, Answer, Question};
use super::peers::Peers;
use super::types::{Ask, Bug, Command, Types};
use super::wire::{receive, send};

pub type Failed = Box<dyn Error + Send + Sync>;

/// A server of the store.
#[derive(Clone)]
pub struct Server {
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
    /// The server with this id, of those with these addresses, with its files in `directory`.
    ///
    /// # Errors
    ///
    /// Those of the files, and of openraft where they do not fit together.
    pub async fn open(id: u64, addresses: Addresses, directory: &Path, bug: Bug) -> Result<Server, Failed> {
        anyloop::fs::create_dir_all(directory).await?;
        // Without this a crash may take the directory, and all that was synced in it.
        sync_directory(directory.parent().unwrap_or(directory)).await?;
        let config = Config {
            heartbeat_interval: 50,
            election_timeout_min: 200,
            election_timeout_max: 400,
            max_in_snapshot_log_to_keep: 5,
            snapshot_policy: SnapshotPolicy::LogsSinceLast(20),
            enable_pre_vote: Some(true),
            enable_leader_restore: Some(bug == Bug::LeaderRestore),
            ..Config::default()
        };
        let machine = Machine::open(directory, bug).await?;
        let log = Log::open(directory, bug).await?;
        let peers = Peers { from: id, addresses: addresses.clone() };
        let raft = Raft::new(id, Arc::new(config.validate()?), peers, log, machine.clone()).await?;
        if id == 0 && !raft.is_initialized().await? {
            let members: BTreeMap<_, _> = (0..).zip(&*addresses).map(|(id, _)| (id, EmptyNode {})).collect();
            raft.initialize(members).await?;
        }
        Ok(Server { raft, machine, bug })
    }

    /// All keys that it knows of, as far as it has come.
    pub fn values(&self) -> BTreeMap<u8, u64> {
        self.machine.values()
    }

    /// Answers those who connect.
    ///
    /// # Errors
    ///
    /// Those of the listener. It ends with no other.
    pub async fn serve(self, listener: TcpListener) -> Result<(), Failed> {
        loop {
            let (mut stream, _) = listener.accept().await?;
            let server = self.clone();
            anyloop::spawn(async move {
                while let Ok(question) = receive(&mut stream).await {
                    if send(&mut stream, &server.answer(question).await).await.is_err() {
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

    async fn answer_client(&self, command: Command) -> Answer {
        if command.ask != Ask::Read {
            return match self.raft.client_write(command).await {
                Ok(done) => Answer::Client(done.data),
                Err(RaftError::APIError(ClientWriteError::ForwardToLeader(to))) => {
                    Answer::Elsewhere(to.leader_id)
                }
                Err(error) => Answer::Failed(error.to_string()),
            };
        }
        if self.bug == Bug::StaleRead {
            return Answer::Client(self.machine.read(command.key));
        }
        match self.raft.ensure_linearizable(ReadPolicy::ReadIndex).await {
            Ok(_) => Answer::Client(self.machine.read(command.key)),
            Err(RaftError::APIError(LinearizableReadError::ForwardToLeader(to))) => {
                Answer::Elsewhere(to.leader_id)
            }
            Err(error) => Answer::Failed(error.to_string()),
        }
    }
}
