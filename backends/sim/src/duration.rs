//! Durations as text: `1s`, `250ms`, `10us`, `7ns`.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

/// In the largest unit in which it is a whole number.
pub(crate) fn print_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (unit, size) =
        UNITS.iter().rev().find(|(_, size)| nanos % u128::from(*size) == 0).unwrap_or(&UNITS[0]);
    format!("{}{unit}", nanos / u128::from(*size))
}

/// A whole number and a unit.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let size = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    Some(Duration::from_nanos(number.parse::<u64>().ok()?.checked_mul(size)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_parses() {
        for nanos in [0, 1, 999, 1_000, 1_500, 2_000_000, 3_000_000_000, 3_000_000_001, u64::MAX] {
            let duration = Duration::from_nanos(nanos);
            assert_eq!(parse_duration(&print_duration(duration)), Some(duration));
        }
        assert_eq!(print_duration(Duration::from_millis(1500)), "1500ms");
        for wrong in ["", "s", "1", "-1s", "1.5s", "1h", "99999999999999999999s"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
