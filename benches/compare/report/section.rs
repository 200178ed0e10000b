//! A section of the page: the workloads of a group, each with its panels and its tables.

use std::error::Error;

use maud::{Markup, PreEscaped, html};

use super::bars::{Bar, bars};
use super::figure::{figure, ratio, with_unit};
use super::paint::Ink;
use super::scatter::spinning;
use super::view::{Case, cases};
use crate::names::{self, Group, WORKLOADS, Workload};
use crate::results::{Better, Metric, Results};

/// The section, or None where nothing of the group was measured.
pub(crate) fn section(results: &Results, group: Group) -> Result<Option<Markup>, Box<dyn Error>> {
    let mut works = Vec::new();
    for workload in WORKLOADS.iter().filter(|w| w.group == group) {
        let cases = cases(results, workload);
        if !cases.is_empty() {
            works.push((workload, cases));
        }
    }
    let (mut parts, mut single) = (Vec::new(), Vec::new());
    let lonely = works.len() == 1;
    for (workload, cases) in works {
        parts.push(one(workload, &cases, lonely)?);
        // Works of one case are shown side by side, and share a table.
        if cases.len() == 1 {
            single.extend(cases);
        }
    }
    let spinning = if group == Group::Sockets { spinning(results)? } else { None };
    Ok((!parts.is_empty()).then(|| {
        html! {
            div.works { @for part in &parts { (part) } }
            @if let Some(part) = &spinning { (part) }
            @if single.len() > 1 { (overview(&single, |case| case.title())) }
        }
    }))
}

fn one(workload: &Workload, cases: &[Case<'_>], lonely: bool) -> Result<Markup, Box<dyn Error>> {
    let mut panels = Vec::new();
    for case in cases {
        if let Some(metric) = case.main_metric() {
            panels.push(panel(case, metric)?);
        }
    }
    let mut exact = Vec::new();
    for case in cases.iter().filter(|case| case.main_metric() != Some(Metric::InstructionsPerOp)) {
        if case.metrics().contains(&Metric::InstructionsPerOp) {
            exact.push(panel(case, Metric::InstructionsPerOp)?);
        }
    }
    let many = cases.len() > 1;
    Ok(html! {
        article.all[many] {
            h3 { (workload.title) }
            p { (workload.about) }
            div.panels { @for panel in &panels { (panel) } }
            @if many { (overview(cases, |case| case.short())) }
            @if !exact.is_empty() {
                details {
                    summary { "Instructions, counted" }
                    div.panels { @for panel in &exact { (panel) } }
                }
            }
            details open[lonely && !many] {
                summary { "Every figure" }
                @for case in cases { (table(case)) }
            }
        }
    })
}

fn panel(case: &Case<'_>, metric: Metric) -> Result<Markup, Box<dyn Error>> {
    let rows: Vec<Bar> = case
        .contestants()
        .into_iter()
        .filter_map(|contestant| {
            let summary = case.get(contestant, metric)?;
            Some(Bar {
                label: names::label(contestant).to_owned(),
                ink: Ink::of(contestant),
                value: summary.median,
                spread: (summary.p10, summary.p90),
                mark: summary.best,
            })
        })
        .collect();
    let unit = if metric.unit().is_empty() { metric.title() } else { metric.unit() };
    let svg = bars(&format!("{}: {}", case.title(), metric.title()), unit, &rows)?;
    let short = case.short();
    Ok(html! {
        figure {
            figcaption { @if !short.is_empty() { b { (short) } " · " } (metric.title()) }
            (PreEscaped(svg))
        }
    })
}

/// The main figure of every case at once: a row for each contestant, a column for each case.
fn overview(cases: &[Case<'_>], title: impl Fn(&Case<'_>) -> String) -> Markup {
    let mut who: Vec<&str> = cases.iter().flat_map(Case::contestants).collect();
    who.sort_by_key(|name| (names::order(name), *name));
    who.dedup();
    let mut units: Vec<String> = Vec::new();
    for metric in cases.iter().filter_map(Case::main_metric) {
        let words = format!("{} in {}", metric.title(), metric.unit());
        if !units.contains(&words) {
            units.push(words);
        }
    }
    let unit = units.join(", ");
    html! {
        p.quiet { (unit) ", medians; in brackets the ratio to tokio: current-thread, or with two workers where all have two" }
        div.scroll {
            table {
                tr { th { "" } @for case in cases { th { (title(case)) } } }
                @for name in who {
                    tr.ours[ours(name)] {
                        td { (names::label(name)) }
                        @for case in cases {
                            @match case.main_metric().and_then(|metric| Some((metric, case.get(name, metric)?))) {
                                Some((metric, summary)) => {
                                    td { (figure(summary.median)) " " (against(case, metric, name)) }
                                }
                                None => { td { "–" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The ratio to tokio, in brackets, where there is one.
fn against(case: &Case<'_>, metric: Metric, name: &str) -> Markup {
    html! {
        @if let Some((median, _)) = case.ratio(metric, name, case.base()) {
            small { "(" (ratio(median)) ")" }
        }
    }
}

/// Everything of one case.
fn table(case: &Case<'_>) -> Markup {
    let main = case.main_metric();
    let others: Vec<Metric> = case.metrics().into_iter().filter(|m| Some(*m) != main).collect();
    html! {
        @if !case.params.0.is_empty() { h4 { (case.short()) } }
        div.scroll {
            table {
                tr {
                    th { "" }
                    @if let Some(main) = main {
                        th { (main.title()) @if !main.unit().is_empty() { ", " (main.unit()) } br; "median" }
                        th { (best(main)) br; "tenth" }
                        th { "10 to 90" br; "of 100" }
                        th { "to tokio," br; "median" }
                        th { "to tokio," br; (best(main)) }
                        th { "to the" br; "raw loop" }
                        th { "samples" }
                    }
                    @for metric in &others { th { (metric.title()) @if !metric.unit().is_empty() { br; (metric.unit()) } } }
                }
                @for name in case.contestants() {
                    tr.ours[ours(name)] {
                        td { (names::label(name)) }
                        @if let Some(main) = main { (main_cells(case, main, name)) }
                        @for metric in &others {
                            @match case.get(name, *metric) {
                                Some(summary) => { td title=(spread(*metric, summary.p10, summary.p90)) { (figure(summary.median)) } }
                                None => { td { "–" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn main_cells(case: &Case<'_>, main: Metric, name: &str) -> Markup {
    let number = |part: Option<f64>| part.map_or_else(|| "–".to_owned(), ratio);
    let to_tokio = case.ratio(main, name, case.base());
    let to_raw = case.ratio(main, name, names::RAW_EPOLL);
    html! {
        @match case.get(name, main) {
            Some(s) => {
                td { (figure(s.median)) }
                td { (figure(s.best)) }
                td { (figure(s.p10)) " – " (figure(s.p90)) }
                td { (number(to_tokio.map(|r| r.0))) }
                td { (number(to_tokio.map(|r| r.1))) }
                td { (number(to_raw.map(|r| r.0))) }
                td { (s.samples) }
            }
            None => { @for _ in 0..7 { td { "–" } } }
        }
    }
}

fn best(metric: Metric) -> &'static str {
    match metric.better() {
        Better::Lower => "lowest",
        Better::Higher => "highest",
    }
}

fn spread(metric: Metric, low: f64, high: f64) -> String {
    format!("10 to 90 of 100: {} to {}", figure(low), with_unit(high, metric.unit()))
}

/// Whether a contestant runs through anyloop.
pub(crate) fn ours(name: &str) -> bool {
    names::label(name).starts_with("anyloop")
}
