//! What many samples say.

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// As with times.
    Lower,
    /// As with rates.
    Higher,
}

/// What many samples say: the middle, the best, and the spread.
///
/// ```
/// use anyloop_bench::{Better, Summary};
///
/// let summary = Summary::of(&[3.0, 1.0, 2.0], Better::Lower).unwrap();
/// assert_eq!((summary.median, summary.best, summary.samples), (2.0, 1.0, 3));
/// assert_eq!(Summary::of(&[], Better::Lower), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// The middle.
    pub median: f64,
    /// The mean of the best tenth: the cheapest, or for a rate the fastest. What the machine's
    /// noise touched least.
    pub best: f64,
    /// A tenth of the samples is below it.
    pub p10: f64,
    /// A tenth of the samples is above it.
    pub p90: f64,
    /// How many samples there are.
    pub samples: usize,
}

impl Summary {
    /// Of samples in any order. None is no summary.
    pub fn of(samples: &[f64], better: Better) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        // Between two samples, as far as the quantile is between them.
        let quantile = |q: f64| {
            let at = q * last as f64;
            let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
            low + (high - low) * at.fract()
        };
        let tenth = sorted.len().div_ceil(10);
        let best = match better {
            Better::Lower => &sorted[..tenth],
            Better::Higher => &sorted[sorted.len() - tenth..],
        };
        Some(Self {
            median: quantile(0.5),
            best: best.iter().sum::<f64>() / tenth as f64,
            p10: quantile(0.1),
            p90: quantile(0.9),
            samples: sorted.len(),
        })
    }

    /// A figure that is the same in every run, such as a count of instructions.
    pub fn exact(value: f64) -> Self {
        Self { median: value, best: value, p10: value, p90: value, samples: 1 }
    }
}
