//! The summary's picture: for each work, what native takes as a part of what others take.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::figure::ratio;
use super::paint::{Ink, finish, text};

/// One work: its name, and the ratio to each of those compared with, by medians and by the best tenths.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) to: Vec<(Ink, f64, f64)>,
}

const WIDTH: i32 = 620;
const NAMES: i32 = 236;
const ROW: i32 = 26;
const HEAD: i32 = 26;
const FOOT: i32 = 40;
/// The first one's figure stands on the right.
const FIGURES: i32 = 48;

/// The picture as SVG.
pub(crate) fn ratios(name: &str, lines: &[Line]) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    let rows = lines.len() as i32 * ROW;
    let (bottom, height) = (HEAD + rows, HEAD + rows + FOOT);
    let all = || lines.iter().flat_map(|line| line.to.iter().flat_map(|(_, a, b)| [*a, *b]));
    let low = all().fold(0.5, f64::min) / 1.15;
    let high = all().fold(1.25, f64::max) * 1.15;
    let marks = [0.05, 0.1, 0.2, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0];
    let crowded = high / low > 12.0;
    let marks = marks.into_iter().filter(|m| (low..=high).contains(m));
    let marks = marks.filter(|m| !crowded || ![0.2, 0.75, 1.5, 3.0].contains(m)).collect();
    let axis = Axis::log_at(low, high, marks);
    let (left, right) = (NAMES, WIDTH - FIGURES);
    let at = |place: f64| {
        let part = (place - axis.from) / (axis.to - axis.from);
        left + (part * f64::from(right - left)).round() as i32
    };
    let x = |value: f64| at(axis.place(value));
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32)).into_drawing_area();
        for mark in &axis.marks {
            let even = *mark == 0.0;
            let ink = if even { Ink::Even } else { Ink::Grid };
            let line = vec![(at(*mark), HEAD), (at(*mark), bottom + 4)];
            root.draw(&PathElement::new(line, ink.colour().stroke_width(if even { 2 } else { 1 })))?;
            let below = (at(*mark), bottom + 13);
            root.draw(&Text::new(axis.text(*mark), below, text(Ink::Quiet, 14, HPos::Center)))?;
        }
        let head =
            |words: &'static str, from: i32, side| Text::new(words, (from, 12), text(Ink::Quiet, 14, side));
        root.draw(&head("← native takes less", x(1.0) - 8, HPos::Right))?;
        root.draw(&head("more →", x(1.0) + 8, HPos::Left))?;
        let under = (x(1.0), bottom + 31);
        root.draw(&Text::new("times theirs, logarithmic", under, text(Ink::Quiet, 14, HPos::Center)))?;
        for (at, line) in lines.iter().enumerate() {
            let y = HEAD + at as i32 * ROW + ROW / 2;
            root.draw(&Text::new(line.label.clone(), (left - 10, y), text(Ink::Text, 15, HPos::Right)))?;
            // The first is drawn last, over the others.
            for (ink, median, best) in line.to.iter().rev() {
                let between = vec![(x(*median), y), (x(*best), y)];
                root.draw(&PathElement::new(between, ink.colour().stroke_width(3)))?;
                root.draw(&Circle::new((x(*median), y), 6, ink.colour().filled()))?;
            }
            if let Some((_, median, _)) = line.to.first() {
                root.draw(&Text::new(ratio(*median), (right + 8, y), text(Ink::Text, 15, HPos::Left)))?;
            }
        }
        root.present()?;
    }
    Ok(finish(&svg, name))
}
