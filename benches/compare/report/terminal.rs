//! Tables for the terminal.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};

use super::figure::{figure, ratio};
use super::view::{Case, cases};
use crate::names::{self, WORKLOADS};
use crate::results::{Metric, Results};

/// A table for each case.
pub(crate) fn tables(results: &Results) -> String {
    let mut out = String::new();
    for case in WORKLOADS.iter().flat_map(|workload| cases(results, workload)) {
        out += &format!("{}\n{}\n\n", case.title(), table(&case));
    }
    for note in &results.left_out {
        out += &format!("left out: {}: {}\n", note.about, note.text);
    }
    out
}

fn table(case: &Case<'_>) -> Table {
    let main = case.main_metric();
    let others: Vec<Metric> = case.metrics().into_iter().filter(|m| Some(*m) != main).collect();
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    let head = |metric: Metric| match metric.unit() {
        "" => metric.name().replace('_', " "),
        // The names end with the unit mostly, so that a CSV needs no second look.
        _ => metric.name().replace('_', " ").replace(" us", " µs"),
    };
    let mut titles = vec![String::new()];
    if let Some(main) = main {
        titles.extend([head(main), "best tenth".into(), "10 to 90 of 100".into(), "to tokio".into()]);
    }
    titles.extend(others.iter().map(|m| head(*m)));
    table.set_header(titles);
    for name in case.contestants() {
        let mut cells = vec![names::label(name).to_owned()];
        if let Some(main) = main {
            match case.get(name, main) {
                Some(s) => cells.extend([
                    figure(s.median),
                    figure(s.best),
                    format!("{} – {}", figure(s.p10), figure(s.p90)),
                    case.ratio(main, name, case.base()).map_or_else(String::new, |r| ratio(r.0)),
                ]),
                None => cells.extend(["–", "", "", ""].map(str::to_owned)),
            }
        }
        cells.extend(
            others.iter().map(|m| case.get(name, *m).map_or_else(|| "–".to_owned(), |s| figure(s.median))),
        );
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
