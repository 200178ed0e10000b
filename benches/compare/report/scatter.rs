//! Latency against CPU time: what spinning before a sleep buys, and what it costs.

use std::error::Error;

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::figure::with_unit;
use super::paint::{Ink, finish, text};
use super::view::{Case, cases, workload};
use crate::names::{self, NATIVE, NATIVE_SPIN, RAW_EPOLL, RAW_SMOL, RAW_TOKIO};
use crate::results::{Metric, Results};

/// Whom it is shown beside; all others would only cover one another.
const WHO: [&str; 5] = [NATIVE, NATIVE_SPIN, RAW_TOKIO, RAW_SMOL, RAW_EPOLL];

const WIDTH: i32 = 480;
const HEIGHT: i32 = 320;
const LEFT: i32 = 56;
/// Names stand to the right of their dots.
const RIGHT: i32 = 150;
const TOP: i32 = 30;
const FOOT: i32 = 44;

/// One contestant: CPU time, and latency from the median to 99 of 100.
struct Dot {
    name: &'static str,
    cpu: f64,
    p50: f64,
    p99: f64,
}

/// The case with the fewest connections in which the spinning loop took part.
fn case(results: &Results) -> Option<Case<'_>> {
    let cases = cases(results, workload(names::TCP_ECHO)?);
    cases.into_iter().find(|case| dot(case, NATIVE_SPIN).is_some() && dot(case, NATIVE).is_some())
}

fn dot(case: &Case<'_>, name: &'static str) -> Option<Dot> {
    let get = |metric| Some(case.get(name, metric)?.median);
    let (cpu, p50, p99) = (get(Metric::CpuNsPerOp)? / 1e3, get(Metric::P50Us)?, get(Metric::P99Us)?);
    Some(Dot { name, cpu, p50, p99 })
}

/// The part of the page, where there is something to show.
pub(crate) fn spinning(results: &Results) -> Result<Option<Markup>, Box<dyn Error>> {
    let Some(case) = case(results) else { return Ok(None) };
    let dots: Vec<Dot> = WHO.iter().filter_map(|name| dot(&case, name)).collect();
    let svg = draw(&dots)?;
    Ok(Some(html! {
        h3 { "Latency against CPU time" }
        p {
            "A loop that spins for a moment before it sleeps hears of the next request sooner, and pays for it with CPU time. "
            code { "Builder::spin" } " turns it on."
        }
        div.panels {
            figure {
                figcaption { b { (case.short()) } " · the dot is the median latency, the line goes up to 99 of 100" }
                (PreEscaped(svg))
            }
        }
    }))
}

/// The same in a sentence.
pub(crate) fn sentence(results: &Results) -> Option<String> {
    let case = case(results)?;
    let words = |name| {
        let Dot { cpu, p50, .. } = dot(&case, name)?;
        Some(format!("{} with {} of CPU time a request", with_unit(p50, "µs"), with_unit(cpu, "µs")))
    };
    Some(format!(
        "`Builder::spin` trades CPU time for latency: at {} the median latency is {}, and without it {}; tokio's is {}.",
        case.short(),
        words(NATIVE_SPIN)?,
        words(NATIVE)?,
        words(RAW_TOKIO)?,
    ))
}

fn draw(dots: &[Dot]) -> Result<String, Box<dyn Error>> {
    let across = Axis::fit(dots.iter().map(|dot| dot.cpu));
    let up = Axis::fit(dots.iter().flat_map(|dot| [dot.p50, dot.p99]));
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - FOOT);
    let part = |axis: &Axis, place: f64| ((place - axis.from) / (axis.to - axis.from)).clamp(0.0, 1.0);
    let px = |place: f64| LEFT + (part(&across, place) * f64::from(right - LEFT)).round() as i32;
    let py = |place: f64| bottom - (part(&up, place) * f64::from(bottom - TOP)).round() as i32;
    let scale = |unit: &str, axis: &Axis| format!("{unit}{}", if axis.log { ", logarithmic" } else { "" });

    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH as u32, HEIGHT as u32)).into_drawing_area();
        let grid = |from, to| PathElement::new(vec![from, to], Ink::Grid.colour().stroke_width(1));
        for mark in &across.marks {
            root.draw(&grid((px(*mark), TOP), (px(*mark), bottom + 4)))?;
            let below = (px(*mark), bottom + 14);
            root.draw(&Text::new(across.text(*mark), below, text(Ink::Quiet, 15, HPos::Center)))?;
        }
        for mark in &up.marks {
            root.draw(&grid((LEFT - 4, py(*mark)), (right, py(*mark))))?;
            let beside = (LEFT - 8, py(*mark));
            root.draw(&Text::new(up.text(*mark), beside, text(Ink::Quiet, 15, HPos::Right)))?;
        }
        let under = ((LEFT + right) / 2, HEIGHT - 10);
        let x = scale("CPU time of a request, µs", &across);
        root.draw(&Text::new(x, under, text(Ink::Quiet, 15, HPos::Center)))?;
        let y = scale("latency, µs", &up);
        root.draw(&Text::new(y, (4, 12), text(Ink::Text, 16, HPos::Left)))?;
        // Names keep their distance from one another.
        let mut order: Vec<&Dot> = dots.iter().collect();
        order.sort_by(|a, b| b.p50.total_cmp(&a.p50));
        let mut free = i32::MIN;
        for dot in order {
            let colour = Ink::of(dot.name).colour();
            let (x, y) = (px(across.place(dot.cpu)), py(up.place(dot.p50)));
            let line = vec![(x, y), (x, py(up.place(dot.p99)))];
            root.draw(&PathElement::new(line, colour.stroke_width(2)))?;
            root.draw(&Circle::new((x, y), 6, colour.filled()))?;
            let height = y.max(free);
            free = height + 15;
            let words = names::label(dot.name);
            root.draw(&Text::new(words, (x + 11, height), text(Ink::Text, 14, HPos::Left)))?;
        }
        root.present()?;
    }
    Ok(finish(&svg, "Latency of a request against its CPU time"))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn spinning_is_told_where_it_was_measured() {
        let mut results = sample::invented();
        let words = sentence(&results).expect("the sample has it");
        assert!(words.contains("at 1 connection, 64 B the median latency is "), "{words}");
        assert!(spinning(&results).is_ok_and(|part| part.is_some()));
        results.rows.retain(|row| row.contestant != NATIVE_SPIN);
        assert_eq!(sentence(&results), None);
        assert!(spinning(&results).is_ok_and(|part| part.is_none()));
    }
}
