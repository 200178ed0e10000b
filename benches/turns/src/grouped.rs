//! Figures that can be read at a glance.

/// A number's text with `separator` between its thousands.
///
/// ```
/// use anyloop_bench::grouped;
///
/// assert_eq!(grouped("-1234567.8901", ','), "-1,234,567.8901");
/// assert_eq!(grouped("123", ','), "123");
/// ```
pub fn grouped(number: &str, separator: char) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let (sign, whole) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    out + rest
}
