//! The section on server models: requests per second and memory against ever more clients, and
//! where each breaks.

use std::error::Error;

use maud::{Markup, PreEscaped, html};

use super::figure::{figure, short, with_unit};
use super::lines::{Point, Series, lines};
use super::paint::Ink;
use super::section::ours;
use super::summary::key;
use super::view::{Case, cases, workload};
use crate::names::{self, SERVERS};
use crate::results::{Metric, Results};

/// What the cases differ in.
const CLIENTS: &str = "clients";
/// What is drawn: its heading, the unit that it is drawn in, and how many of its own units that is.
const SHOWN: [(Metric, &str, &str, f64); 3] = [
    (Metric::OpsPerS, "Requests per second", "1/s", 1.0),
    (Metric::RssMib, "Memory of the server, at most", "MiB", 1.0),
    (Metric::P99Us, "Time of a request, 99 of 100 took at most", "ms", 1000.0),
];

/// The section, or None where it was not measured.
pub(crate) fn section(results: &Results) -> Result<Option<Markup>, Box<dyn Error>> {
    let Some(workload) = workload(SERVERS) else { return Ok(None) };
    let cases = cases(results, workload);
    if cases.is_empty() {
        return Ok(None);
    }
    let mut who: Vec<&str> = cases.iter().flat_map(Case::contestants).collect();
    who.sort_by_key(|name| (names::order(name), *name));
    who.dedup();
    let mut pictures = Vec::new();
    for (metric, words, unit, scale) in SHOWN {
        let series: Vec<Series> = who.iter().filter_map(|name| series(&cases, name, metric, scale)).collect();
        if !series.is_empty() {
            let name = format!("{}: {words} against concurrent clients", workload.title);
            pictures.push((
                words,
                lines(&name, "concurrent clients, logarithmic", &format!("{unit}, logarithmic"), &series)?,
            ));
        }
    }
    Ok(Some(html! {
        p { (workload.about) " " (waited(&cases)) }
        (key(&who))
        p.quiet { "A cross marks where a model broke, as some clients got no answer; the table tells more." }
        div.panels { @for (words, svg) in &pictures { figure { figcaption { b { (words) } } (PreEscaped(svg)) } } }
        (breaks(results, &cases, &who))
        @for (metric, words, unit, scale) in SHOWN { details { summary { "As a table: " (words) ", " (unit) } (table(&cases, &who, metric, scale)) } }
    }))
}

/// How the time of a handler was spent, in words.
fn waited(cases: &[Case<'_>]) -> String {
    let find = |metric| {
        let all = cases.iter().flat_map(|case| &case.rows).filter(|row| row.metric == metric);
        let mut values: Vec<f64> = all.map(|row| row.summary.median).collect();
        values.sort_by(f64::total_cmp);
        Some((*values.first()?, *values.last()?))
    };
    match (find(Metric::WaitedUs), find(Metric::RanUs)) {
        (Some((least, _)), Some((low, high))) => format!(
            "A handler waited for {} or more and ran for {} to {}: most of a request's time is waiting.",
            with_unit(least, "µs"),
            figure(low),
            with_unit(high, "µs")
        ),
        _ => String::new(),
    }
}

fn series(cases: &[Case<'_>], name: &str, metric: Metric, scale: f64) -> Option<Series> {
    let points: Vec<Point> = cases
        .iter()
        .filter_map(|case| {
            let summary = case.get(name, metric)?;
            let x = case.params.get(CLIENTS)? as f64;
            (summary.median > 0.0).then_some(Point {
                x,
                value: summary.median / scale,
                spread: (summary.p10 / scale, summary.p90 / scale),
            })
        })
        .collect();
    let unserved = |case: &Case<'_>| case.get(name, Metric::Unserved).is_some_and(|s| s.median > 0.0);
    (!points.is_empty()).then(|| Series { ink: Ink::of(name), points, broke: cases.iter().any(unserved) })
}

/// Where each broke and with what. The runs leave it as notes about `contestant/servers`.
fn breaks(results: &Results, cases: &[Case<'_>], who: &[&str]) -> Markup {
    let most = |name: &str| {
        let served = |case: &&Case<'_>| {
            case.get(name, Metric::OpsPerS).is_some()
                && case.get(name, Metric::Unserved).is_none_or(|s| s.median == 0.0)
        };
        cases.iter().filter(served).filter_map(|case| case.params.get(CLIENTS)).max()
    };
    html! {
        div.scroll {
            table {
                tr { th { "" } th { "most clients, all served" } th.words { "what happened then" } }
                @for name in who {
                    @let about = format!("{name}/{SERVERS}");
                    @let words: Vec<_> = results.notes.iter().filter(|n| n.about == about).map(|n| n.text.as_str()).collect();
                    tr.ours[ours(name)] {
                        td { (names::label(name)) }
                        td { (most(name).map_or_else(|| "–".to_owned(), |n| short(n as f64))) }
                        td.words { @if words.is_empty() { "did not break" } @else { (words.join("; ")) } }
                    }
                }
            }
        }
    }
}

fn table(cases: &[Case<'_>], who: &[&str], metric: Metric, scale: f64) -> Markup {
    html! {
        div.scroll {
            table {
                tr { th { "clients" } @for case in cases { th { (case.params.get(CLIENTS).map_or(String::new(), |n| short(n as f64))) } } }
                @for name in who {
                    tr.ours[ours(name)] {
                        td { (names::label(name)) }
                        @for case in cases {
                            @match case.get(name, metric) {
                                Some(s) => { td title={ (figure(s.p10 / scale)) " to " (figure(s.p90 / scale)) } { (figure(s.median / scale)) } }
                                None => { td { "–" } }
                            }
                        }
                    }
                }
            }
        }
    }
}
