//! Many worlds, one for each seed: run side by side, replayed, compared.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use loop_api::error::Panic;

use crate::builder::Builder;
use crate::checks::kind_of;
use crate::core::lock;
use crate::leaks;
use crate::oracle::Recording;
use crate::plan::Plan;
use crate::quiet;
use crate::sim_loop::SimLoop;
use crate::trace::{Stats, TraceEvent};

/// What one seed came to.
#[derive(Debug, Clone)]
pub(crate) struct RunOf {
    pub(crate) failure: Option<String>,
    /// Of what kind the first failure is.
    pub(crate) kind: Option<String>,
    pub(crate) stats: Stats,
    pub(crate) elapsed: Duration,
    pub(crate) plan: Plan,
    pub(crate) recording: Option<Recording>,
    pub(crate) trace: Vec<TraceEvent>,
    pub(crate) hosts: Vec<String>,
    pub(crate) sometimes: BTreeMap<String, bool>,
}

/// Runs one world on a thread of its own, as some of std's random numbers are the thread's. Its
/// panic is caught, and not printed.
pub(crate) fn run_one(builder: &Builder, program: &(impl Fn(&mut SimLoop) + Sync)) -> RunOf {
    let run = || {
        let _quiet = quiet::on_this_thread();
        let mut sim = builder.clone().build();
        let world = sim.world();
        let result = catch_unwind(AssertUnwindSafe(|| {
            program(&mut sim);
            leaks::expect_none(&mut sim);
            assert!(
                !world.leaves_its_plan(),
                "the plan of this test was not taken: its faults happen where `World::chaos` is called"
            );
        }));
        let panicked = result.err().map(|payload| Panic::new(payload).message().to_owned());
        // What a check says comes before the panic by which it ended the run.
        let mut failures = world.failures();
        if failures.is_empty() {
            failures.extend(panicked);
        }
        RunOf {
            failure: (!failures.is_empty()).then(|| failures.join("; ")),
            kind: failures.first().map(|first| kind_of(first)),
            stats: world.stats(),
            elapsed: world.elapsed(),
            plan: world.drawn_plan(),
            recording: world.recording(),
            trace: world.trace(),
            hosts: world.hosts().iter().map(|host| host.name().to_owned()).collect(),
            sometimes: lock(&world.inner().checks).held().clone(),
        }
    };
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("sim").to_owned();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name(name).spawn_scoped(scope, run);
        match thread.map(|thread| thread.join()) {
            Ok(Ok(run)) => run,
            // A drop of the world's that panics.
            Ok(Err(payload)) => std::panic::resume_unwind(payload),
            Err(error) => panic!("no thread for a world: {error}"),
        }
    })
}

/// A seed that failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failure {
    /// The seed: the same world with it fails again.
    pub seed: u64,
    /// What failed.
    pub message: String,
    /// The faults that [`World::chaos`](crate::World::chaos) had drawn.
    pub plan: Plan,
    /// When it failed, in the world's time.
    pub elapsed: Duration,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {} failed at {:?}: {}", self.seed, self.elapsed, self.message)?;
        if !self.plan.is_empty() {
            write!(f, "\nwith these faults:\n{}", self.plan)?;
        }
        Ok(())
    }
}

/// What many seeds came to.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// How many seeds were run.
    pub seeds: u64,
    /// Those that failed, by seed.
    pub failures: Vec<Failure>,
    /// What [`World::sometimes`](crate::World::sometimes) was asked for and held in no seed.
    pub never: Vec<String>,
    /// The world's time that went by in all of them.
    pub elapsed: Duration,
    /// The hash of each run, by seed.
    pub hashes: BTreeMap<u64, u64>,
}

impl Report {
    /// Whether no seed failed, and all that is to hold now and then did.
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty() && self.never.is_empty()
    }

    /// The failure with the lowest seed.
    pub fn first_failure(&self) -> Option<&Failure> {
        self.failures.first()
    }

    /// Panics with what failed, and how to run it again.
    ///
    /// # Panics
    ///
    /// If the report is not [ok](Self::is_ok).
    #[track_caller]
    pub fn unwrap(&self) {
        assert!(self.is_ok(), "{self}");
    }
}

impl Failure {
    /// The failure, and how it is run again: the words behind the variable.
    pub(crate) fn tell(&self, again: &str) -> String {
        let told = self.to_string();
        format!("{}\nrun it again: ANYLOOP_SIM_SEED={} {again}", told.trim_end(), self.seed)
    }
}

impl Report {
    /// The report, and the words behind the variable by which its first failure is run again.
    pub(crate) fn tell(&self, again: &str) -> String {
        let mut text = format!("{} of {} seeds failed", self.failures.len(), self.seeds);
        for name in &self.never {
            text += &format!("\n`{name}` held in none of them: the case that it stands for was never tested");
        }
        if let Some(first) = self.first_failure() {
            text += "\n";
            text += &first.tell(again);
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tell("and the test's name"))
    }
}

/// Runs `program` once for each seed, in a world of its own that is built by `builder` with that
/// seed, as many at once as there are processors. A run fails when it panics, when a check of its
/// world fails, and when a task on a host other than `main` panics and is not awaited.
///
/// It stops at the tenth failure. A run of more than two seconds tells on standard error how far it
/// is.
///
/// ```
/// use loop_api::{EventLoop, Handle};
/// use loop_sim::{Builder, Order, SimLoop, seeds};
/// use std::sync::{Arc, Mutex};
///
/// // Which of two tasks is the first is nothing to build on.
/// let report = seeds(0..100, &Builder::new().order(Order::Random), |sim| {
///     let order = Arc::new(Mutex::new(Vec::new()));
///     let tasks: Vec<_> = (0..2).map(|n| {
///         let order = order.clone();
///         sim.handle().spawn(async move { order.lock().unwrap().push(n) })
///     }).collect();
///     sim.block_on(async { for task in tasks { task.await.unwrap() } });
///     assert_eq!(*order.lock().unwrap(), [0, 1]);
/// });
/// assert!(!report.is_ok() && report.first_failure().is_some());
/// ```
pub fn seeds(range: Range<u64>, builder: &Builder, program: impl Fn(&mut SimLoop) + Sync) -> Report {
    run_seeds(range, builder, program, |_| ())
}

/// As [`seeds`]; `tell` is called with the failure that is found first, when it is.
pub(crate) fn run_seeds(
    range: Range<u64>,
    builder: &Builder,
    program: impl Fn(&mut SimLoop) + Sync,
    tell: impl Fn(&Failure) + Sync,
) -> Report {
    const MOST_FAILURES: usize = 10;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, total) = (AtomicU64::new(range.start), range.end.saturating_sub(range.start));
    let (report, held) = (Mutex::new(Report::default()), Mutex::new(BTreeMap::<String, bool>::new()));
    let told = Mutex::new(Instant::now());
    let test = std::thread::current().name().unwrap_or("seeds").to_owned();
    std::thread::scope(|scope| {
        for _ in 0..processors.min(usize::try_from(total).unwrap_or(usize::MAX)) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Relaxed);
                    if seed >= range.end || lock(&report).failures.len() >= MOST_FAILURES {
                        return;
                    }
                    let run = run_one(&builder.clone().seed(seed), &program);
                    let mut report = lock(&report);
                    report.seeds += 1;
                    report.elapsed += run.elapsed;
                    report.hashes.insert(seed, run.stats.hash);
                    if let Some(message) = run.failure {
                        let failure = Failure { seed, message, plan: run.plan, elapsed: run.elapsed };
                        if report.failures.is_empty() {
                            tell(&failure);
                        }
                        report.failures.push(failure);
                    }
                    for (name, holds) in run.sometimes {
                        *lock(&held).entry(name).or_default() |= holds;
                    }
                    let mut told = lock(&told);
                    if told.elapsed() > Duration::from_secs(2) {
                        *told = Instant::now();
                        let failed = report.failures.len();
                        loop_api::shared::write_report(format_args!(
                            "{test}: {} of {total} seeds, {failed} failed",
                            report.seeds
                        ));
                    }
                }
            });
        }
    });
    let mut report = report.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    report.failures.sort_by_key(|failure| failure.seed);
    let held = held.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    report.never = held.into_iter().filter(|(_, held)| !held).map(|(name, _)| name).collect();
    report
}

/// Two runs of one seed that were not the same.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Difference {
    /// The seed.
    pub seed: u64,
    /// How many events were the same.
    pub same: usize,
    /// The events around the first that differs, of either run.
    pub traces: (Vec<TraceEvent>, Vec<TraceEvent>),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "two runs of seed {} differ after {} events: something in the program is not decided by the seed, such as std's clock, \
             the order of a std::collections::HashMap, or a random number that is not the world's",
            self.seed, self.same
        )?;
        for (name, trace) in [("one", &self.traces.0), ("other", &self.traces.1)] {
            write!(f, "\nthe {name}:")?;
            for event in trace {
                write!(f, "\n{event}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Difference {}

/// Runs a seed twice, and gives its statistics if both runs were the same.
///
/// # Errors
///
/// The first event that differs, with those around it.
///
/// ```
/// use loop_api::{EventLoop, Handle};
/// use loop_sim::{Builder, check_deterministic};
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
///
/// static RUNS: AtomicU64 = AtomicU64::new(0);
/// let difference = check_deterministic(7, &Builder::new(), |sim| {
///     let sleep = Duration::from_secs(RUNS.fetch_add(1, Ordering::Relaxed));
///     sim.block_on(sim.handle().sleep(sleep));
/// });
/// assert!(difference.unwrap_err().to_string().contains("differ after 1 events"));
/// ```
pub fn check_deterministic(
    seed: u64,
    builder: &Builder,
    program: impl Fn(&mut SimLoop) + Sync,
) -> Result<Stats, Box<Difference>> {
    const AROUND: usize = 5;
    let builder = builder.clone().seed(seed).trace(true);
    let (one, other) = (run_one(&builder, &program), run_one(&builder, &program));
    if one.stats == other.stats && one.failure == other.failure {
        return Ok(one.stats);
    }
    let same = one.trace.iter().zip(&other.trace).take_while(|(one, other)| one == other).count();
    let around = |trace: &[TraceEvent]| {
        trace.iter().skip(same.saturating_sub(AROUND)).take(2 * AROUND).cloned().collect::<Vec<_>>()
    };
    Err(Box::new(Difference { seed, same, traces: (around(&one.trace), around(&other.trace)) }))
}
