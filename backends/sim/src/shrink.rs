//! Failures made small: first the faults, then the choices.

use std::fmt::{self, Write as _};
use std::time::Instant;

use crate::builder::Builder;
use crate::oracle::{ChoiceKind, Recording};
use crate::plan::Plan;
use crate::seeds::{Failure, RunOf, run_one};
use crate::sim_loop::SimLoop;
use crate::timeline;
use crate::trace::TraceEvent;

/// A failure, as small as it was made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Shrunk {
    /// The seed with which it fails now: with fewer faults it may be another.
    pub seed: u64,
    /// What fails.
    pub message: String,
    /// The faults that it needs.
    pub plan: Plan,
    /// The choices that it needs: give it to [`Builder::replay`](crate::Builder::replay), and the
    /// plan to [`Builder::plan`](crate::Builder::plan).
    pub recording: Recording,
    /// What happened in it.
    pub trace: Vec<TraceEvent>,
    /// The hosts, by number.
    pub hosts: Vec<String>,
    /// How many runs it took.
    pub runs: usize,
    /// Whether all was tried; else the limit came first, and it may need less.
    pub complete: bool,
    /// How many faults, and how many choices that were not the quiet one, there were before.
    pub before: (usize, usize),
}

impl Shrunk {
    /// The run as an SVG: small above, and its end as a diagram in which time goes down, with hosts as
    /// lanes, packets as arrows, faults shaded, and the failure at the bottom.
    pub fn timeline(&self) -> String {
        timeline::draw(&self.trace, &self.hosts, &self.message)
    }

    /// The trace, an event on each line.
    pub fn trace_text(&self) -> String {
        let mut text = String::new();
        for event in &self.trace {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{event}");
        }
        text
    }
}

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (faults, noise) = self.before;
        write!(
            f,
            "seed {}: {}\nit needs {} of {faults} faults and {} of {noise} choices ({} runs{})",
            self.seed,
            self.message,
            self.plan.len(),
            self.recording.noise(),
            self.runs,
            if self.complete { "" } else { ", then the limit came: it may need less" }
        )?;
        if !self.plan.is_empty() {
            write!(f, "\n{}as Rust: Builder::plan({})", self.plan, self.plan.to_rust())?;
        }
        Ok(())
    }
}

/// The kinds of choices that are made quiet, the one that disturbs a reader most first.
const KINDS: [ChoiceKind; 10] = [
    ChoiceKind::Buggify,
    ChoiceKind::Crash,
    ChoiceKind::Loss,
    ChoiceKind::Duplicate,
    ChoiceKind::Segment,
    ChoiceKind::Latency,
    ChoiceKind::Disk,
    ChoiceKind::Tie,
    ChoiceKind::Task,
    ChoiceKind::Random,
];

struct Shrinker<'a, P> {
    builder: Builder,
    seed: u64,
    program: &'a P,
    left: usize,
    until: Option<Instant>,
    /// Whether a limit came.
    stopped: bool,
    best: RunOf,
}

impl<P: Fn(&mut SimLoop) + Sync> Shrinker<'_, P> {
    /// Whether it still fails in the same way, with this plan and these choices; then it is the best.
    fn fails(&mut self, plan: &Plan, script: Option<&Recording>) -> bool {
        // Without a fault the run goes another way, and may need other luck.
        let seeds = if script.is_some() { 0..1 } else { 0..4 };
        seeds.into_iter().any(|more| self.fails_with(plan, script, self.seed.wrapping_add(more)))
    }

    fn fails_with(&mut self, plan: &Plan, script: Option<&Recording>, seed: u64) -> bool {
        self.stopped |= self.left == 0 || self.until.is_some_and(|until| Instant::now() >= until);
        if self.stopped {
            return false;
        }
        self.left -= 1;
        let mut builder = self.builder.clone().seed(seed).plan(plan.clone()).record(true).trace(true);
        if let Some(script) = script {
            builder = builder.replay(script.clone());
        }
        let run = run_one(&builder, self.program);
        // Another failure is not a smaller one: it may be of another cause.
        let fails = run.kind == self.best.kind;
        if fails {
            self.seed = seed;
            self.best = run;
            // The plan is not drawn, but given.
            self.best.plan = plan.clone();
        }
        fails
    }

    /// Leaves faults out until none can be.
    fn shrink_plan(&mut self) {
        loop {
            let before = self.best.plan.len();
            self.leave_out_parts();
            self.leave_out_pairs();
            if self.best.plan.len() == before || self.stopped {
                return;
            }
        }
    }

    /// Leaves out halves first, then smaller parts, then single faults.
    fn leave_out_parts(&mut self) {
        let mut plan = self.best.plan.clone();
        let mut part = plan.len().div_ceil(2);
        while part > 0 {
            let mut at = 0;
            while at < plan.len() {
                let mut less = plan.clone();
                less.faults.drain(at..(at + part).min(plan.len()));
                if self.fails(&less, None) {
                    plan = less;
                } else {
                    at += part;
                }
            }
            part = if part == 1 { 0 } else { part.div_ceil(2) };
        }
    }

    /// Leaves out a fault together with what undoes it.
    fn leave_out_pairs(&mut self) {
        let mut at = 0;
        while let Some((_, fault)) = self.best.plan.faults.get(at) {
            let undone = fault.undone();
            let later = self.best.plan.faults.iter().skip(at + 1);
            let end = later
                .zip(at + 1..)
                .find(|((_, other), _)| Some(other) == undone.as_ref())
                .map(|(_, end)| end);
            let mut less = self.best.plan.clone();
            if let Some(end) = end {
                less.faults.remove(end);
                less.faults.remove(at);
            }
            if end.is_none() || !self.fails(&less, None) {
                at += 1;
            }
        }
    }

    /// Makes choices the quiet ones: whole kinds first, then halves of what is left of each.
    fn shrink_choices(&mut self) {
        let plan = self.best.plan.clone();
        for kind in KINDS {
            let count = self.best.recording.as_ref().map_or(0, |recording| recording.of_kind(kind).len());
            let mut part = count;
            while part > 0 && !self.stopped {
                let mut at = 0;
                while at < count {
                    let mut less = self.best.recording.clone().unwrap_or_default();
                    let choices = less.of_kind_mut(kind);
                    let end = (at + part).min(choices.len());
                    let quiet = choices[at.min(end)..end].iter_mut().fold(true, |quiet, chosen| {
                        let was = std::mem::take(&mut chosen.at);
                        quiet && was == 0
                    });
                    if !quiet {
                        self.fails(&plan, Some(&less));
                    }
                    at += part;
                }
                part /= 2;
            }
        }
    }
}

/// Makes a failure small, in at most `limit` runs: leaves out the drawn faults that it does not
/// need, then makes the choices quiet that it does not need (the first task, the shortest latency,
/// no loss). What fails in the end is what failed in the beginning: the first line of the first
/// failure is the same but for its numbers. A smaller run that fails in another way is passed over.
///
/// `None` if the seed does not fail again: then something in the program is not decided by the
/// seed, and [`check_deterministic`](crate::check_deterministic) tells what.
///
/// ```
/// use loop_api::{EventLoop, Handle};
/// use loop_sim::{Builder, Chaos, Order, SimLoop, seeds, shrink};
/// use std::time::Duration;
///
/// // It fails if host `b` is down in the fifth second.
/// let program = |sim: &mut SimLoop| {
///     let world = sim.world();
///     world.host("a");
///     world.host("b");
///     world.chaos(&Chaos::everything(Duration::from_secs(5)));
///     sim.block_on(sim.handle().sleep(Duration::from_secs(4)));
///     assert!(!loop_api::Handle::shared(&world.host("b")).is_closed(), "b is down");
/// };
/// let builder = Builder::new().order(Order::Random);
/// let report = seeds(0..100, &builder, program);
/// let shrunk = shrink(report.first_failure().unwrap(), 100, &builder, program).unwrap();
/// assert_eq!(shrunk.plan.len(), 1, "{shrunk}");
/// assert!(shrunk.plan.to_string().contains("crash b"), "{shrunk}");
/// ```
pub fn shrink(
    failure: &Failure,
    limit: usize,
    builder: &Builder,
    program: impl Fn(&mut SimLoop) + Sync,
) -> Option<Shrunk> {
    shrink_until(failure, limit, None, builder, program)
}

/// As [`shrink`], in at most `limit` runs, the last of which ends by a moment of the system's clock.
pub(crate) fn shrink_until(
    failure: &Failure,
    limit: usize,
    until: Option<Instant>,
    builder: &Builder,
    program: impl Fn(&mut SimLoop) + Sync,
) -> Option<Shrunk> {
    let builder = builder.clone().seed(failure.seed);
    let best = run_one(&builder.clone().record(true).trace(true), &program);
    best.failure.as_ref()?;
    let noise = best.recording.as_ref().map_or(0, Recording::noise);
    let before = (best.plan.len(), noise);
    let (seed, builder) = (failure.seed, builder.until(until));
    let mut shrinker =
        Shrinker { builder, seed, program: &program, left: limit, until, stopped: false, best };
    shrinker.shrink_plan();
    shrinker.shrink_choices();
    let Shrinker { best, left, seed, stopped, .. } = shrinker;
    Some(Shrunk {
        seed,
        message: best.failure.unwrap_or_default(),
        plan: best.plan,
        recording: best.recording.unwrap_or_default(),
        trace: best.trace,
        hosts: best.hosts,
        runs: limit - left + 1,
        complete: !stopped,
        before,
    })
}
