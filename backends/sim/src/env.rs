//! What the environment says.

use std::io::{Error, ErrorKind, Result};
use std::time::Duration;

/// A number, from a variable.
fn number(name: &str) -> Result<Option<u64>> {
    let Some(text) = std::env::var_os(name) else { return Ok(None) };
    let text = text.to_string_lossy();
    match parse(&text) {
        Some(number) => Ok(Some(number)),
        None => {
            let message = format!("{name} is `{text}`: set it to a number, such as {name}=7 or {name}=0x1f");
            Err(Error::new(ErrorKind::InvalidInput, message))
        }
    }
}

fn parse(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// `ANYLOOP_SIM_SEED`: the one seed to run.
pub(crate) fn seed() -> Result<Option<u64>> {
    number("ANYLOOP_SIM_SEED")
}

/// `ANYLOOP_SIM_SEEDS`: how many seeds to run.
pub(crate) fn seeds() -> Result<Option<u64>> {
    let seeds = number("ANYLOOP_SIM_SEEDS")?;
    if seeds == Some(0) {
        let message = "ANYLOOP_SIM_SEEDS is 0, by which nothing would be tested: set it to 1 or more";
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    Ok(seeds)
}

/// `ANYLOOP_SIM_CHECK`: whether each seed runs twice.
pub(crate) fn check() -> Result<bool> {
    Ok(number("ANYLOOP_SIM_CHECK")?.is_some_and(|number| number != 0))
}

/// `ANYLOOP_SIM_SHRINK`: for how many seconds a failure is made small.
pub(crate) fn shrink() -> Result<Option<Duration>> {
    Ok(number("ANYLOOP_SIM_SHRINK")?.map(Duration::from_secs))
}

/// `ANYLOOP_SIM_TRACE`: where the trace of a failure goes.
pub(crate) fn trace() -> Option<std::path::PathBuf> {
    std::env::var_os("ANYLOOP_SIM_TRACE").map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        assert_eq!(
            (parse("12"), parse("0x1f"), parse("-1"), parse("seven")),
            (Some(12), Some(31), None, None)
        );
    }
}
