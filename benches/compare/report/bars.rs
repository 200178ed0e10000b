//! A panel of bars: one case, a row for each contestant, with the spread of its samples.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::figure::figure;
use super::paint::{Ink, finish, text};

/// One contestant's bar.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) ink: Ink,
    pub(crate) value: f64,
    /// From where to where the line over the bar goes.
    pub(crate) spread: (f64, f64),
    /// Where the small mark stands.
    pub(crate) mark: f64,
}

const WIDTH: u32 = 460;
const ROW: i32 = 24;
/// The width of the names on the left and the figures on the right.
const NAMES: i32 = 168;
const FIGURES: i32 = 62;
const FOOT: i32 = 40;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The panel as SVG. `unit` stands under the axis; `name` is what a screen reader says.
pub(crate) fn bars(name: &str, unit: &str, rows: &[Bar]) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    let height = rows.len() as i32 * ROW;
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, (height + FOOT) as u32)).into_drawing_area();
        let reach = rows.iter().flat_map(|bar| [bar.value, bar.spread.0, bar.spread.1, bar.mark]);
        draw(&root, &Axis::fit(reach), unit, rows, height)?;
        root.present()?;
    }
    Ok(finish(&svg, name))
}

fn draw(root: &Area<'_>, axis: &Axis, unit: &str, rows: &[Bar], height: i32) -> Result<(), Box<dyn Error>> {
    let (left, right) = (NAMES, WIDTH as i32 - FIGURES);
    let x = |value: f64| {
        let part = (axis.place(value) - axis.from) / (axis.to - axis.from);
        left + (part.clamp(0.0, 1.0) * f64::from(right - left)).round() as i32
    };
    let at = |place: f64| {
        left + ((place - axis.from) / (axis.to - axis.from) * f64::from(right - left)).round() as i32
    };
    let mut free = i32::MIN;
    for mark in &axis.marks {
        let line = vec![(at(*mark), 0), (at(*mark), height + 4)];
        root.draw(&PathElement::new(line, Ink::Grid.colour().stroke_width(1)))?;
        let below = (at(*mark), height + 13);
        // Words that would touch the last ones are left out; the line stays.
        let words = axis.text(*mark);
        let half = 4 * words.chars().count() as i32;
        if at(*mark) - half > free {
            free = at(*mark) + half + 4;
            root.draw(&Text::new(words, below, text(Ink::Quiet, 14, HPos::Center)))?;
        }
    }
    let scale = if axis.log { format!("{unit}, logarithmic") } else { unit.to_owned() };
    let middle = ((left + right) / 2, height + 31);
    root.draw(&Text::new(scale, middle, text(Ink::Quiet, 14, HPos::Center)))?;
    for (at, bar) in rows.iter().enumerate() {
        let y = at as i32 * ROW + ROW / 2;
        let colour = bar.ink.colour();
        root.draw(&Text::new(bar.label.clone(), (left - 8, y), text(Ink::Text, 15, HPos::Right)))?;
        if axis.log {
            // A bar's length would mean nothing here.
            root.draw(&Circle::new((x(bar.value), y), 5, colour.filled()))?;
        } else {
            root.draw(&Rectangle::new([(left, y - 7), (x(bar.value), y + 7)], colour.filled()))?;
        }
        let line = |points: Vec<(i32, i32)>| PathElement::new(points, Ink::Text.colour().stroke_width(1));
        let (low, high) = (x(bar.spread.0), x(bar.spread.1));
        // Where the spread is finer than the picture there is nothing to draw.
        if high > low {
            root.draw(&line(vec![(low, y), (high, y)]))?;
            root.draw(&line(vec![(low, y - 4), (low, y + 4)]))?;
            root.draw(&line(vec![(high, y - 4), (high, y + 4)]))?;
        }
        let (mark, size) = (x(bar.mark), 3);
        // On a dot it would only hide the dot.
        if !axis.log || mark.abs_diff(x(bar.value)) > 8 {
            let points = vec![(mark, y - size), (mark + size, y), (mark, y + size), (mark - size, y)];
            root.draw(&Polygon::new(points, Ink::Text.colour().filled()))?;
        }
        root.draw(&Text::new(figure(bar.value), (right + 8, y), text(Ink::Text, 15, HPos::Left)))?;
    }
    Ok(())
}
