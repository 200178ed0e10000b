//! The summary's picture: for each work, what native takes as a part of what others take.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::figure::ratio;
use super::paint::{Ink, finish, text};

/// One work: its name, and the ratio to each of those compared with, by medians and by the best
/// tenths.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) to: Vec<Option<(f64, f64)>>,
}

const ROW: i32 = 26;
/// Of a row whose name stands over it.
const STACKED: i32 = 42;
const HEAD: i32 = 36;
const FOOT: i32 = 42;
/// Of a column of figures.
const COLUMN: i32 = 42;
/// Of a line over the picture.
const CAPTION: i32 = 22;
/// What lies beyond is an arrow at the edge; its figure stands beside it.
const ENDS: (f64, f64) = (0.08, 5.0);

/// How wide the picture is, and how much of that is for the names; with none they stand over their
/// rows, for narrow places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) width: i32,
    pub(crate) names: i32,
}

impl Size {
    fn row(self) -> i32 {
        if self.names == 0 { STACKED } else { ROW }
    }
}

/// Those compared with, in the order of each line's ratios: a short name, and the colour.
pub(crate) type Others = [(&'static str, Ink)];

/// The picture as SVG, with the lines of a caption over it: a title, and what it shows.
pub(crate) fn ratios(
    name: &str,
    size: Size,
    caption: &[&str],
    others: &Others,
    lines: &[Line],
) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    let above = caption.len() as i32 * CAPTION;
    let height = above + HEAD + lines.len() as i32 * size.row() + FOOT;
    {
        let root = SVGBackend::with_string(&mut svg, (size.width as u32, height as u32)).into_drawing_area();
        let (head, body) = root.split_vertically(above);
        for (at, line) in caption.iter().enumerate() {
            let (ink, height) = if at == 0 { (Ink::Text, 17) } else { (Ink::Quiet, 14) };
            head.draw(&Text::new(*line, (0, 8 + at as i32 * CAPTION), text(ink, height, HPos::Left)))?;
        }
        draw(&body, size, others, lines)?;
        root.present()?;
    }
    Ok(finish(&svg, name))
}

fn axis(lines: &[Line]) -> Axis {
    let all = || lines.iter().flat_map(|line| line.to.iter().flatten().flat_map(|(a, b)| [*a, *b]));
    let low = (all().fold(0.5, f64::min) / 1.15).max(ENDS.0);
    let high = (all().fold(1.25, f64::max) * 1.15).min(ENDS.1);
    let marks: &[f64] =
        if high / low > 6.0 { &[0.1, 0.25, 0.5, 1.0, 2.0, 4.0] } else { &[0.5, 0.75, 1.0, 1.5, 2.0] };
    Axis::log_at(low, high, marks.iter().copied().filter(|m| (low..=high).contains(m)).collect())
}

fn draw(
    root: &DrawingArea<SVGBackend<'_>, Shift>,
    size: Size,
    others: &Others,
    lines: &[Line],
) -> Result<(), Box<dyn Error>> {
    let axis = axis(lines);
    let bottom = HEAD + lines.len() as i32 * size.row();
    let (left, right) = (size.names.max(8), size.width - 12 - COLUMN * others.len() as i32);
    let column = |at: usize| right + 12 + COLUMN * at as i32 + COLUMN - 4;
    let at = |place: f64| {
        let part = (place - axis.from) / (axis.to - axis.from);
        left + (part.clamp(0.0, 1.0) * f64::from(right - left)).round() as i32
    };
    let x = |value: f64| at(axis.place(value));
    for mark in &axis.marks {
        let even = *mark == 0.0;
        let ink = if even { Ink::Even } else { Ink::Grid };
        let line = vec![(at(*mark), HEAD), (at(*mark), bottom + 4)];
        root.draw(&PathElement::new(line, ink.colour().stroke_width(if even { 2 } else { 1 })))?;
        let below = (at(*mark), bottom + 14);
        root.draw(&Text::new(axis.text(*mark), below, text(Ink::Quiet, 14, HPos::Center)))?;
    }
    let words = |words: &'static str, place, side| Text::new(words, place, text(Ink::Quiet, 14, side));
    root.draw(&words("← native takes less", (x(1.0) - 6, 24), HPos::Right))?;
    // Not over the heads of the columns.
    if x(1.0) + 60 < right + 12 {
        root.draw(&words("more →", (x(1.0) + 6, 24), HPos::Left))?;
    }
    root.draw(&words("× theirs, logarithmic", ((left + right) / 2, bottom + 33), HPos::Center))?;
    for (at, (short, ink)) in others.iter().enumerate() {
        root.draw(&Circle::new((column(at) - 14, 9), 5, ink.colour().filled()))?;
        root.draw(&words(short, (column(at), 24), HPos::Right))?;
    }
    for (at, line) in lines.iter().enumerate() {
        let mut y = HEAD + at as i32 * size.row() + size.row() / 2;
        if size.names == 0 {
            root.draw(&Text::new(line.label.clone(), (0, y - 9), text(Ink::Text, 15, HPos::Left)))?;
            y += 10;
        } else {
            root.draw(&Text::new(line.label.clone(), (left - 10, y), text(Ink::Text, 15, HPos::Right)))?;
        }
        // The first is drawn last, over the others.
        for (at, ((_, ink), to)) in others.iter().zip(&line.to).enumerate().rev() {
            let Some((median, best)) = *to else { continue };
            let between = vec![(x(median), y), (x(best), y)];
            root.draw(&PathElement::new(between, ink.colour().stroke_width(3)))?;
            let place = axis.place(median);
            let (filled, edge) = (ink.colour().filled(), x(median));
            if place < axis.from || place > axis.to {
                let tip = if place < axis.from { -7 } else { 7 };
                root.draw(&Polygon::new(
                    [(edge + tip, y), (edge - tip, y - 6), (edge - tip, y + 6)],
                    filled,
                ))?;
            } else {
                root.draw(&Circle::new((edge, y), 6, filled))?;
            }
            root.draw(&Text::new(ratio(median), (column(at), y), text(Ink::Text, 15, HPos::Right)))?;
        }
    }
    Ok(())
}
