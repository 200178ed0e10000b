//! What the targets share.

/// Numbers out of a fuzzer's bytes, until they end: small ones take one byte, so that a byte is a
/// decision.
pub fn numbers(mut data: &[u8]) -> impl FnMut(u64) -> Option<u64> {
    move |end| {
        let width = if end <= 256 { 1 } else { 8 };
        let (bytes, rest) = data.split_at_checked(width)?;
        data = rest;
        let number = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Some(number % end.max(1))
    }
}
