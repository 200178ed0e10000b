//! What servers and clients ask, and how: one question at a time over a connection.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyloop::net::TcpStream;
use anyloop::random::below;
use anyloop::time::{Instant, sleep, timeout};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use serde::{Deserialize, Serialize};

use super::types::{Command, Reply, SnapshotMeta, Types, Vote};
use super::wire::{receive, send};

#[derive(Serialize, Deserialize)]
pub(crate) enum Question {
    Who,
    Members(BTreeSet<u64>),
    Append(AppendEntriesRequest<Types>),
    Vote(VoteRequest<Types>),
    PreVote(VoteRequest<Types>),
    Snapshot(Vote, SnapshotMeta, Vec<u8>),
    Transfer(TransferLeaderRequest<Types>),
    Client(Command),
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Answer {
    Me(u64),
    Done,
    Append(AppendEntriesResponse<Types>),
    Vote(VoteResponse<Types>),
    Snapshot(SnapshotResponse<Types>),
    Transfer(TransferLeaderResponse<Types>),
    Client(Reply),
    /// Another server leads, if it is known which.
    Elsewhere(Option<u64>),
    Failed(String),
}

/// Where each server is reached: a name and a port. A server without its files comes back under
/// another id, which is as many higher as there are servers, any number of times.
pub type Addresses = Arc<[String]>;

/// Which of the addresses is that of the server with this id.
pub(crate) fn place(id: u64, addresses: &Addresses) -> usize {
    id as usize % addresses.len()
}

/// A server as others see it. It is connected to anew after an error.
#[derive(Debug)]
pub(crate) struct Peer {
    address: String,
    /// The server that is meant, if only that one may answer: another may have its address by now.
    id: Option<u64>,
    stream: Option<TcpStream>,
}

impl Peer {
    /// Whichever server is at this address.
    pub(crate) fn at(address: &str) -> Peer {
        Peer { address: address.to_owned(), id: None, stream: None }
    }

    /// The server with this id.
    pub(crate) fn of(id: u64, addresses: &Addresses) -> Peer {
        Peer { id: Some(id), ..Peer::at(&addresses[place(id, addresses)]) }
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
            send(stream, &(self.id, question)).await?;
            receive(stream).await
        };
        let answer =
            timeout(limit, exchange).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.stream = stream;
        Ok(answer)
    }
}

/// All servers, of which one leads.
#[derive(Debug)]
pub(crate) struct Servers {
    peers: Vec<Peer>,
    /// Which may be the leader.
    pub(crate) at: usize,
}

impl Servers {
    pub(crate) fn new(addresses: &Addresses) -> Servers {
        Servers { peers: addresses.iter().map(|address| Peer::at(address)).collect(), at: 0 }
    }

    pub(crate) fn count(&self) -> usize {
        self.peers.len()
    }

    /// Who is at this place.
    pub(crate) async fn who(&mut self, place: usize) -> Option<u64> {
        match self.peers[place].ask(&Question::Who, Duration::from_millis(200)).await {
            Ok(Answer::Me(id)) => Some(id),
            _ => None,
        }
    }

    /// Asks one after the other, each for so long, until the leader answers.
    pub(crate) async fn ask(
        &mut self,
        question: &Question,
        each: Duration,
        patience: Duration,
    ) -> Option<Answer> {
        let start = Instant::now();
        while start.elapsed() < patience {
            match self.peers[self.at].ask(question, each).await {
                Ok(Answer::Elsewhere(Some(leader))) if leader as usize % self.peers.len() != self.at => {
                    self.at = leader as usize % self.peers.len();
                }
                Ok(Answer::Elsewhere(_) | Answer::Failed(_)) | Err(_) => {
                    self.at = (self.at + 1) % self.peers.len();
                    sleep(Duration::from_millis(5 + below(95))).await;
                }
                Ok(answer) => return Some(answer),
            }
        }
        None
    }
}
