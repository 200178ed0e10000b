//! Between plotters and the page: colours that stand for CSS classes, so that one picture is light
//! and dark.
//!
//! plotters writes each colour into the picture. Here it is given colours that mean nothing, one a
//! class, and [`finish`] puts the classes in their place; what they look like is said once, in the
//! page's style or the picture's own.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::names;

/// What a thing drawn is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Words and figures.
    Text,
    /// Units, marks, and other words of the second rank.
    Quiet,
    /// The lines behind the figures.
    Grid,
    /// The line that everything is compared with.
    Even,
    /// A contestant, by its place in [`names::CONTESTANTS`].
    Of(usize),
}

impl Ink {
    pub(crate) fn of(contestant: &str) -> Self {
        Self::Of(names::order(contestant))
    }

    fn number(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Quiet => 1,
            Self::Grid => 2,
            Self::Even => 3,
            Self::Of(at) => 4 + u8::try_from(at).unwrap_or(u8::MAX - 4),
        }
    }

    /// The colour that stands for it in what plotters draws.
    pub(crate) fn colour(self) -> RGBColor {
        RGBColor(1, 0, self.number())
    }
}

/// Text of a size, anchored left, in the middle or right, its middle at its height.
pub(crate) fn text(ink: Ink, size: i32, side: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&ink.colour()).pos(Pos::new(side, VPos::Center))
}

/// The classes of the contestants' colours, light or dark, for a style sheet.
pub(crate) fn palette(dark: bool) -> String {
    let colours = known().map(colours).map(|(light, night)| if dark { night } else { light });
    let base = if dark {
        ["#e5e7eb", "#9ca3af", "#2b3442", "#94a3b8"]
    } else {
        ["#111827", "#6b7280", "#e5e7eb", "#64748b"]
    };
    base.into_iter().chain(colours).enumerate().map(|(at, colour)| format!("--i{at}:{colour};")).collect()
}

/// The rules that give each class its colour.
pub(crate) fn classes() -> String {
    (0..4 + known().count())
        .map(|at| format!(".f{at}{{fill:var(--i{at})}}.s{at}{{stroke:var(--i{at})}}"))
        .collect()
}

/// Light and dark of each contestant; any other is grey.
const PALETTE: &[(&str, &str, &str)] = &[
    (names::NATIVE, "#0b7a75", "#2dd4bf"),
    (names::NATIVE_ALONE, "#2f9e97", "#5eead4"),
    (names::NATIVE_SPIN, "#4aa8a2", "#99f6e4"),
    (names::NATIVE_MT, "#155e4b", "#34d399"),
    (names::TOKIO, "#2563eb", "#60a5fa"),
    (names::TOKIO_MT, "#1e3a8a", "#93c5fd"),
    (names::SMOL, "#c2570c", "#fb923c"),
    (names::SMOL_MT, "#8a3d08", "#fdba74"),
    (names::RAW_TOKIO, "#86a9ef", "#4f7fe0"),
    (names::RAW_TOKIO_MT, "#5b7fc9", "#5577b5"),
    (names::RAW_SMOL, "#e3a06f", "#c27a3e"),
    (names::RAW_SMOL_MT, "#b9743f", "#96582a"),
    (names::RAW_EPOLL, "#374151", "#d1d5db"),
    (names::MONOIO, "#8b5cf6", "#a78bfa"),
    (names::COMPIO, "#b45fc9", "#d8a0e6"),
    (names::AGNOSTIC, "#9a9a9a", "#7d7d7d"),
    (names::ASYNC_RS, "#b3ab90", "#6f6a5a"),
    (names::SYNC, "#6b7280", "#9ca3af"),
    (names::THREADS, "#dc2626", "#f87171"),
    (names::POOL, "#9333ea", "#c084fc"),
];

fn colours(name: &str) -> (&'static str, &'static str) {
    let found = PALETTE.iter().find(|(of, ..)| *of == name);
    found.map_or(("#808080", "#808080"), |(_, light, dark)| (light, dark))
}

/// The contestants, and one for all others.
fn known() -> impl Iterator<Item = &'static str> {
    names::CONTESTANTS.iter().map(|c| c.name).chain([""])
}

/// Puts classes in the place of the colours, gives the picture its name, and lets it be as wide as
/// its place.
pub(crate) fn finish(drawn: &str, name: &str) -> String {
    let mut svg = String::with_capacity(drawn.len());
    let mut rest = drawn;
    // Of `fill="#010007"`, the two digits at the end are the class's number.
    while let Some(at) = rest.find("=\"#0100") {
        let key = if rest[..at].ends_with("fill") { "fill" } else { "stroke" };
        let (before, after) = (&rest[..at - key.len()], &rest[at + 7..]);
        let number = u8::from_str_radix(&after[..2], 16).unwrap_or(u8::MAX);
        svg += before;
        svg += &format!("class=\"{}{number}\"", &key[..1]);
        rest = &after[3..];
    }
    svg += rest;
    let name = name.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let start = svg.find("viewBox").unwrap_or(0);
    svg.replace_range(..start, &format!("<svg role=\"img\" aria-label=\"{name}\" "));
    svg.replace(" font-family=\"sans-serif\"", "").replace(" opacity=\"1\"", "")
}

/// A spot of a colour, for a picture's key.
pub(crate) fn dot(ink: Ink) -> String {
    let class = ink.number();
    format!(
        "<svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><circle class=\"f{class}\" cx=\"6\" cy=\"6\" r=\"5\"/></svg>"
    )
}

/// The picture as a file of its own, light and dark by itself, on a ground of its own.
pub(crate) fn standalone(svg: &str) -> String {
    let style = format!(
        "<style>svg{{{}--page:#fff;font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}}\
         @media (prefers-color-scheme:dark){{svg{{{}--page:#0f1620}}}}.page{{fill:var(--page)}}{}</style>\n\
         <rect class=\"page\" x=\"-14\" y=\"-12\" width=\"100%\" height=\"100%\" rx=\"6\"/>\n",
        palette(false),
        palette(true),
        classes()
    );
    let (head, rest) = svg.split_once('>').unwrap_or(("<svg", svg));
    // `viewBox="0 0 WIDTH HEIGHT"`, with a margin around it.
    let size: Vec<u32> = head.split(['"', ' ']).filter_map(|word| word.parse().ok()).collect();
    let head = match size[..] {
        [0, 0, width, height] => head.replace(
            &format!("\"0 0 {width} {height}\""),
            &format!("\"-14 -12 {0} {1}\" width=\"{0}\" height=\"{1}\"", width + 28, height + 24),
        ),
        _ => head.to_owned(),
    };
    format!("{head}>\n{style}{}", rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes() {
        let drawn = "<svg width=\"9\" height=\"9\" viewBox=\"0 0 9 9\">\n<line opacity=\"1\" stroke=\"#010002\"/><rect fill=\"#01000A\" stroke=\"none\"/></svg>";
        let svg = finish(drawn, "a < \"b\"");
        assert_eq!(
            svg,
            "<svg role=\"img\" aria-label=\"a &lt; &quot;b&quot;\" viewBox=\"0 0 9 9\">\n<line class=\"s2\"/><rect class=\"f10\" stroke=\"none\"/></svg>"
        );
    }
}
