//! Numbers for people.

use anyloop_bench::grouped;

/// Between the thousands and before a unit: narrow, and no place for a line to break.
const THIN: char = '\u{202f}';

/// Three digits that count, and the thousands apart: `12 345`, `123`, `1.23`.
pub(crate) fn figure(value: f64) -> String {
    let size = value.abs();
    let digits = match size {
        _ if size >= 99.95 || size == 0.0 => 0,
        _ if size >= 9.995 => 1,
        _ if size >= 0.0995 => 2,
        _ => 4,
    };
    grouped(&format!("{value:.digits$}"), THIN)
}

/// As [`figure`], without noughts at the end: for the marks of an axis.
pub(crate) fn short(value: f64) -> String {
    let text = figure(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A ratio: two digits behind the point while it is small.
pub(crate) fn ratio(value: f64) -> String {
    match value {
        _ if value < 0.0095 => format!("{value:.3}"),
        _ if value < 9.995 => format!("{value:.2}"),
        _ => figure(value),
    }
}

/// With its unit, if it has one.
pub(crate) fn with_unit(value: f64, unit: &str) -> String {
    let figure = figure(value);
    if unit.is_empty() { figure } else { format!("{figure}{THIN}{unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let all = [0.0, 0.0123, 0.5, 1.234, 9.999, 12.34, 123.4, 1_234.5, 1_234_567.0].map(figure);
        assert_eq!(
            all.map(|f| f.replace(THIN, "_")),
            ["0", "0.0123", "0.50", "1.23", "10.0", "12.3", "123", "1_234", "1_234_567"]
        );
        assert_eq!([0.5, 2.0, 10.0].map(short), ["0.5", "2", "10"]);
        assert_eq!(with_unit(12.0, "ns"), "12.0\u{202f}ns");
    }
}
