//! Ways to look at the figures: by case, by contestant, one against another.

use crate::names::{self, Workload};
use crate::results::{Metric, Params, Results, Row, Summary};

/// A workload with its parameters, and what everybody reached in it.
#[derive(Clone, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) workload: &'static Workload,
    pub(crate) params: &'a Params,
    pub(crate) rows: Vec<&'a Row>,
}

/// The cases of a workload, smaller parameters first.
pub(crate) fn cases<'a>(results: &'a Results, workload: &'static Workload) -> Vec<Case<'a>> {
    let mut found: Vec<Case<'a>> = Vec::new();
    for row in results.rows.iter().filter(|row| row.workload == workload.name) {
        match found.iter_mut().find(|case| *case.params == row.params) {
            Some(case) => case.rows.push(row),
            None => found.push(Case { workload, params: &row.params, rows: vec![row] }),
        }
    }
    // By the values only: `bytes` stand behind `connections` in a name, but before them in the
    // page.
    found.sort_by_key(|case| case.params.0.iter().rev().map(|(_, value)| *value).collect::<Vec<_>>());
    found
}

/// What [`Case::label`] leaves out.
const USUAL: &str = ", 64 B";

/// A workload by its name.
pub(crate) fn workload(name: &str) -> Option<&'static Workload> {
    names::WORKLOADS.iter().find(|w| w.name == name)
}

impl Case<'_> {
    pub(crate) fn get(&self, contestant: &str, metric: Metric) -> Option<Summary> {
        let row = self.rows.iter().find(|row| row.contestant == contestant && row.metric == metric)?;
        Some(row.summary)
    }

    /// Who has any figure here, in the order of tables.
    pub(crate) fn contestants(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.rows.iter().map(|row| row.contestant.as_str()).collect();
        all.sort_by_key(|name| (names::order(name), *name));
        all.dedup();
        all
    }

    /// What has been measured here, in the order of [`Metric`].
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let mut all: Vec<Metric> = self.rows.iter().map(|row| row.metric).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The figure that this case is about.
    pub(crate) fn main_metric(&self) -> Option<Metric> {
        let first = match self.workload.name {
            names::SLEEP_LATE => Metric::LatenessUs,
            _ => Metric::CpuNsPerOp,
        };
        let all = self.metrics();
        if all.contains(&first) { Some(first) } else { all.first().copied() }
    }

    /// Whom the others are compared with: tokio's current-thread runtime, or where all have two
    /// workers tokio's with two.
    pub(crate) fn base(&self) -> &'static str {
        let one = self.rows.iter().any(|row| row.contestant == names::RAW_TOKIO);
        if one { names::RAW_TOKIO } else { names::RAW_TOKIO_MT }
    }

    /// One contestant's figure as a part of another's: by the medians, and by the best tenths.
    pub(crate) fn ratio(&self, metric: Metric, one: &str, other: &str) -> Option<(f64, f64)> {
        let (one, other) = (self.get(one, metric)?, self.get(other, metric)?);
        let part = |a: f64, b: f64| (b > 0.0).then(|| a / b);
        Some((part(one.median, other.median)?, part(one.best, other.best)?))
    }

    /// The parameters for people: `50 connections, 64 B`.
    pub(crate) fn short(&self) -> String {
        let words = self.params.0.iter().map(|(key, value)| match (key.as_str(), *value) {
            ("bytes", value) if value >= 1024 && value % 1024 == 0 => format!("{} KiB", value / 1024),
            ("bytes", value) => format!("{value} B"),
            ("from_task", 0) => "from block_on".to_owned(),
            ("from_task", _) => "from a task".to_owned(),
            (key, 1) => format!("1 {}", key.trim_end_matches('s')),
            (key, value) => format!("{} {key}", super::figure::short(value as f64)),
        });
        words.collect::<Vec<_>>().join(", ")
    }

    /// As short as it may be beside others: without how many there were to measure one, and without
    /// the bytes that are usual.
    pub(crate) fn label(&self) -> String {
        if self.workload.group == names::Group::Memory {
            return format!("Memory of {}", self.workload.title.to_lowercase());
        }
        self.title().replace(USUAL, "")
    }

    /// The workload and its parameters for people.
    pub(crate) fn title(&self) -> String {
        let short = self.short();
        if short.is_empty() {
            self.workload.title.to_owned()
        } else {
            format!("{}, {short}", self.workload.title)
        }
    }
}
