//! What was measured, as a page and as CSV.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use interop::{Counts, Host, Side, Use};

use crate::cells::{Cell, Matrix};
use crate::machine;

/// The raw data, a line for each round of each cell.
pub(crate) fn csv(matrix: &Matrix) -> String {
    let mut out = "use,host,round,operations,wall_ns,cpu_ns,switches,threads\n".to_owned();
    for ((i, host), cell) in &matrix.cells {
        let name = matrix.uses[*i].name;
        let Cell::Passed(rounds) = cell else { continue };
        for (round, c) in rounds.iter().enumerate() {
            let (wall, cpu, threads) = (c.wall.as_nanos(), c.cpu.as_nanos(), c.threads.join(" "));
            let _ = writeln!(
                out,
                "\"{name}\",{host},{round},{},{wall},{cpu},{},{threads}",
                c.operations, c.switches
            );
        }
    }
    out
}

/// The page.
pub(crate) fn page(matrix: &Matrix, command: &str) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "# Which crate works on which loop, and what it costs

Written by `{command}`, run in `ecosystem`, which starts the servers, does each use in a process of its own, and counts. The raw data are in
[interop.csv](interop.csv).

{}
Columns: **plain tokio** is tokio's current-thread runtime without anyloop, and what the others are compared with. **tokio**, **native** and
**smol** are anyloop's loops, each on one thread and built with `Builder::with_tokio()`; nothing at the call sites is wrapped. **async-compat** is
what people use today: `smol::block_on` with everything inside `async_compat::Compat`. **plain smol** is `smol::block_on` alone.

In each round a use is done on all of them one after the other, and every other round in the opposite order. Figures are medians of the
rounds; a ratio is taken within its round. A cell with a dash could not do it, and why is told below its table.

A use that waits for another process costs less where the answer comes before the loop has gone to sleep. That is chance, and changes with
whatever else the machine does: a ratio that is far from its neighbours' is best looked up in the raw data, round by round.

",
        machine::describe(&matrix.uses)
    );
    for (side, title, text) in [
        (
            Side::Tokio,
            "Crates that know only tokio",
            "On plain smol they panic. On anyloop's loops they run as they are.",
        ),
        (
            Side::AsyncIo,
            "Crates that know only async-io, or bring their own thread",
            "They run everywhere: what waits for their sockets and timers is a thread of their own.",
        ),
    ] {
        let rows: Vec<_> = (0..matrix.uses.len()).filter(|i| matrix.uses[*i].side == side).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(out, "## {title}\n\n{text}\n");
        times(&mut out, matrix, &rows);
        switches(&mut out, matrix, &rows);
        threads(&mut out, matrix, &rows);
    }
    out
}

fn header(out: &mut String, columns: &[&str]) {
    let hosts = Host::ALL.map(title);
    let columns: Vec<_> = columns.iter().copied().chain(hosts).collect();
    let _ = writeln!(out, "| {} |\n|{}", columns.join(" | "), " --- |".repeat(columns.len()));
}

fn title(host: Host) -> &'static str {
    match host {
        Host::PlainTokio => "plain tokio",
        Host::PlainSmol => "plain smol",
        other => other.name(),
    }
}

/// Processor time per operation: in microseconds on plain tokio, and as ratio to that on the
/// others.
fn times(out: &mut String, matrix: &Matrix, rows: &[usize]) {
    out.push_str("### Processor time of the whole process per operation, as ratio to plain tokio\n\n");
    header(out, &["use", "one operation"]);
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for &i in rows {
        let one = &matrix.uses[i];
        let mut row = format!("| {} | {} |", one.name, one.operation);
        for host in Host::ALL {
            match matrix.cells.get(&(i, host)) {
                Some(Cell::Passed(rounds)) if host == Host::PlainTokio => {
                    let _ = write!(row, " {} µs |", short(median(rounds.iter().map(cpu)) / 1e3));
                }
                Some(Cell::Passed(rounds)) => {
                    let ratio = base(matrix, i)
                        .map(|base| median(rounds.iter().zip(base).map(|(a, b)| cpu(a) / cpu(b))));
                    let _ =
                        write!(row, " {} |", ratio.map_or("works".to_owned(), |ratio| format!("{ratio:.2}")));
                }
                Some(Cell::Failed(reason) | Cell::Skipped(reason)) => {
                    reasons.entry(format!("{}: {reason}", title(host))).or_default().push(one.name);
                    row.push_str(if matches!(matrix.cells[&(i, host)], Cell::Failed(_)) {
                        " - |"
                    } else {
                        " skipped |"
                    });
                }
                None => row.push_str(" |"),
            }
        }
        let _ = writeln!(out, "{row}");
    }
    out.push('\n');
    for (reason, names) in reasons {
        let _ = writeln!(out, "- {reason} ({})", names.join(", "));
    }
    out.push('\n');
}

/// How often a thread went to sleep, per operation.
fn switches(out: &mut String, matrix: &Matrix, rows: &[usize]) {
    out.push_str("### Voluntary context switches of the whole process per operation\n\n");
    header(out, &["use"]);
    for &i in rows {
        let _ = write!(out, "| {} |", matrix.uses[i].name);
        for host in Host::ALL {
            let text = match matrix.cells.get(&(i, host)) {
                Some(Cell::Passed(rounds)) => {
                    format!("{:.2}", median(rounds.iter().map(|c| c.switches as f64 / c.operations as f64)))
                }
                _ => "-".to_owned(),
            };
            let _ = write!(out, " {text} |");
        }
        out.push('\n');
    }
    out.push('\n');
}

/// Which threads there are besides the loop's.
fn threads(out: &mut String, matrix: &Matrix, rows: &[usize]) {
    out.push_str("### Threads besides the loop's\n\n");
    header(out, &["use"]);
    for &i in rows {
        let _ = write!(out, "| {} |", matrix.uses[i].name);
        for host in Host::ALL {
            let text = match matrix.cells.get(&(i, host)) {
                Some(Cell::Passed(rounds)) => rounds.last().map(others).unwrap_or_default(),
                _ => "-".to_owned(),
            };
            let _ = write!(out, " {text} |");
        }
        out.push('\n');
    }
    out.push('\n');
}

/// Their names, each once and without its number: how many a pool has just then is chance.
fn others(counts: &Counts) -> String {
    let name = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
    let names: BTreeSet<_> = counts.threads.iter().skip(1).map(|thread| name(thread)).collect();
    if names.is_empty() { "none".to_owned() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}

fn base(matrix: &Matrix, i: usize) -> Option<&[Counts]> {
    match matrix.cells.get(&(i, Host::PlainTokio)) {
        Some(Cell::Passed(rounds)) => Some(rounds),
        _ => None,
    }
}

/// Nanoseconds of processor time per operation.
fn cpu(counts: &Counts) -> f64 {
    counts.cpu.as_nanos() as f64 / counts.operations.max(1) as f64
}

fn short(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// How many of the uses work on a host, and how many could be tried.
pub(crate) fn score(matrix: &Matrix, host: Host) -> (usize, usize) {
    let cells = || matrix.cells.iter().filter(|((_, on), _)| *on == host).map(|(_, cell)| cell);
    let passed = cells().filter(|cell| matches!(cell, Cell::Passed(_))).count();
    (passed, passed + cells().filter(|cell| matches!(cell, Cell::Failed(_))).count())
}

/// Those of anyloop's loops that failed at something, with what.
pub(crate) fn failures(matrix: &Matrix) -> Vec<String> {
    let failed = |((i, host), cell): (&(usize, Host), &Cell)| match cell {
        Cell::Failed(reason) if Host::BACKENDS.contains(host) => {
            let name: &Use = &matrix.uses[*i];
            Some(format!("{} on {host}: {reason}", name.name))
        }
        _ => None,
    };
    matrix.cells.iter().filter_map(failed).collect()
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0].into_iter()), 2.5);
        assert!(median(std::iter::empty()).is_nan());
    }
}
