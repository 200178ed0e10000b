//! What servers and clients ask, and how: one question at a time over a connection.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyloop::net::TcpStream;
use anyloop::time::timeout;
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use serde::{Deserialize, Serialize};

use super::types::{Command, Reply, SnapshotMeta, Types, Vote};
use super::wire::{receive, send};

#[derive(Serialize, Deserialize)]
pub(crate) enum Question {
    Append(AppendEntriesRequest<Types>),
    Vote(VoteRequest<Types>),
    PreVote(VoteRequest<Types>),
    Snapshot(Vote, SnapshotMeta, Vec<u8>),
    Transfer(TransferLeaderRequest<Types>),
    Client(Command),
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Answer {
    Append(AppendEntriesResponse<Types>),
    Vote(VoteResponse<Types>),
    Snapshot(SnapshotResponse<Types>),
    Transfer(TransferLeaderResponse<Types>),
    Client(Reply),
    /// Another server leads, if it is known which.
    Elsewhere(Option<u64>),
    Failed(String),
}

/// Where each server is reached, by its id: a name and a port.
pub type Addresses = Arc<[String]>;

/// A server as others see it. It is connected to anew after an error.
#[derive(Debug)]
pub(crate) struct Peer {
    address: String,
    stream: Option<TcpStream>,
}

impl Peer {
    pub(crate) fn new(address: &str) -> Peer {
        Peer { address: address.to_owned(), stream: None }
    }

    pub(crate) async fn ask(&mut self, question: &Question, limit: Duration) -> io::Result<Answer> {
        // Without an answer the connection is of no more use.
        let mut stream = self.stream.take();
        let address = self.address.as_str();
        let exchange = async {
            let stream = match &mut stream {
                Some(stream) => stream,
                None => stream.insert(TcpStream::connect(address).await?),
            };
            send(stream, question).await?;
            receive(stream).await
        };
        let answer =
            timeout(limit, exchange).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.stream = stream;
        Ok(answer)
    }
}
