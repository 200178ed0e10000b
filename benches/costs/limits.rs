//! What may not be passed. The promise is in DESIGN section 2: no allocation and no system call
//! more, and as many instructions.

use crate::Row;
use crate::measure::Cost;

/// The most instructions, ours to raw, with one backend compiled in. Native lends each poll tokio's
/// budget, some 20 instructions: without, it would be as for the others. A spawn on tokio takes some 250
/// more (the panics of a poll and of a drop are caught, and its handle is wrapped), 1.11; the rest is
/// malloc's, which for the blocks of these sizes goes another way than for raw tokio's: as many
/// allocations, 954 instructions in place of 505.
fn with_one(row: &Row) -> Option<f64> {
    match row.workload {
        "echo1" | "echo50" | "tokio_io" => Some(if row.backend == "native" { 1.06 } else { 1.03 }),
        "spawn" => Some(if row.backend == "native" { 1.14 } else { 1.28 }),
        _ => None,
    }
}

/// The same with all compiled in: a match, and calls that are not inlined: tokio's futures of a
/// read and a write are functions of their own then, between the task and the match, some 50
/// instructions for each call. Native does less than half as much in an echo as the others, so the
/// same instructions are a larger part of it, and lends a budget besides.
fn with_all(row: &Row) -> Option<f64> {
    let limit = if row.backend == "native" { 1.24 } else { 1.08 };
    matches!(row.workload, "echo1" | "echo50" | "tokio_io").then_some(limit)
}

/// One line for each limit that is passed.
pub(crate) fn misses(rows: &[Row]) -> Vec<String> {
    let mut misses = Vec::new();
    for row in rows {
        let name = format!("{} on {}", row.workload, row.backend);
        for (set, cost, limit) in [("one", &row.one, with_one(row)), ("all", &row.all, with_all(row))] {
            let ratio = cost.instructions / row.raw.instructions;
            if limit.is_some_and(|limit| ratio > limit) {
                misses.push(format!("{name}, {set} compiled in: {ratio:.3} times the instructions"));
            }
        }
        // Callbacks have no raw counterpart to be measured against. smol's calls hang on how its
        // reactor's thread and the loop's take turns, and differ from run to run by more than
        // anything here: they are shown, and not held to a limit.
        if row.workload != "call_soon" && row.backend != "smol" {
            more(&mut misses, &name, "allocations", row, |cost| Some(cost.allocations));
            more(&mut misses, &name, "system calls", row, |cost| cost.system_calls);
        }
    }
    misses
}

fn more(misses: &mut Vec<String>, name: &str, what: &str, row: &Row, count: impl Fn(&Cost) -> Option<f64>) {
    // A wake or an epoll_wait more or less in a thousand operations is chance.
    const SLACK: f64 = 0.02;
    if let (Some(ours), Some(raw)) = (count(&row.one), count(&row.raw)) {
        if ours > raw + SLACK {
            misses.push(format!("{name}: {ours:.2} {what}, raw {raw:.2}"));
        }
    }
}
