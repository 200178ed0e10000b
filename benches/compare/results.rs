//! What a run found: figures, each with its spread, and where, when and with what they were
//! measured.

use std::fmt;
use std::str::FromStr;

pub(crate) use anyloop_bench::machine::Machine;
pub(crate) use anyloop_bench::{Better, Summary};

pub(crate) mod file;
pub(crate) mod here;

/// Everything a run found. The page, the tables and the docs are made from it alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    /// UTC, as `2026-11-22T14:00:00Z`.
    pub(crate) date: String,
    /// The command that was run.
    pub(crate) command: String,
    /// What was measured and with what: name and version.
    pub(crate) versions: Vec<(String, String)>,
    pub(crate) rows: Vec<Row>,
    /// What a reader has to know beside the figures.
    pub(crate) notes: Vec<Note>,
    /// Who could not do which work, and why.
    pub(crate) left_out: Vec<Note>,
}

/// A sentence about something: a workload, a contestant, or `contestant/workload`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) about: String,
    pub(crate) text: String,
}

impl Note {
    pub(crate) fn new(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self { about: about.into(), text: text.into() }
    }
}

/// One figure: of a workload with its parameters, of a contestant, by one metric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// One of [`names::WORKLOADS`](crate::names::WORKLOADS).
    pub(crate) workload: String,
    pub(crate) params: Params,
    /// One of [`names::CONTESTANTS`](crate::names::CONTESTANTS).
    pub(crate) contestant: String,
    pub(crate) metric: Metric,
    pub(crate) summary: Summary,
}

impl Row {
    pub(crate) fn new(
        workload: &str,
        params: &[(&str, u64)],
        contestant: &str,
        metric: Metric,
        summary: Summary,
    ) -> Self {
        Self {
            workload: workload.to_owned(),
            params: Params(params.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect()),
            contestant: contestant.to_owned(),
            metric,
            summary,
        }
    }
}

/// A workload's parameters in their order, as `connections=50 bytes=64`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Params(pub(crate) Vec<(String, u64)>);

impl Params {
    pub(crate) fn get(&self, name: &str) -> Option<u64> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, value)) in self.0.iter().enumerate() {
            write!(f, "{}{key}={value}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl FromStr for Params {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |word: &str| {
            let (key, value) = word.split_once('=')?;
            Some((key.to_owned(), value.parse().ok()?))
        };
        text.split_whitespace()
            .map(|word| pair(word).ok_or_else(|| format!("`{word}` is not a parameter as in connections=50")))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Declares the metrics: variant, name in the CSV, unit, what a reader is told, and which way is
/// better.
macro_rules! metrics {
    ($($variant:ident $name:literal $unit:literal $title:literal $better:ident;)*) => {
        /// What was measured.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Metric { $(#[doc = $title] $variant,)* }

        impl Metric {
            const ALL: &[Self] = &[$(Self::$variant,)*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
            pub(crate) fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit,)* }
            }
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
            pub(crate) fn better(self) -> Better {
                match self { $(Self::$variant => Better::$better,)* }
            }
        }
    };
}

metrics! {
    CpuNsPerOp "cpu_ns_per_op" "ns" "CPU time per operation" Lower;
    WallNsPerOp "wall_ns_per_op" "ns" "wall time per operation" Lower;
    OpsPerS "ops_per_s" "1/s" "operations per second" Higher;
    P50Us "p50_us" "µs" "latency, median" Lower;
    P99Us "p99_us" "µs" "latency, 99 of 100" Lower;
    P999Us "p99_9_us" "µs" "latency, 999 of 1000" Lower;
    LatenessUs "lateness_us" "µs" "lateness" Lower;
    Early "early" "" "came early" Lower;
    InstructionsPerOp "instructions_per_op" "" "instructions per operation" Lower;
    SyscallsPerOp "syscalls_per_op" "" "system calls per operation" Lower;
    AllocationsPerOp "allocations_per_op" "" "allocations per operation" Lower;
    ControlCallsPerOp "control_calls_per_op" "" "epoll_ctl, timerfd and eventfd calls per operation" Lower;
    BytesEach "bytes_each" "B" "bytes each" Lower;
    RssMib "rss_mib" "MiB" "memory of the server" Lower;
    WaitedUs "waited_us" "µs" "a handler waited" Lower;
    RanUs "ran_us" "µs" "a handler ran" Lower;
    Unserved "unserved" "" "clients that got no answer" Lower;
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|m| m.name() == name);
        found.ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|m| m.name()).collect();
            format!("no metric is called `{name}`; there are {}", known.join(", "))
        })
    }
}
