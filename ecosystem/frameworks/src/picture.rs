//! Pictures for the docs: bars, and lines against the number of clients.

use anyloop_bench::grouped;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Outcome;

/// A bar of a picture.
pub(crate) struct Bar<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: f64,
    pub(crate) is_ours: bool,
}

/// Readable on a white and on a black page.
const TEXT: RGBColor = RGBColor(120, 120, 128);
const OURS: RGBColor = RGBColor(13, 148, 136);
const OTHERS: RGBColor = RGBColor(120, 144, 190);

fn text(size: i32, side: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&TEXT).pos(Pos::new(side, VPos::Center))
}

/// Bars, one under the other, with their values.
pub(crate) fn bars(title: &str, bars: &[Bar<'_>]) -> Outcome<String> {
    const WIDTH: i32 = 760;
    const NAMES: i32 = 210;
    const ROW: i32 = 28;
    const HEAD: i32 = 40;
    let mut svg = String::new();
    let height = HEAD + ROW * bars.len() as i32 + 8;
    let most = bars.iter().map(|bar| bar.value).fold(1.0, f64::max);
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32)).into_drawing_area();
        root.draw(&Text::new(title.to_owned(), (8, 16), text(17, HPos::Left)))?;
        for (at, bar) in bars.iter().enumerate() {
            let y = HEAD + ROW * at as i32;
            let width = (bar.value / most * f64::from(WIDTH - NAMES - 90)) as i32;
            let colour = if bar.is_ours { OURS } else { OTHERS };
            root.draw(&Text::new(bar.name.to_owned(), (NAMES - 10, y + ROW / 2), text(15, HPos::Right)))?;
            let corners = [(NAMES, y + 4), (NAMES + width.max(1), y + ROW - 4)];
            root.draw(&Rectangle::new(corners, colour.filled()))?;
            let value =
                Text::new(thousands(bar.value), (NAMES + width + 8, y + ROW / 2), text(15, HPos::Left));
            root.draw(&value)?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// `12 345`.
pub(crate) fn thousands(value: f64) -> String {
    grouped(&format!("{value:.0}"), '\u{202f}')
}

/// A line of a picture.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Told apart also by those who see few colours.
const COLOURS: [RGBColor; 9] = [
    RGBColor(13, 148, 136),
    RGBColor(37, 99, 235),
    RGBColor(194, 87, 12),
    RGBColor(147, 51, 234),
    RGBColor(202, 138, 4),
    RGBColor(219, 39, 119),
    RGBColor(101, 163, 13),
    RGBColor(100, 116, 139),
    RGBColor(220, 38, 38),
];

/// Lines over a logarithmic width and height; each ends with its name.
pub(crate) fn lines(title: &str, under: &str, lines: &[Line<'_>]) -> Outcome<String> {
    const SIZE: (u32, u32) = (760, 420);
    const NAMES: i32 = 180;
    /// From one name to the next.
    const APART: i32 = 16;
    let all = || lines.iter().flat_map(|line| &line.points);
    let most_x = all().map(|(x, _)| *x).fold(10.0, f64::max);
    // What is 0 has no place on a logarithmic scale, and lies at its edge.
    let above = all().map(|(_, y)| *y).filter(|y| *y > 0.0);
    let (least, most) = above.fold((f64::MAX, 1.0_f64), |(low, high), y| (low.min(y), high.max(y)));
    if lines.is_empty() {
        return Err("nothing to draw".into());
    }
    let (bottom, top) = (least * 0.7, most * 1.5);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .caption(title, text(17, HPos::Center))
            .margin(8)
            .margin_right(NAMES)
            .x_label_area_size(40)
            .y_label_area_size(64)
            .build_cartesian_2d((0.9..most_x * 1.1).log_scale(), (bottom..top).log_scale())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(TEXT.mix(0.2))
            .axis_style(TEXT)
            .label_style(text(13, HPos::Center))
            .x_desc(under)
            .x_label_formatter(&|x| thousands(*x))
            .y_label_formatter(&|y| if *y < 10.0 { format!("{y:.1}") } else { thousands(*y) })
            .draw()?;
        let mut ends = Vec::new();
        for (line, colour) in lines.iter().zip(COLOURS.into_iter().cycle()) {
            let points = || line.points.iter().map(|(x, y)| (*x, y.max(bottom)));
            chart.draw_series(LineSeries::new(points(), colour.stroke_width(2)))?;
            chart.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())))?;
            let end = points().next_back().unwrap_or((1.0, bottom));
            ends.push((chart.backend_coord(&end), line.name, colour));
        }
        // From above: a name goes as far down as those above it need, and all as far up as there is no place.
        ends.sort_by_key(|((_, y), ..)| *y);
        let mut free = i32::MIN;
        for ((_, y), ..) in &mut ends {
            *y = (*y).max(free);
            free = *y + APART;
        }
        let too_low = (free - APART - (SIZE.1 as i32 - 56)).max(0);
        for ((_, y), name, colour) in ends {
            let style = text(13, HPos::Left).color(&colour);
            let place = (SIZE.0 as i32 - NAMES + 8, y - too_low);
            root.draw(&Text::new(name.to_owned(), place, style))?;
        }
        root.present()?;
    }
    Ok(svg)
}
