//! A client that asks until it is answered, and writes down what it asked and was told.

use std::time::Duration;

use anyloop::random::below;
use anyloop::sim::linear::{History, RegisterOp, RegisterRet};
use anyloop::time::sleep;

use super::message::{Addresses, Answer, Question, Servers};
use super::types::{Ask, Command, Reply};

/// What all clients saw.
pub type Seen = History<(u8, RegisterOp<Option<u64>>), RegisterRet<Option<u64>>>;

/// After which a request is given up: whether it was done is not known then.
const PATIENCE: Duration = Duration::from_secs(3);
const KEYS: u64 = 2;
/// How many requests a client gives up before it ends.
const GIVEN_UP: u32 = 5;

/// One client.
#[derive(Debug)]
pub struct Client {
    id: u64,
    /// Under which the servers know it; a new one when a request was given up.
    session: u64,
    number: u64,
    servers: Servers,
    history: Seen,
}

impl Client {
    /// Of the servers with these addresses.
    pub fn new(id: u64, addresses: &Addresses, history: Seen) -> Client {
        Client { id, session: id, number: 0, servers: Servers::new(addresses), history }
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
        // Now and then another is asked than the last leader, and asked again sooner than it can answer.
        if below(4) == 0 {
            self.servers.at = below(self.servers.count() as u64) as usize;
        }
        let each = Duration::from_millis([60, 150, 500][below(3) as usize]);
        let operation = self.history.begin(format_args!("client {}", self.id), (key, input));
        let question = Question::Client(Command { client: self.session, number: self.number, key, ask });
        if let Some(Answer::Client(Reply(before))) = self.servers.ask(&question, each, patience).await {
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

    /// So many requests, some at once after one another and some after a pause, which in the mean take
    /// so long each. It ends sooner where many were given up: in how many ways such can have been done or
    /// not makes it hard to say whether there is an order.
    pub async fn requests(&mut self, count: u64, mean: Duration) {
        let mut given_up = 0;
        for _ in 0..count {
            let most = if below(4) == 0 { mean * 8 } else { Duration::from_millis(4) };
            sleep(Duration::from_millis(below(most.as_millis() as u64 + 1))).await;
            given_up += u32::from(!self.request(PATIENCE).await);
            if given_up == GIVEN_UP {
                return;
            }
        }
    }
}
