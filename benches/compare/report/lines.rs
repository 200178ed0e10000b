//! A picture of lines: a figure against ever more clients, a line for each contestant, both axes
//! logarithmic.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::paint::{Ink, finish, text};

/// One contestant's line, in the order of `x`.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) ink: Ink,
    pub(crate) points: Vec<Point>,
    /// It could go no further.
    pub(crate) broke: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) value: f64,
    pub(crate) spread: (f64, f64),
}

const WIDTH: i32 = 480;
const HEIGHT: i32 = 340;
const LEFT: i32 = 64;
const RIGHT: i32 = 14;
const TOP: i32 = 30;
const FOOT: i32 = 44;

/// The picture as SVG: `x` and `y` are what the axes say.
pub(crate) fn lines(name: &str, x: &str, y: &str, series: &[Series]) -> Result<String, Box<dyn Error>> {
    let points = || series.iter().flat_map(|s| &s.points);
    let mut marks: Vec<f64> = points().map(|p| p.x).collect();
    marks.sort_by(f64::total_cmp);
    marks.dedup();
    let (Some(first), Some(last)) = (marks.first().copied(), marks.last().copied()) else {
        return Err("there is nothing to draw".into());
    };
    let across = Axis::log_at(first / 1.2, last * 1.2, marks);
    let spread = || points().flat_map(|p| [p.value, p.spread.0, p.spread.1]).filter(|v| *v > 0.0);
    let up = Axis::log(spread().fold(f64::MAX, f64::min), spread().fold(0.0, f64::max));
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - FOOT);
    let part = |axis: &Axis, place: f64| (place - axis.from) / (axis.to - axis.from);
    let px = |place: f64| LEFT + (part(&across, place) * f64::from(right - LEFT)).round() as i32;
    let py = |place: f64| bottom - (part(&up, place) * f64::from(bottom - TOP)).round() as i32;

    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH as u32, HEIGHT as u32)).into_drawing_area();
        let grid = |from, to| PathElement::new(vec![from, to], Ink::Grid.colour().stroke_width(1));
        let mut free = i32::MIN;
        for mark in &across.marks {
            let at = px(*mark);
            root.draw(&grid((at, TOP), (at, bottom + 4)))?;
            // Words that would touch the last ones are left out; the line stays.
            if at > free {
                let words = across.text(*mark);
                free = at + 10 * words.chars().count() as i32;
                root.draw(&Text::new(words, (at, bottom + 14), text(Ink::Quiet, 15, HPos::Center)))?;
            }
        }
        for mark in &up.marks {
            root.draw(&grid((LEFT - 4, py(*mark)), (right, py(*mark))))?;
            let beside = (LEFT - 8, py(*mark));
            root.draw(&Text::new(up.text(*mark), beside, text(Ink::Quiet, 15, HPos::Right)))?;
        }
        let under = ((LEFT + right) / 2, HEIGHT - 10);
        root.draw(&Text::new(x.to_owned(), under, text(Ink::Quiet, 15, HPos::Center)))?;
        root.draw(&Text::new(y.to_owned(), (4, 12), text(Ink::Text, 16, HPos::Left)))?;
        for one in series {
            let colour = one.ink.colour();
            let place = |p: &Point, value: f64| (px(across.place(p.x)), py(up.place(value)));
            let path = one.points.iter().map(|p| place(p, p.value)).collect::<Vec<_>>();
            root.draw(&PathElement::new(path.clone(), colour.stroke_width(2)))?;
            for (p, at) in one.points.iter().zip(&path) {
                let ends = vec![place(p, p.spread.0), place(p, p.spread.1)];
                root.draw(&PathElement::new(ends, colour.stroke_width(1)))?;
                root.draw(&Circle::new(*at, 4, colour.filled()))?;
            }
            if let (true, Some((x, y))) = (one.broke, path.last()) {
                for (dx, dy) in [(7, 7), (7, -7)] {
                    let stroke = vec![(x - dx, y - dy), (x + dx, y + dy)];
                    root.draw(&PathElement::new(stroke, Ink::Text.colour().stroke_width(2)))?;
                }
            }
        }
        root.present()?;
    }
    Ok(finish(&svg, name))
}
