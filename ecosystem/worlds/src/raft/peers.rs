//! The other servers, as openraft sees them.

use std::future::Future;
use std::io;

use openraft::alias::{SnapshotOf, VoteOf};
use openraft::error::{RPCError, ReplicationClosed, StreamingError, Timeout, Unreachable};
use openraft::network::RPCOption;
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use openraft::{EmptyNode, OptionalSend, RPCTypes, RaftNetworkFactory, RaftNetworkV2};

use super::message::{Addresses, Answer, Peer, Question};
use super::types::Types;

pub(crate) struct Peers {
    pub(crate) from: u64,
    pub(crate) addresses: Addresses,
}

impl RaftNetworkFactory<Types> for Peers {
    type Network = Link;

    async fn new_client(&mut self, to: u64, _: &EmptyNode) -> Link {
        Link { from: self.from, to, peer: Peer::of(to, &self.addresses) }
    }
}

pub(crate) struct Link {
    from: u64,
    to: u64,
    peer: Peer,
}

type Answered<T> = Result<T, RPCError<Types>>;

impl Link {
    async fn ask(&mut self, question: Question, option: RPCOption, action: RPCTypes) -> Answered<Answer> {
        let timeout = option.hard_ttl();
        match self.peer.ask(&question, timeout).await {
            Ok(Answer::Failed(why)) => Err(Unreachable::from_string(why).into()),
            Ok(answer) => Ok(answer),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(Timeout { action, id: self.from, target: self.to, timeout }.into())
            }
            Err(error) => Err(Unreachable::new(&error).into()),
        }
    }
}

fn another<T>() -> Answered<T> {
    Err(Unreachable::from_string("an answer to another question").into())
}

impl RaftNetworkV2<Types> for Link {
    type SnapshotData = Vec<u8>;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<Types>,
        option: RPCOption,
    ) -> Answered<AppendEntriesResponse<Types>> {
        match self.ask(Question::Append(rpc), option, RPCTypes::AppendEntries).await? {
            Answer::Append(answer) => Ok(answer),
            _ => another(),
        }
    }

    async fn vote(&mut self, rpc: VoteRequest<Types>, option: RPCOption) -> Answered<VoteResponse<Types>> {
        match self.ask(Question::Vote(rpc), option, RPCTypes::Vote).await? {
            Answer::Vote(answer) => Ok(answer),
            _ => another(),
        }
    }

    async fn pre_vote(
        &mut self,
        rpc: VoteRequest<Types>,
        option: RPCOption,
    ) -> Answered<VoteResponse<Types>> {
        match self.ask(Question::PreVote(rpc), option, RPCTypes::Vote).await? {
            Answer::Vote(answer) => Ok(answer),
            _ => another(),
        }
    }

    async fn transfer_leader(
        &mut self,
        rpc: TransferLeaderRequest<Types>,
        option: RPCOption,
    ) -> Answered<TransferLeaderResponse<Types>> {
        match self.ask(Question::Transfer(rpc), option, RPCTypes::TransferLeader).await? {
            Answer::Transfer(answer) => Ok(answer),
            _ => another(),
        }
    }

    async fn full_snapshot(
        &mut self,
        vote: VoteOf<Types>,
        snapshot: SnapshotOf<Types, Vec<u8>>,
        _cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        option: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let question = Question::Snapshot(vote, snapshot.meta, snapshot.snapshot);
        match self.ask(question, option, RPCTypes::InstallSnapshot).await? {
            Answer::Snapshot(answer) => Ok(answer),
            _ => Ok(another()?),
        }
    }
}
