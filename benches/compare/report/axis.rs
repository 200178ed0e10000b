//! An axis: from where to where, straight or logarithmic, and where its marks stand.

use super::figure::short;

/// Above this ratio of the largest to the smallest value, a straight axis would press the small
/// ones flat.
const WIDE: f64 = 25.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    /// On the drawn scale: see [`Axis::place`].
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) marks: Vec<f64>,
    pub(crate) log: bool,
}

impl Axis {
    /// From nought on, or logarithmic where the values lie far apart.
    pub(crate) fn fit(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = span(values.filter(|v| *v > 0.0));
        if high / low > WIDE { Self::log(low, high) } else { Self::straight(high) }
    }

    /// From nought to a little beyond `high`.
    pub(crate) fn straight(high: f64) -> Self {
        let step = nice(high / 4.0);
        let marks: Vec<f64> =
            (0..).map(|i| f64::from(i) * step).take_while(|mark| *mark <= high * 1.02).collect();
        Self { from: 0.0, to: high * 1.02, marks, log: false }
    }

    /// Logarithmic around `low` and `high`, with a mark at each power of ten, or more where there
    /// are few.
    pub(crate) fn log(low: f64, high: f64) -> Self {
        let (from, to) = (low / 1.25, high * 1.25);
        let steps: &[f64] = if to / from > 200.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let decades = from.log10().floor() as i32..=to.log10().ceil() as i32;
        let marks = decades.flat_map(|d| steps.iter().map(move |s| s * 10f64.powi(d)));
        Self::log_at(from, to, marks.filter(|mark| (from..=to).contains(mark)).collect())
    }

    /// Logarithmic from `from` to `to`, marked where it is told.
    pub(crate) fn log_at(from: f64, to: f64, marks: Vec<f64>) -> Self {
        let mut axis = Self { from: 0.0, to: 0.0, marks, log: true };
        (axis.from, axis.to) = (axis.place(from), axis.place(to));
        for mark in &mut axis.marks {
            *mark = mark.ln();
        }
        axis
    }

    /// Where a value lies on the drawn scale. What a logarithm cannot show lies at the edge.
    pub(crate) fn place(&self, value: f64) -> f64 {
        match self.log {
            false => value,
            true if value > 0.0 => value.ln(),
            true => self.from,
        }
    }

    /// What stands beside the mark at a place of the drawn scale.
    pub(crate) fn text(&self, place: f64) -> String {
        short(if self.log { place.exp() } else { place })
    }
}

fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::MAX, 0f64), |(low, high), v| (low.min(v), high.max(v)));
    // No value above nought: any axis will do.
    if high > 0.0 { (low, high) } else { (1.0, 1.0) }
}

/// The next of 1, 2, 5, 10, 20, ... that is not below `step`.
fn nice(step: f64) -> f64 {
    let decade = 10f64.powf(step.log10().floor());
    let steps = [1.0, 2.0, 5.0];
    steps.iter().map(|s| s * decade).find(|s| *s >= step * 0.999).unwrap_or(10.0 * decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_values_stand_on_a_straight_axis_from_nought() {
        let axis = Axis::fit([300.0, 1000.0].into_iter());
        assert_eq!((axis.log, axis.from), (false, 0.0));
        assert_eq!(axis.marks, [0.0, 500.0, 1000.0]);
    }

    #[test]
    fn values_far_apart_stand_on_a_logarithmic_axis() {
        let axis = Axis::fit([3.0, 1000.0].into_iter());
        assert!(axis.log);
        let marks: Vec<_> = axis.marks.iter().map(|m| axis.text(*m)).collect();
        assert_eq!(marks, ["10", "100", "1\u{202f}000"]);
        assert_eq!(axis.place(0.0), axis.from);
    }

    #[test]
    fn nothing_to_show_is_still_an_axis() {
        let axis = Axis::fit([0.0].into_iter());
        assert!(axis.to > axis.from && !axis.marks.is_empty(), "{axis:?}");
    }
}
