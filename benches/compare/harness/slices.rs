//! Turns: all contestants are alive at once, and each gets a short slice in turn, in the other
//! order every round.

use std::io;
use std::time::Duration;

use super::found::Found;
use super::idle;
use super::load;
use super::process::{Child, Hello, Tally};
use crate::plan::{Cell, How};
use anyloop_bench::{cpu, in_turns};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) slice: Duration,
    pub(crate) rounds: usize,
}

/// A contestant at work.
struct Contender {
    name: &'static str,
    /// Does the operations, or has the server do them.
    driver: Child,
    server: Option<Child>,
    /// How many operations a slice has.
    times: u64,
    done: Vec<Tally>,
}

impl Contender {
    fn start(name: &'static str, cell: &Cell) -> io::Result<Result<Self, String>> {
        let two_cores = std::thread::available_parallelism().is_ok_and(|n| n.get() > 1);
        // Threads go to any core.
        let pinned = cell.how != How::Threads;
        let (child, hello) = Child::start(name, &cell.job, pinned.then_some(0))?;
        let (driver, server) = match hello {
            Hello::LeftOut(why) => return Ok(Err(why)),
            Hello::Ready => (child, None),
            Hello::Listening(port) => {
                let spin = two_cores && cell.how == How::Served;
                (load::client(&cell.job, port, spin)?, Some(child))
            }
        };
        Ok(Ok(Self { name, driver, server, times: cell.unit, done: Vec::new() }))
    }

    fn slice(&mut self) -> io::Result<Tally> {
        let Some(server) = &self.server else { return self.driver.run(self.times) };
        let before = cpu::of_process(server.id())?;
        let mut tally = self.driver.run(self.times)?;
        tally.cpu = cpu::of_process(server.id())?.saturating_sub(before);
        Ok(tally)
    }

    /// Finds how many operations fill a slice, and warms up with them.
    fn tune(&mut self, unit: u64, slice: Duration) -> io::Result<()> {
        for _ in 0..8 {
            let wall = self.slice()?.wall.as_secs_f64().max(1e-9);
            let factor = slice.as_secs_f64() / wall;
            // Short runs tell little of long ones: step by step.
            let times = self.times as f64 * factor.min(16.0);
            let before = self.times;
            self.times = ((times / unit as f64) as u64).max(1) * unit;
            if (0.5..2.0).contains(&factor) || self.times == before {
                break;
            }
        }
        Ok(())
    }
}

/// Measures one cell; `tell` hears who is at work, once for each contestant and round.
pub(crate) fn measure(
    cell: &Cell,
    contestants: &[&'static str],
    pace: Pace,
    mut tell: impl FnMut(&str),
) -> Found {
    let rounds = cell.rounds(pace.rounds);
    if cell.how == How::Idle {
        return idle::measure(cell, contestants, rounds, tell);
    }
    let mut found = Found::default();
    let mut contenders = Vec::new();
    for &name in contestants {
        tell(name);
        match Contender::start(name, cell) {
            Ok(Ok(contender)) => contenders.push(contender),
            Ok(Err(why)) => found.left_out.push((name, why)),
            Err(error) => found.left_out.push((name, error.to_string())),
        }
    }
    let mut failed = Vec::new();
    for contender in &mut contenders {
        tell(contender.name);
        if cell.how == How::Counted {
            continue;
        }
        if let Err(error) = contender.tune(cell.unit, pace.slice) {
            failed.push((contender.name, error.to_string()));
        }
    }
    contenders.retain(|contender| failed.iter().all(|(name, _)| *name != contender.name));
    in_turns(rounds, &mut contenders, |_round, contender| {
        tell(contender.name);
        if failed.iter().any(|(name, _)| *name == contender.name) {
            return;
        }
        match contender.slice() {
            Ok(tally) => contender.done.push(tally),
            Err(error) => failed.push((contender.name, error.to_string())),
        }
    });
    contenders.retain(|contender| failed.iter().all(|(name, _)| *name != contender.name));
    found.left_out.extend(failed);
    found.slices.extend(contenders.into_iter().map(|contender| (contender.name, contender.done)));
    found
}
