//! The search for an order: Wing and Gong's, with the memory of places that were seen, as Lowe's.

use std::collections::HashSet;
use std::fmt;
use std::fmt::Debug;
use std::time::Duration;

use super::model::Model;

/// How many operations a message shows.
const SHOWN: usize = 12;

/// One operation, as the search sees it.
#[derive(Debug, Clone)]
pub(super) struct Call<I, O> {
    pub(super) client: String,
    pub(super) input: I,
    pub(super) output: Option<O>,
    /// The places of the call and of the answer among all of them.
    pub(super) called: u64,
    pub(super) returned: Option<u64>,
    pub(super) times: (Duration, Option<Duration>),
}

impl<I: Debug, O: Debug> fmt::Display for Call<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.client, self.input)?;
        match &self.output {
            Some(output) => write!(f, " gave {output:?}")?,
            None => f.write_str(" was not answered")?,
        }
        match self.times {
            (from, Some(to)) => write!(f, " (from {from:?} to {to:?})"),
            (from, None) => write!(f, " (from {from:?})"),
        }
    }
}

/// Why a history is not linearizable, or is not known to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The key, as `{:?}` prints it.
    key: String,
    /// The operation that fits nowhere; `None` if the search was given up.
    misfit: Option<String>,
    /// The operations before it, in the order that goes furthest.
    order: Vec<String>,
    /// What is kept then.
    state: String,
    /// How many steps the search took.
    steps: usize,
}

impl Violation {
    /// Whether the search was given up: neither an order was found, nor that there is none.
    pub fn is_undecided(&self) -> bool {
        self.misfit.is_none()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = if self.key == "()" { String::new() } else { format!(" under key {}", self.key) };
        let Some(misfit) = &self.misfit else {
            return write!(
                f,
                "whether the operations{key} are linearizable is not decided: {} steps of the search found no order that fits, and there \
                 are others. Check shorter histories, or more keys, have fewer operations overlap or go without an answer, or allow it \
                 more by History::check_within",
                self.steps
            );
        };
        write!(
            f,
            "the operations{key} are not linearizable: there is no order in which this fits:\n  {misfit}"
        )?;
        let from = self.order.len().saturating_sub(SHOWN);
        write!(f, "\nthe order that goes furthest puts before it ")?;
        match (self.order.len(), from) {
            (0, _) => f.write_str("nothing")?,
            (len, 0) => write!(f, "these {len}:")?,
            (len, _) => write!(f, "{len}, the last of which are:")?,
        }
        for operation in &self.order[from..] {
            write!(f, "\n  {operation}")?;
        }
        write!(f, "\nafter which there is {}", self.state)
    }
}

impl std::error::Error for Violation {}

/// A set of operations by their numbers.
struct Set(Vec<u64>);

impl Set {
    fn add(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn remove(&mut self, at: usize) {
        self.0[at / 64] &= !(1 << (at % 64));
    }

    fn has(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }

    /// What tells it from others of the same search, where all before `first` are in it: short, also
    /// of many operations.
    fn key(&self, first: usize) -> Box<[u64]> {
        let words = &self.0[(first / 64).min(self.0.len())..];
        let len = words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        words[..len].into()
    }
}

/// One place of the search: what is kept there, and which operation is tried next.
struct Place<S> {
    state: S,
    /// The first of the operations, by their calls, that is not in the order.
    first: usize,
    next: usize,
    /// How many answered ones are in the order.
    fitted: usize,
    /// The operation that led here.
    by: Option<usize>,
}

/// Looks for an order of the operations of one key, in at most so many steps.
pub(super) fn check<M: Model>(
    model: &M,
    key: &M::Key,
    calls: &[Call<M::Input, M::Output>],
    most_steps: usize,
) -> Result<(), Violation> {
    let answered = calls.iter().filter(|call| call.returned.is_some()).count();
    if answered == 0 {
        return Ok(());
    }
    // Those that are in the order which leads to the last place of the path.
    let mut done = Set(vec![0; calls.len().div_ceil(64)]);
    let begin = Place { state: model.initial(key), first: 0, next: 0, fitted: 0, by: None };
    let mut seen = HashSet::new();
    let mut path = vec![begin];
    // The longest order, for the message.
    let (mut best, mut best_state, mut steps) = (Vec::new(), format!("{:?}", model.initial(key)), 0);
    while let Some(place) = path.last_mut() {
        steps += 1;
        if steps > most_steps {
            let (key, steps) = (format!("{key:?}"), most_steps);
            return Err(Violation { key, misfit: None, order: Vec::new(), state: String::new(), steps });
        }
        // An operation can be the next if none that is not done had its answer before its call.
        let mut earliest = u64::MAX;
        for (at, call) in calls.iter().enumerate().skip(place.first) {
            if call.called > earliest {
                break;
            }
            if !done.has(at) {
                earliest = earliest.min(call.returned.unwrap_or(u64::MAX));
            }
        }
        let candidate = (place.next.max(place.first)..calls.len())
            .take_while(|at| calls[*at].called < earliest)
            .find(|at| !done.has(*at));
        let Some(at) = candidate else {
            if path.len() > best.len() + 1 {
                best = path.iter().filter_map(|place| place.by).collect();
                best_state = path.last().map_or(best_state, |place| format!("{:?}", place.state));
            }
            if let Some(at) = path.pop().and_then(|place| place.by) {
                done.remove(at);
            }
            continue;
        };
        place.next = at + 1;
        let call = &calls[at];
        let Some(state) = model.step(&place.state, &call.input, call.output.as_ref()) else { continue };
        done.add(at);
        let mut first = place.first;
        while first < calls.len() && done.has(first) {
            first += 1;
        }
        if !seen.insert((first, done.key(first), state.clone())) {
            done.remove(at);
            continue;
        }
        let fitted = place.fitted + usize::from(call.returned.is_some());
        if fitted == answered {
            return Ok(());
        }
        path.push(Place { state, first, next: first, fitted, by: Some(at) });
    }
    // Of those that are left, the one whose answer came first.
    let left = calls.iter().enumerate().filter(|(at, call)| !best.contains(at) && call.returned.is_some());
    let misfit = left.min_by_key(|(_, call)| call.returned).map(|(_, call)| call.to_string());
    let order = best.iter().map(|at| calls[*at].to_string()).collect();
    Err(Violation { key: format!("{key:?}"), misfit, order, state: best_state, steps })
}

#[cfg(test)]
mod tests;
