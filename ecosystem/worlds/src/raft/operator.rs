//! Who looks after the servers: makes those members that came back without their files, and changes now
//! and then which ones are.

use std::collections::BTreeSet;
use std::time::Duration;

use anyloop::random::below;
use anyloop::time::{Instant, sleep};

use super::message::{Addresses, Answer, Question, Servers};

/// One operator.
#[derive(Debug)]
pub(crate) struct Operator {
    servers: Servers,
    /// Which server is at each address, as far as is known.
    ids: Vec<u64>,
}

impl Operator {
    pub(crate) fn new(addresses: &Addresses) -> Operator {
        Operator { servers: Servers::new(addresses), ids: (0..addresses.len() as u64).collect() }
    }

    /// Now and then looks after the servers, for so long. Where `fewer`, it leaves one out at times.
    pub(crate) async fn operate(&mut self, time: Duration, fewer: bool) {
        let start = Instant::now();
        while start.elapsed() < time {
            sleep(Duration::from_millis(200 + below(2000))).await;
            let left_out = (fewer && below(2) == 0).then(|| below(self.ids.len() as u64) as usize);
            self.have(left_out, Duration::from_secs(1)).await;
        }
    }

    /// Makes all members, but for the one at this place. Whether all answer, and these are.
    pub(crate) async fn have(&mut self, left_out: Option<usize>, patience: Duration) -> bool {
        let mut all = true;
        for place in 0..self.ids.len() {
            match self.servers.who(place).await {
                Some(id) => self.ids[place] = id,
                None => all = false,
            }
        }
        let ids = self.ids.iter().enumerate().filter(|(place, _)| Some(*place) != left_out);
        let members: BTreeSet<u64> = ids.map(|(_, id)| *id).collect();
        let answer = self.servers.ask(&Question::Members(members), Duration::from_secs(5), patience).await;
        all && matches!(answer, Some(Answer::Done))
    }
}

#[cfg(test)]
mod tests {
    use anyloop::sim::{self, Builder};

    use super::super::cluster::{addresses, start};
    use super::super::server::Options;
    use super::super::types::Bug;
    use super::*;

    #[test]
    fn a_leader_that_was_taken_out_and_leads_on_can_be_put_back() {
        sim::test("put_back", 4, &Builder::new(), |world| async move {
            let addresses = addresses(3);
            start(&world, &Options::new(addresses.clone(), Bug::None));
            let mut operator = Operator::new(&addresses);
            let patience = Duration::from_secs(15);
            sleep(Duration::from_secs(1)).await;
            world.always("the first members are", operator.have(None, patience).await);
            // It was the leader who answered.
            let leader = operator.servers.at;
            world.always("the leader is taken out", operator.have(Some(leader), patience).await);
            world.always("the leader is put back", operator.have(None, patience).await);
        });
    }
}
