//! The summary: native against tokio, smol and the raw loop, in every work that both did.

use std::error::Error;

use maud::{Markup, PreEscaped, html};

use super::figure::{figure, ratio, with_unit};
use super::paint::Ink;
use super::ratios::{Line, Size, ratios};
use super::view::{Case, cases};
use crate::names::{self, Group, NATIVE, NATIVE_MT, RAW_EPOLL, RAW_SMOL, RAW_TOKIO, RAW_TOKIO_MT, WORKLOADS};
use crate::results::{Metric, Results};

/// Whom native is compared with.
pub(crate) const OTHERS: [&str; 3] = [RAW_TOKIO, RAW_SMOL, RAW_EPOLL];

/// The cases that native and tokio both did, with the figure they are compared by.
pub(crate) fn compared(results: &Results) -> Vec<(Case<'_>, Metric)> {
    let workloads = WORKLOADS.iter().filter(|w| w.group != Group::Servers);
    workloads
        .flat_map(|workload| cases(results, workload))
        .filter_map(|case| {
            let metric = case.main_metric()?;
            let (one, other) = pair(&case, RAW_TOKIO);
            case.ratio(metric, one, other)?;
            Some((case, metric))
        })
        .collect()
}

/// Who stands for native and for another in a case: where there are two workers, those with two
/// workers.
fn pair<'a>(case: &Case<'_>, other: &'a str) -> (&'a str, &'a str) {
    match case.workload.name {
        names::SPAWN_STORM | names::FAN_OUT | names::MT_ECHO if other == RAW_TOKIO => {
            (NATIVE_MT, RAW_TOKIO_MT)
        }
        names::SPAWN_STORM | names::FAN_OUT | names::MT_ECHO => (NATIVE_MT, other),
        _ => (NATIVE, other),
    }
}

/// The lines of a picture of these cases.
pub(crate) fn lines(compared: &[(Case<'_>, Metric)]) -> Vec<Line> {
    let to = |case: &Case<'_>, metric: Metric, other: &str| {
        let (one, whom) = pair(case, other);
        case.ratio(metric, one, whom)
    };
    let line = |(case, metric): &(Case<'_>, Metric)| Line {
        label: case.label(),
        to: OTHERS.iter().map(|other| to(case, *metric, other)).collect(),
    };
    compared.iter().map(line).collect()
}

/// The picture of the ratios in these lines.
pub(crate) fn picture(size: Size, caption: &[&str], lines: &[Line]) -> Result<String, Box<dyn Error>> {
    let [tokio, smol, raw] = OTHERS.map(Ink::of);
    let name = "What the native loop takes as a part of what tokio, smol and a raw loop take";
    ratios(name, size, caption, &[("tokio", tokio), ("smol", smol), ("raw", raw)], lines)
}

/// Half of the page's width.
const HALF: Size = Size { width: 532, names: 248 };
/// A telephone's.
const NARROW: Size = Size { width: 372, names: 0 };

pub(crate) fn summary(results: &Results) -> Result<Markup, Box<dyn Error>> {
    let compared = compared(results);
    // Two halves that stand side by side, or one over the other.
    let lines = lines(&compared);
    let (left, right) = lines.split_at(lines.len().div_ceil(2));
    let mut pictures = Vec::new();
    for half in [left, right].into_iter().filter(|half| !half.is_empty()) {
        pictures.push((picture(HALF, &[], half)?, picture(NARROW, &[], half)?));
    }
    Ok(html! {
        h2 id="summary" { "Summary" }
        @if compared.is_empty() {
            p { "Native and tokio were not both measured, so there is nothing to compare here." }
        } @else {
            div.tiles { @for other in OTHERS { (tile(&compared, other)) } }
            h3 { "What native takes, as a part of what others take for the same work" }
            p.quiet {
                "CPU time per operation; for the sleep of 1 ms its lateness, for memory its bytes. The dot and the figures are ratios of medians, the line leads to the "
                "ratio of the cheapest tenths. Sockets carry 64 bytes where nothing else is said."
            }
            (key(&OTHERS))
            div.panels {
                @for (half, narrow) in &pictures {
                    figure { div.half { (PreEscaped(half)) } div.narrow { (PreEscaped(narrow)) } }
                }
            }
            details {
                summary { "As a table" }
                (table(&compared))
            }
        }
    })
}

/// How native stands to another over all works at once.
fn tile(compared: &[(Case<'_>, Metric)], other: &str) -> Markup {
    let parts: Vec<f64> = compared
        .iter()
        .filter(|(_, metric)| *metric == Metric::CpuNsPerOp)
        .filter_map(|(case, metric)| {
            let (one, whom) = pair(case, other);
            Some(case.ratio(*metric, one, whom)?.0)
        })
        .collect();
    // The geometric mean: twice as much here and half as much there is even.
    let mean = (parts.iter().map(|part| part.ln()).sum::<f64>() / parts.len().max(1) as f64).exp();
    html! {
        @if !parts.is_empty() {
            div.tile {
                b { (ratio(mean)) " ×" }
                "native's CPU time to " @if other == RAW_EPOLL { "a " } (names::label(other)) "'s"
                div.quiet { "geometric mean of " (parts.len()) " works, " (ratio(parts.iter().copied().fold(f64::MAX, f64::min)))
                    " to " (ratio(parts.iter().copied().fold(0.0, f64::max))) }
            }
        }
    }
}

/// The key of a picture: a spot of each one's colour, and its name.
pub(crate) fn key(names: &[&str]) -> Markup {
    html! {
        div.key {
            @for name in names {
                span { (spot(name)) (names::label(name)) }
            }
        }
    }
}

fn spot(name: &str) -> Markup {
    let dot = super::paint::dot(Ink::of(name));
    html! { (PreEscaped(dot)) }
}

fn table(compared: &[(Case<'_>, Metric)]) -> Markup {
    html! {
        div.scroll {
            table {
                tr { th { "work" } th { "native" } @for other in OTHERS { th { (names::label(other)) } th { "ratio" } } }
                @for (case, metric) in compared {
                    tr {
                        td { (case.title()) }
                        td { (value(case, *metric, pair(case, RAW_TOKIO).0)) }
                        @for other in OTHERS {
                            @let (one, whom) = pair(case, other);
                            td { (value(case, *metric, whom)) }
                            @match case.ratio(*metric, one, whom) {
                                Some((median, best)) => {
                                    td.good[median <= 1.0].bad[median > 1.05] { (ratio(median)) " " small { "(" (ratio(best)) ")" } }
                                }
                                None => { td { "–" } }
                            }
                        }
                    }
                }
            }
        }
        p.quiet { "Medians, in brackets the ratio of the cheapest tenths." }
    }
}

fn value(case: &Case<'_>, metric: Metric, name: &str) -> String {
    case.get(name, metric).map_or_else(
        || "–".to_owned(),
        |s| match metric.unit() {
            // Short ones in ns, long ones as the eye wants them.
            "ns" if s.median >= 1e6 => with_unit(s.median / 1e6, "ms"),
            "ns" if s.median >= 1e4 => with_unit(s.median / 1e3, "µs"),
            "" => figure(s.median),
            unit => with_unit(s.median, unit),
        },
    )
}
