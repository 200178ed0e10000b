//! The native loop against tokio's current-thread runtime: how many of its instructions native may
//! take.

use std::fmt::Write;

use crate::Row;

/// An operation, and the limit: what was reached, and a few in a hundred for what a harmless change
/// may cost. Both ends of an echo are counted, on one thread. `compare` counts a server alone.
const LIMITS: [(&str, f64); 5] =
    [("echo1", 0.44), ("echo50", 0.46), ("spawn", 0.34), (YIELD, 0.41), ("sleep", 0.75)];

/// 100 tasks that give way to one another; only the raw runtimes have it.
pub(crate) const YIELD: &str = "yield100";

/// Instructions of one yield, of native and of tokio.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Yield {
    pub(crate) native: f64,
    pub(crate) tokio: f64,
}

/// A table, and a line for each limit that is passed. Native is as a program has it that compiles
/// no other loop in.
pub(crate) fn against_tokio(rows: &[Row], yields: Yield) -> (String, Vec<String>) {
    let row = |backend: &str, workload: &str| {
        rows.iter().find(|row| row.backend == backend && row.workload == workload)
    };
    let mut table =
        String::from("| operation | native | tokio | native to tokio | limit |\n|---|--:|--:|--:|--:|\n");
    let mut misses = Vec::new();
    for (workload, limit) in LIMITS {
        let (native, tokio) = match (row("native", workload), row("tokio", workload)) {
            _ if workload == YIELD => (yields.native, yields.tokio),
            (Some(native), Some(tokio)) => (native.one.instructions, tokio.raw.instructions),
            _ => continue,
        };
        let ratio = native / tokio;
        // Writing to a String cannot fail.
        let _ok = writeln!(table, "| {workload} | {native:.0} | {tokio:.0} | {ratio:.3} | {limit:.2} |");
        if ratio > limit {
            misses.push(format!("{workload} on native: {ratio:.3} times tokio's instructions"));
        }
    }
    (table, misses)
}
