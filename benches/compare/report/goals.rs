//! What the native loop is to reach, and what it reached in a run.

use super::figure::ratio;
use super::view::{cases, workload};
use crate::names::*;
use crate::results::{Better, Metric, Results};

/// A line of the table of goals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    /// Its heading, by which the reasons name it too.
    pub(crate) what: &'static str,
    /// In words.
    pub(crate) goal: &'static str,
    parts: &'static [Part],
}

/// A figure of the line, and how large it may be.
#[derive(Clone, Copy, Debug)]
struct Part {
    workload: &'static str,
    params: &'static [(&'static str, u64)],
    metric: Metric,
    one: &'static str,
    /// Of whose figure it is a part; a figure of its own without.
    other: Option<&'static str>,
    limit: f64,
}

/// What a part came to: by the medians, and by the best tenths where that is another figure.
#[derive(Clone, Copy, Debug)]
struct Reached {
    median: f64,
    best: f64,
    limit: f64,
    exact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Met,
    NotMet,
    NotMeasured,
}

/// A goal beside what was reached.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) goal: Goal,
    /// The figures, by the medians.
    pub(crate) reached: String,
    /// The figures, by the best tenths; empty where all are exact.
    pub(crate) best: String,
    /// The figures of native where no other loop is compiled in, by the medians; empty where that
    /// was not measured.
    pub(crate) alone: String,
    pub(crate) verdict: Verdict,
}

/// A figure of native's own, no larger than `limit`.
const fn own(
    workload: &'static str,
    params: &'static [(&'static str, u64)],
    metric: Metric,
    limit: f64,
) -> Part {
    Part { workload, params, metric, one: NATIVE, other: None, limit }
}

/// CPU time of native as a part of another's.
const fn cpu(
    workload: &'static str,
    params: &'static [(&'static str, u64)],
    other: &'static str,
    limit: f64,
) -> Part {
    Part { workload, params, metric: Metric::CpuNsPerOp, one: NATIVE, other: Some(other), limit }
}

/// With two workers, as a part of tokio's with two.
const fn two(workload: &'static str, params: &'static [(&'static str, u64)], metric: Metric) -> Part {
    Part { workload, params, metric, one: NATIVE_MT, other: Some(RAW_TOKIO_MT), limit: 1.0 }
}

const ECHO_1: &[(&str, u64)] = &[("connections", 1), ("bytes", 64)];
const ECHO_50: &[(&str, u64)] = &[("connections", 50), ("bytes", 64)];
const ECHO_500: &[(&str, u64)] = &[("connections", 500), ("bytes", 64)];
const fn instructions(params: &'static [(&'static str, u64)]) -> Part {
    Part { metric: Metric::InstructionsPerOp, ..cpu(TCP_ECHO, params, RAW_TOKIO, 0.45) }
}

/// A count per operation is the difference of two runs, divided; so far it may be beside the whole
/// number.
const ROUNDING: f64 = 0.005;

pub(crate) const GOALS: &[Goal] = &[
    Goal {
        what: "System calls per echo request, 1 / 50 connections",
        goal: "3.00 / ≤ 2.25",
        parts: &[
            own(TCP_ECHO, ECHO_1, Metric::SyscallsPerOp, 3.0 + ROUNDING),
            own(TCP_ECHO, ECHO_50, Metric::SyscallsPerOp, 2.25),
        ],
    },
    Goal {
        what: "epoll_ctl, timerfd and eventfd calls per echo request, 1 / 50 connections",
        goal: "0 / 0",
        parts: &[
            own(TCP_ECHO, ECHO_1, Metric::ControlCallsPerOp, ROUNDING),
            own(TCP_ECHO, ECHO_50, Metric::ControlCallsPerOp, ROUNDING),
        ],
    },
    Goal {
        what: "Instructions per echo request, to tokio, 1 / 50 connections",
        goal: "≤ 0.45 / 0.45",
        parts: &[instructions(ECHO_1), instructions(ECHO_50)],
    },
    Goal {
        what: "Unix pairs, CPU to tokio, 1 / 50 / 500",
        goal: "≤ 1.00 / 1.00 / 1.00",
        parts: &[
            cpu(UNIX_PAIRS, &[("pairs", 1)], RAW_TOKIO, 1.0),
            cpu(UNIX_PAIRS, &[("pairs", 50)], RAW_TOKIO, 1.0),
            cpu(UNIX_PAIRS, &[("pairs", 500)], RAW_TOKIO, 1.0),
        ],
    },
    Goal {
        what: "Unix pairs, CPU to the raw loop, 1 / 50 / 500",
        goal: "≤ 1.25 / 1.12 / 1.25",
        parts: &[
            cpu(UNIX_PAIRS, &[("pairs", 1)], RAW_EPOLL, 1.25),
            cpu(UNIX_PAIRS, &[("pairs", 50)], RAW_EPOLL, 1.12),
            cpu(UNIX_PAIRS, &[("pairs", 500)], RAW_EPOLL, 1.25),
        ],
    },
    Goal {
        what: "TCP echo, CPU to tokio, 50 / 500 connections",
        goal: "≤ 1.05 / 1.05",
        parts: &[cpu(TCP_ECHO, ECHO_50, RAW_TOKIO, 1.05), cpu(TCP_ECHO, ECHO_500, RAW_TOKIO, 1.05)],
    },
    Goal {
        what: "TCP echo, CPU to smol, 50 / 500 connections",
        goal: "≤ 0.80 / 0.80",
        parts: &[cpu(TCP_ECHO, ECHO_50, RAW_SMOL, 0.8), cpu(TCP_ECHO, ECHO_500, RAW_SMOL, 0.8)],
    },
    Goal {
        what: "Spawn and join, CPU to tokio, from block_on / from a task",
        goal: "≤ 0.45 / 0.45",
        parts: &[
            cpu(SPAWN_JOIN, &[("from_task", 0)], RAW_TOKIO, 0.45),
            cpu(SPAWN_JOIN, &[("from_task", 1)], RAW_TOKIO, 0.45),
        ],
    },
    Goal {
        what: "A task: allocations; bytes beside its future",
        goal: "1; ≤ 80",
        parts: &[
            own(SPAWN_JOIN, &[("from_task", 1)], Metric::AllocationsPerOp, 1.0 + ROUNDING),
            own(TASK_SIZE, &[], Metric::BytesEach, 80.0),
        ],
    },
    Goal {
        what: "Yield, CPU to tokio, 1 / 100 tasks",
        goal: "≤ 0.60 / 0.60",
        parts: &[cpu(YIELD, &[("tasks", 1)], RAW_TOKIO, 0.6), cpu(YIELD, &[("tasks", 100)], RAW_TOKIO, 0.6)],
    },
    Goal {
        what: "Channel ping-pong, CPU to tokio",
        goal: "≤ 0.95",
        parts: &[cpu(CHANNEL, &[], RAW_TOKIO, 0.95)],
    },
    Goal {
        what: "Sleep created and dropped / 100 000 expiring, CPU to tokio",
        goal: "≤ 1.05 / 0.50",
        parts: &[cpu(SLEEP_DROP, &[], RAW_TOKIO, 1.05), cpu(SLEEP_EXPIRE, &[], RAW_TOKIO, 0.5)],
    },
    Goal {
        what: "A sleep: allocations; bytes where no other loop is compiled in",
        goal: "0; ≤ 72",
        parts: &[
            own(SLEEP_DROP, &[], Metric::AllocationsPerOp, ROUNDING),
            // The facade's own is as large as that of the largest loop compiled in.
            Part { one: NATIVE_ALONE, ..own(SLEEP_SIZE, &[], Metric::BytesEach, 72.0) },
        ],
    },
    Goal {
        what: "Sleep of 1 ms: came early; median lateness to tokio's",
        goal: "0; ≤ 0.25",
        parts: &[
            own(SLEEP_LATE, &[], Metric::Early, 0.0),
            Part { metric: Metric::LatenessUs, ..cpu(SLEEP_LATE, &[], RAW_TOKIO, 0.25) },
        ],
    },
    Goal {
        what: "HTTP hello through hyper, CPU to hyper on tokio, 50 connections",
        goal: "≤ 0.95",
        parts: &[cpu(HYPER_HELLO, &[("connections", 50)], RAW_TOKIO, 0.95)],
    },
    Goal {
        what: "Two workers, CPU to tokio's two: spawn storm / 500 connections / fan-out",
        goal: "≤ 1.00 / 1.00 / 1.00",
        parts: &[
            two(SPAWN_STORM, &[], Metric::CpuNsPerOp),
            two(MT_ECHO, &[("connections", 500)], Metric::CpuNsPerOp),
            two(FAN_OUT, &[], Metric::CpuNsPerOp),
        ],
    },
    Goal {
        what: "Two workers, time by the clock to tokio's two: spawn storm / 500 connections / fan-out",
        goal: "≤ 1.00 / 1.00 / 1.00",
        parts: &[
            two(SPAWN_STORM, &[], Metric::WallNsPerOp),
            two(MT_ECHO, &[("connections", 500)], Metric::OpsPerS),
            two(FAN_OUT, &[], Metric::WallNsPerOp),
        ],
    },
];

/// Every goal beside what was reached.
pub(crate) fn outcomes(results: &Results) -> Vec<Outcome> {
    GOALS.iter().map(|goal| outcome(results, *goal)).collect()
}

fn outcome(results: &Results, goal: Goal) -> Outcome {
    let all =
        |part: fn(&Part) -> Part| goal.parts.iter().map(|p| reached(results, &part(p))).collect::<Vec<_>>();
    let parts = all(|part| *part);
    let alone = all(|part| Part { one: if part.one == NATIVE { NATIVE_ALONE } else { part.one }, ..*part });
    let verdict = if parts.iter().flatten().any(|r| r.median > r.limit) {
        Verdict::NotMet
    } else if parts.iter().any(Option::is_none) {
        Verdict::NotMeasured
    } else {
        Verdict::Met
    };
    let exact = parts.iter().flatten().all(|r| r.exact);
    let alone_too = goal.parts.iter().any(|p| p.one == NATIVE) && alone.iter().any(Option::is_some);
    Outcome {
        goal,
        reached: join(&goal, &parts, |r| r.median),
        best: if exact { String::new() } else { join(&goal, &parts, |r| r.best) },
        alone: if alone_too { join(&goal, &alone, |r| r.median) } else { String::new() },
        verdict,
    }
}

/// The figures of a goal in a row.
fn join(goal: &Goal, parts: &[Option<Reached>], pick: fn(&Reached) -> f64) -> String {
    let words = goal.parts.iter().zip(parts).map(|(part, reached)| match reached {
        None => "–".to_owned(),
        Some(r) if part.other.is_some() => ratio(pick(r)),
        // Counts: the limit itself may be beside the whole number by the rounding.
        Some(r) if r.limit < 20.0 => format!("{:.2}", pick(r)),
        Some(r) => format!("{:.0}", pick(r)),
    });
    words.collect::<Vec<_>>().join(if goal.goal.contains(';') { "; " } else { " / " })
}

fn reached(results: &Results, part: &Part) -> Option<Reached> {
    let cases = cases(results, workload(part.workload)?);
    // Parameters that the goal does not name may be as they like, such as how many sleeps there
    // were.
    let fits =
        |case: &&super::view::Case<'_>| part.params.iter().all(|(k, v)| case.params.get(k) == Some(*v));
    cases.iter().filter(fits).find_map(|case| {
        let one = case.get(part.one, part.metric)?;
        let (median, best) = match (part.other, part.metric.better()) {
            (None, _) => (one.median, one.best),
            (Some(other), Better::Lower) => case.ratio(part.metric, part.one, other)?,
            // Of a rate, the time that one of them takes.
            (Some(other), Better::Higher) => case.ratio(part.metric, other, part.one)?,
        };
        // As the page shows it, so that no third digit decides.
        let median = match part.metric {
            _ if part.other.is_some() => (median * 100.0).round() / 100.0,
            Metric::BytesEach => median.round(),
            _ => median,
        };
        Some(Reached { median, best, limit: part.limit, exact: one.samples <= 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn of(results: &Results, what: &str) -> Outcome {
        let all = outcomes(results);
        all.into_iter().find(|o| o.goal.what.starts_with(what)).expect("there is such a goal")
    }

    #[test]
    fn goals_are_met_missed_or_not_measured() {
        let mut results = sample::invented();
        let outcome = of(&results, "HTTP hello");
        assert_eq!((outcome.reached.as_str(), outcome.verdict), ("0.92", Verdict::Met));
        assert_eq!(of(&results, "Two workers").verdict, Verdict::NotMeasured);
        let outcome = of(&results, "System calls");
        assert_eq!((outcome.reached.as_str(), outcome.best.as_str()), ("3.00 / 3.00", ""));
        assert_eq!(outcome.verdict, Verdict::NotMet, "50 connections need no more than 2.25");
        results.rows.retain(|row| row.workload != HYPER_HELLO);
        assert_eq!(of(&results, "HTTP hello").verdict, Verdict::NotMeasured);
    }
}
