//! The search for an order: Wing and Gong's, with the memory of places that were seen, as Lowe's.

use std::collections::HashSet;
use std::fmt;
use std::fmt::Debug;
use std::time::Duration;

use super::model::Model;

/// How many places the search looks at.
const MOST_STEPS: usize = 10_000_000;

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
}

impl Violation {
    /// Whether the search was given up: it may be linearizable.
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
                "whether the operations{key} are linearizable was not found in {MOST_STEPS} steps: check shorter \
                 histories, or more keys, or have fewer operations go without an answer"
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Set(Box<[u64]>);

impl Set {
    fn with(&self, at: usize) -> Set {
        let mut words = self.0.clone();
        words[at / 64] |= 1 << (at % 64);
        Set(words)
    }

    fn has(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }
}

/// One place of the search: what was put into the order, what is kept then, and which operation is
/// tried next.
struct Place<S> {
    done: Set,
    state: S,
    /// The first of the operations, by their calls, that is not in the order.
    first: usize,
    next: usize,
    /// How many answered ones are in the order.
    fitted: usize,
    /// The operation that led here.
    by: Option<usize>,
}

/// Looks for an order of the operations of one key.
pub(super) fn check<M: Model>(
    model: &M,
    key: &M::Key,
    calls: &[Call<M::Input, M::Output>],
) -> Result<(), Violation> {
    let answered = calls.iter().filter(|call| call.returned.is_some()).count();
    if answered == 0 {
        return Ok(());
    }
    let empty = Set(vec![0; calls.len().div_ceil(64)].into());
    let begin = Place { done: empty, state: model.initial(key), first: 0, next: 0, fitted: 0, by: None };
    let mut seen = HashSet::from([(begin.done.clone(), begin.state.clone())]);
    let mut path = vec![begin];
    // The longest order, for the message.
    let (mut best, mut best_state, mut steps) = (Vec::new(), format!("{:?}", model.initial(key)), 0);
    while let Some(place) = path.last_mut() {
        steps += 1;
        if steps > MOST_STEPS {
            let key = format!("{key:?}");
            return Err(Violation { key, misfit: None, order: Vec::new(), state: String::new() });
        }
        // An operation can be the next if none that is not done had its answer before its call.
        let mut earliest = u64::MAX;
        for (at, call) in calls.iter().enumerate().skip(place.first) {
            if call.called > earliest {
                break;
            }
            if !place.done.has(at) {
                earliest = earliest.min(call.returned.unwrap_or(u64::MAX));
            }
        }
        let candidate = (place.next.max(place.first)..calls.len())
            .take_while(|at| calls[*at].called < earliest)
            .find(|at| !place.done.has(*at));
        let Some(at) = candidate else {
            if path.len() > best.len() + 1 {
                best = path.iter().filter_map(|place| place.by).collect();
                best_state = path.last().map_or(best_state, |place| format!("{:?}", place.state));
            }
            path.pop();
            continue;
        };
        place.next = at + 1;
        let call = &calls[at];
        let Some(state) = model.step(&place.state, &call.input, call.output.as_ref()) else { continue };
        let done = place.done.with(at);
        if !seen.insert((done.clone(), state.clone())) {
            continue;
        }
        let mut first = place.first;
        while first < calls.len() && done.has(first) {
            first += 1;
        }
        let fitted = place.fitted + usize::from(call.returned.is_some());
        if fitted == answered {
            return Ok(());
        }
        path.push(Place { done, state, first, next: first, fitted, by: Some(at) });
    }
    // Of those that are left, the one whose answer came first.
    let left = calls.iter().enumerate().filter(|(at, call)| !best.contains(at) && call.returned.is_some());
    let misfit = left.min_by_key(|(_, call)| call.returned).map(|(_, call)| call.to_string());
    let order = best.iter().map(|at| calls[*at].to_string()).collect();
    Err(Violation { key: format!("{key:?}"), misfit, order, state: best_state })
}

#[cfg(test)]
mod tests;
