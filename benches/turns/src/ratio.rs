//! Whether two series of slices differ: by their ratio in each round, which shares the round's
//! noise.

/// The middle of many ratios, and where the true one lies with 99 in 100 certainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The middle of the ratios.
    pub median: f64,
    /// The true one is hardly ever below.
    pub low: f64,
    /// And hardly ever above.
    pub high: f64,
}

/// A process differs from its twin by where the system puts its memory, as much as this: no smaller
/// difference is one.
pub const RESOLUTION: f64 = 0.025;

impl Ratio {
    /// Of `ones` to `others`, round by round. The bounds are two of the sorted ratios, so far from
    /// the middle that the true one is hardly ever beyond them, whatever the noise looks like. None
    /// if there are too few rounds for any.
    pub fn of(ones: &[f64], others: &[f64]) -> Option<Self> {
        let mut ratios: Vec<f64> = ones.iter().zip(others).map(|(one, other)| one / other).collect();
        ratios.sort_by(f64::total_cmp);
        let rounds = ratios.len();
        // How many of n tosses of a coin are heads: n/2, give or take 2.58 times half the root of
        // n.
        let off = 2.58 * (rounds as f64).sqrt() / 2.0;
        let low = (rounds as f64 / 2.0 - off).floor();
        if low < 0.0 {
            return None;
        }
        let low = low as usize;
        let median = (ratios[(rounds - 1) / 2] + ratios[rounds / 2]) / 2.0;
        Some(Self { median, low: ratios[low], high: ratios[rounds - 1 - low] })
    }

    /// Whether one is slower or faster than the other, by more than chance and more than the tool
    /// can resolve.
    pub fn differs(self) -> bool {
        (self.low > 1.0 || self.high < 1.0) && (self.median - 1.0).abs() > RESOLUTION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A series that only looks like chance: in 0..1.
    fn noise(seed: u64) -> impl Iterator<Item = f64> {
        let mut x = seed;
        std::iter::repeat_with(move || {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (x >> 11) as f64 / (1_u64 << 53) as f64
        })
    }

    fn series(level: f64, seed: u64) -> Vec<f64> {
        // Some slices in ten are hit hard, as on a shared machine.
        let hit = |n: f64| if n > 0.9 { 1.5 } else { 1.0 + 0.06 * n };
        noise(seed).take(80).map(|n| level * hit(n)).collect()
    }

    #[test]
    fn a_twentieth_more_is_seen_through_the_noise() {
        for seed in 0..50 {
            let ratio = Ratio::of(&series(1.05, seed), &series(1.0, seed + 1000)).expect("enough rounds");
            assert!(ratio.differs() && (1.03..1.07).contains(&ratio.median), "{seed}: {ratio:?}");
        }
    }

    #[test]
    fn the_same_does_not_differ_from_itself() {
        for seed in 0..50 {
            let ratio = Ratio::of(&series(1.0, seed), &series(1.0, seed + 1000)).expect("enough rounds");
            assert!(!ratio.differs(), "{seed}: {ratio:?}");
        }
    }

    #[test]
    fn few_rounds_tell_nothing() {
        assert_eq!(Ratio::of(&[1.0; 5], &[1.0; 5]), None);
        assert_eq!(Ratio::of(&[2.0; 12], &[1.0; 12]), Some(Ratio { median: 2.0, low: 2.0, high: 2.0 }));
    }
}
