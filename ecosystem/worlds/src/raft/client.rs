//! A client that asks until it is answered, and writes down what it asked and was told.

use std::time::Duration;

use anyloop::random::below;
use anyloop::sim::linear::{History, RegisterOp, RegisterRet};
use anyloop::time::{Instant, sleep};

use super::message::{Addresses, Answer, Peer, Question};
use super::types::{Ask, Command, Reply};

/// What all clients saw.
pub type Seen = History<(u8, RegisterOp<Option<u64>>), RegisterRet<Option<u64>>>;

/// After which a request is given up: whether it was done is not known then.
const PATIENCE: Duration = Duration::from_secs(3);
const KEYS: u64 = 2;

/// One client.
#[derive(Debug)]
pub struct Client {
    id: u64,
    /// Under which the servers know it; a new one when a request was given up.
    session: u64,
    number: u64,
    peers: Vec<Peer>,
    /// Who may be the leader.
    at: usize,
    history: Seen,
}

impl Client {
    /// Of these servers.
    pub fn new(id: u64, servers: &Addresses, history: Seen) -> Client {
        let peers: Vec<_> = servers.iter().map(|address| Peer::new(address)).collect();
        Client { id, session: id, number: 0, at: id as usize % peers.len(), peers, history }
    }

    /// A request of one kind or another. Whether it was answered.
    pub async fn request(&mut self, patience: Duration) -> bool {
        self.number += 1;
        // No other write has this value.
        let value = self.session * 1000 + self.number;
        let (key, ask) =
            (below(KEYS) as u8, [Ask::Read, Ask::Write(value), Ask::Swap(value)][below(3) as usize]);
        let input = match ask {
            Ask::Read => RegisterOp::Read,
            Ask::Write(value) => RegisterOp::Write(Some(value)),
            Ask::Swap(value) => RegisterOp::Swap(Some(value)),
        };
        let operation = self.history.begin(format_args!("client {}", self.id), (key, input));
        let command = Command { client: self.session, number: self.number, key, ask };
        if let Some(Reply(before)) = self.ask(command, patience).await {
            operation.end(if matches!(ask, Ask::Write(_)) {
                RegisterRet::Done
            } else {
                RegisterRet::Value(before)
            });
            true
        } else {
            // What comes next must not be taken for it.
            (self.session, self.number) = (self.session + 100, 0);
            false
        }
    }

    async fn ask(&mut self, command: Command, patience: Duration) -> Option<Reply> {
        let (start, question) = (Instant::now(), Question::Client(command));
        while start.elapsed() < patience {
            match self.peers[self.at].ask(&question, Duration::from_millis(500)).await {
                Ok(Answer::Client(reply)) => return Some(reply),
                Ok(Answer::Elsewhere(Some(leader))) if leader as usize != self.at => {
                    self.at = leader as usize
                }
                _ => {
                    self.at = (self.at + 1) % self.peers.len();
                    sleep(Duration::from_millis(5 + below(95))).await;
                }
            }
        }
        None
    }

    /// So many requests, with pauses between them.
    pub async fn requests(&mut self, count: u64, pause: Duration) {
        for _ in 0..count {
            sleep(Duration::from_millis(below(pause.as_millis() as u64 * 2))).await;
            self.request(PATIENCE).await;
        }
    }
}
