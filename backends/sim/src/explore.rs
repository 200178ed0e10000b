//! Every order of a small program, one after the other.

use std::fmt;

use crate::builder::Builder;
use crate::oracle::{ChoiceKind, Chosen, Recording};
use crate::seeds::run_one;
use crate::sim_loop::SimLoop;

/// What the orders of a program came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explored {
    /// How many orders were run.
    pub runs: usize,
    /// Whether there is no other.
    pub complete: bool,
    /// The first that failed, and what failed: it ended the search.
    pub failure: Option<(Recording, String)>,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = if self.complete { "all" } else { "not all" };
        write!(f, "{} orders were run, {all} that there are", self.runs)?;
        if let Some((recording, message)) = &self.failure {
            let picks: Vec<u64> =
                recording.of_kind(ChoiceKind::Task).iter().map(|chosen| chosen.at).collect();
            write!(f, "; in the order {picks:?}: {message}")?;
        }
        Ok(())
    }
}

/// Runs `program` once for each order in which its tasks can be picked, depth first, until one
/// fails or `limit` were run. Everything else is quiet: no loss, the shortest latency. Give the
/// recording of a failure to [`Builder::replay`] to see it again.
///
/// ```
/// use loop_api::{EventLoop, Handle};
/// use loop_sim::{Builder, explore};
/// use std::sync::{Arc, Mutex};
///
/// // A read, a turn for others, and a write: an update is lost in some orders.
/// let explored = explore(1000, &Builder::new(), |sim| {
///     let value = Arc::new(Mutex::new(0));
///     let tasks: Vec<_> = (0..2).map(|_| {
///         let value = value.clone();
///         sim.handle().spawn(async move {
///             let read = *value.lock().unwrap();
///             futures_lite::future::yield_now().await;
///             *value.lock().unwrap() = read + 1;
///         })
///     }).collect();
///     sim.block_on(async { for task in tasks { task.await.unwrap() } });
///     assert_eq!(*value.lock().unwrap(), 2, "an update was lost");
/// });
/// assert!(explored.failure.unwrap().1.contains("an update was lost"));
/// ```
pub fn explore(limit: usize, builder: &Builder, program: impl Fn(&mut SimLoop) + Sync) -> Explored {
    let mut script = Recording::default();
    for runs in 1..=limit {
        let run = run_one(&builder.clone().replay(script.clone()).record(true), &program);
        let recording = run.recording.unwrap_or_default();
        if let Some(message) = run.failure {
            return Explored { runs, complete: false, failure: Some((recording, message)) };
        }
        match next(recording.of_kind(ChoiceKind::Task)) {
            Some(picks) => *script.of_kind_mut(ChoiceKind::Task) = picks,
            None => return Explored { runs, complete: true, failure: None },
        }
    }
    Explored { runs: limit, complete: false, failure: None }
}

/// The picks that follow: the last that can be another one is the next.
fn next(picks: &[Chosen]) -> Option<Vec<Chosen>> {
    let last = picks.iter().rposition(|chosen| chosen.at + 1 < chosen.of)?;
    let mut picks = picks[..=last].to_vec();
    picks[last].at += 1;
    Some(picks)
}
