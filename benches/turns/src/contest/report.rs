//! What was found, as a table, as sentences, as a page and as raw data.

use std::fmt::Write;

use super::{Measured, Outcome, Slice};
use crate::{Better, RESOLUTION};

/// Of rounds, to tell two servers apart: see [`Ratio::of`](crate::Ratio::of).
const FEWEST: usize = 7;
/// With more servers a sentence for each pair is not read.
const MANY: usize = 4;

const HEAD: [&str; 8] = [
    "server",
    "CPU a request, µs",
    "tenths",
    "requests a second",
    "p50, µs",
    "p99, µs",
    "memory, MiB",
    "system calls a request",
];

impl Outcome {
    /// A table in Markdown, which is readable as it is.
    pub fn table(&self) -> String {
        let mut rows = vec![HEAD.map(str::to_owned)];
        for measured in &self.measured {
            let middle = |figure: fn(&Slice) -> Option<f64>, better| match measured.summary(figure, better) {
                Some(summary) => format!("{:.0}", summary.median),
                None => "not told".to_owned(),
            };
            let cpu =
                measured.summary(|slice| Some(slice.cpu_each() / 1e3), Better::Lower).unwrap_or_default();
            rows.push([
                measured.name.clone(),
                format!("{:.2}", cpu.median),
                format!("{:.2} to {:.2}", cpu.p10, cpu.p90),
                middle(|slice| Some(slice.found.per_second), Better::Higher),
                middle(|slice| slice.found.p50, Better::Lower),
                middle(|slice| slice.found.p99, Better::Lower),
                format!("{:.1}", measured.memory as f64 / f64::from(1 << 20)),
                measured
                    .calls
                    .as_ref()
                    .map_or_else(|_| "not counted".to_owned(), |calls| format!("{calls:.2}")),
            ]);
        }
        aligned(&rows)
    }

    /// A sentence for each pair of servers, and for each that was left out; where they are many, for
    /// the pairs that are neighbours in the table.
    pub fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let others = if self.measured.len() > MANY { 1 } else { self.measured.len() };
        for (at, one) in self.measured.iter().enumerate() {
            let next = self.measured[at + 1..].iter().take(others);
            findings.extend(next.filter_map(|other| compared(one, other)));
        }
        findings.extend(self.left_out.iter().map(|(who, why)| format!("{who} is left out: {why}")));
        for measured in &self.measured {
            let failed: f64 = measured.slices.iter().map(|slice| slice.found.failed).sum();
            if failed > 0.0 {
                findings.push(format!("{failed} requests to {} failed.", measured.name));
            }
        }
        let mut why: Vec<_> = self.measured.iter().filter_map(|m| m.calls.as_ref().err()).collect();
        why.dedup();
        findings.extend(why.into_iter().map(|why| format!("System calls were not counted: {why}.")));
        if self.contest.rounds < FEWEST {
            findings.push(format!("Fewer than {FEWEST} rounds tell nothing of a difference."));
        }
        findings
    }

    /// A page in Markdown; `command` is how it was made.
    pub fn page(&self, title: &str, command: &str) -> String {
        let machine = &self.machine;
        let mut page = format!(
            "# {title}\n\n\
             `{command}`\n\n{}, {} cores, {} MiB, {}; load before: {}.\n\n{}\n",
            machine.cpu,
            machine.cores,
            machine.memory_mib,
            machine.kernel,
            machine.load,
            self.table()
        );
        for finding in self.findings() {
            // Writing to a String cannot fail.
            let _ok = writeln!(page, "- {finding}");
        }
        let _ok = write!(
            page,
            "\nAll servers were alive at once and had {} slices of {:?} in turn, in the other order every round. CPU time is that of\n\
             the server's processes; middles are medians, and a tenth of the slices lies below and above the tenths. Two servers are told\n\
             apart by the ratio in each round, if it is beyond 1 with 99 in 100 certainty and by more than {:.1} %, which is what a process\n\
             differs from its twin by.\n",
            self.contest.rounds,
            self.contest.slice,
            RESOLUTION * 100.0,
        );
        page
    }

    /// Each slice, as CSV.
    pub fn csv(&self) -> String {
        let mut csv = "server,round,requests,cpu_ns,requests_per_s,p50_us,p99_us\n".to_owned();
        for measured in &self.measured {
            for (round, slice) in measured.slices.iter().enumerate() {
                let told = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
                let Slice { cpu, found } = slice;
                let _ok = writeln!(
                    csv,
                    "\"{}\",{round},{},{},{},{},{}",
                    measured.name,
                    found.requests,
                    cpu.as_nanos(),
                    found.per_second,
                    told(found.p50),
                    told(found.p99),
                );
            }
        }
        csv
    }
}

fn compared(one: &Measured, other: &Measured) -> Option<String> {
    let ratio = one.ratio_to(other)?;
    let figures = format!("{:.3} ({:.3} to {:.3})", ratio.median, ratio.low, ratio.high);
    let (one, other) = (&one.name, &other.name);
    Some(if ratio.differs() {
        format!("{one} takes {figures} of the CPU time that {other} takes for a request.")
    } else {
        format!("{one} and {other} cannot be told apart: {figures}.")
    })
}

/// Rows, of which the first is the head; figures at the right.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width: [usize; N] =
        std::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
    let mut table = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (at, (cell, width)) in row.iter().zip(width).enumerate() {
            let _ok = match at {
                0 => write!(table, "| {cell:<width$} "),
                _ => write!(table, "| {cell:>width$} "),
            };
        }
        table += "|\n";
        if number == 0 {
            for (at, width) in width.into_iter().enumerate() {
                let (line, end) = ("-".repeat(width + 1), if at == 0 { '-' } else { ':' });
                let _ok = write!(table, "|{line}{end}");
            }
            table += "|\n";
        }
    }
    table
}
